"""CPU milliseconds per conversation of bundles side by side: teacher, student, each with and without INT8.

    python -m benchmarks.student var/a/bundle var/b/bundle --tokens 64

One conversation at a time on one thread, tokenisation included, in CPU time of the process: other load on the machine
moves it little. The bundles take turns, so that what moves it moves all of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from training_app.learn.bundle import bundle_open
from training_app.learn.predict import BundlePredictor

WORDS = "i have been walking along the river every evening and thinking about what she said to me last week "


def text_of(tokens: int) -> str:
    """Return a conversation of exactly so many tokens, or the nearest below. Every word here is one token."""
    words = (WORDS * (tokens // 10 + 1)).split()
    # "User", ":" and the two marks at the ends are tokens, too.
    return "User: " + " ".join(words[: tokens - 4])


def measured(folders: list[Path], *, tokens: int, rounds: int, each: int) -> list[dict[str, object]]:
    """Return median and spread over the rounds of CPU milliseconds per conversation of each bundle."""
    bundles = [bundle_open(folder) for folder in folders]
    predictors = [BundlePredictor(bundle.folder, max_length=int(bundle.document["max_length"])) for bundle in bundles]
    text = text_of(tokens)
    for predictor in predictors:
        predictor.logits([text])
    found: list[list[float]] = [[] for _ in predictors]
    for _ in range(rounds):
        for row, predictor in zip(found, predictors, strict=True):
            before = time.process_time()
            for _ in range(each):
                predictor.logits([text])
            row.append((time.process_time() - before) / each * 1000)
    return [
        {
            "bundle": str(folder),
            "precision": bundle.document.get("precision", "fp32"),
            "graph_mb": round(bundle.document["files"]["model.onnx"]["bytes"] / 1e6, 1),
            "cpu_ms": round(float(np.median(row)), 2),
            "lowest_ms": round(min(row), 2),
            "highest_ms": round(max(row), 2),
        }
        for folder, bundle, row in zip(folders, bundles, found, strict=True)
    ]


def main() -> None:
    """Measure and print JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", nargs="+", type=Path, help="folders with bundle.json")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--each", type=int, default=10, help="conversations per bundle and round")
    options = parser.parse_args()
    for row in measured(options.bundles, tokens=options.tokens, rounds=options.rounds, each=options.each):
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
