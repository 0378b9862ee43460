"""What the enrichment's scores say of real and generated replies, and what they cost.

    python -m benchmarks.enrichment figures --real ../shared/data/real [--heads HEADS]
    python -m benchmarks.enrichment speed --count 2000 8000 [--heads HEADS]

`figures`: no file at hand holds rated replies, so bias and quality are looked at from three sides that need no rating:
real therapists' answers (taken to be free of bias; nobody checked), replies that our own generator calls good and poor
(by construction), and answers in which he and she were swapped (no score should move). `speed`: conversations a second
of one core and peak memory, each in a process of its own, on generated chats.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from datasets_app.corpus.engine.executors import make_executor
from datasets_app.corpus.enrichment.bulk import BY_RULES, enrich
from datasets_app.corpus.enrichment.scores import QUALITY, line_scores, texts_of
from datasets_app.corpus.enrichment.units import Turns
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.intervals import wilson
from datasets_app.corpus.synthesis.conversations import generate_synthetic
from datasets_app.corpus.taxonomy import BIAS_KINDS
from tests.releases.making import line, write
from training_app.learn.metrics.ranking import auc, auc_interval
from training_app.learn.sentences import BY_HEADS, opened

_GENERATED = 2_000
_SWAPS = {
    "he": "she", "his": "her", "him": "her", "himself": "herself", "man": "woman", "men": "women", "boy": "girl",
    "husband": "wife", "boyfriend": "girlfriend", "father": "mother", "dad": "mom", "brother": "sister",
}  # fmt: skip
_SWAP = re.compile(rf"\b(?:{'|'.join(_SWAPS)})\b", re.IGNORECASE)


def main() -> None:
    """Print the figures or the speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    told = commands.add_parser("figures")
    told.add_argument("--real", type=Path, required=True)
    told.set_defaults(run=figures)
    fast = commands.add_parser("speed")
    fast.add_argument("--count", type=int, nargs="+", default=[2_000, 8_000])
    fast.set_defaults(run=speed)
    once = commands.add_parser("once")
    once.add_argument("release", type=Path)
    once.set_defaults(run=one_run)
    for command in (told, fast, once):
        command.add_argument("--heads", type=Path, default=None)
    options = parser.parse_args()
    options.run(options)


def figures(options: argparse.Namespace) -> None:
    """Print what the scores say of replies nobody rated."""
    rows = [json.loads(raw) for raw in (options.real / "counselchat.jsonl").read_text(encoding="utf-8").splitlines()]
    talks = [[turn["value"] for turn in row["conversation"][:2]] for row in rows if len(row["conversation"]) >= 2]
    real = scored([line(said, reply=reply)[1] for said, reply in talks], options.heads)
    print(f"{len(real)} answers of real therapists")
    for kind in BIAS_KINDS:
        found = sum(kind in scores["bias"]["kinds"] for scores in real)
        low, high = wilson(found, len(real))
        print(f"  bias, {kind:<14} {found:4d} found, {found / len(real):.4f} ({low:.4f} to {high:.4f})")
    for name in QUALITY:
        print(f"  {name:<20} {mean_of([scores['quality'][name] for scores in real])}")
    chats = [
        row for row in generate_synthetic(_GENERATED, 42) if row["metadata"]["assistant_quality"] in ("good", "poor")
    ]
    made = scored([made_line(row) for row in chats], options.heads)
    judged = [(scores, row["metadata"]["assistant_quality"] == "good") for scores, row in zip(made, chats, strict=True)
              if scores["quality"]]  # fmt: skip
    good = np.array([is_good for _, is_good in judged])
    print(f"{len(judged)} generated talks, good ({good.sum()}) from poor by construction")
    for name in QUALITY:
        values = np.array([scores["quality"][name] for scores, _ in judged])
        if np.ptp(values) == 0:
            print(f"  {name:<20} {values[0]:.3f} for each of them")
            continue
        between = auc_interval(values, good)
        print(f"  {name:<20} AUC {auc(values, good):.3f} ({between.low:.3f} to {between.high:.3f})")
    pairs = [(said, reply) for said, reply in talks if _SWAP.search(said) or _SWAP.search(reply)]
    before, after = (
        scored([line(said, reply=reply)[1] for said, reply in each], options.heads)
        for each in (pairs, [(swapped(said), swapped(reply)) for said, reply in pairs])
    )
    print(f"{len(pairs)} real answers with he turned into she: mean change, largest change")
    for group, name in (("emotion", "valence"), ("bias", "worst"), *(("quality", name) for name in QUALITY)):
        moved = [abs(one[group][name] - other[group][name]) for one, other in zip(before, after, strict=True)]
        print(f"  {name:<20} {fmean(moved):.4f}, {max(moved):.4f}")


def scored(lines: Sequence[dict[str, Any]], heads: Path | None) -> list[dict[str, Any]]:
    """Return the scores of release lines, by rules or heads."""
    if heads is None:
        return [line_scores(row) for row in lines]
    encoder, layers = opened(heads)
    turns = Turns([text for row in lines for text in texts_of(row)], encoder)
    return [line_scores(row, turns, layers) for row in lines]


def mean_of(values: Sequence[float]) -> str:
    """Return mean and 95% interval as text."""
    half = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
    mean = fmean(values)
    return f"{mean:.3f} ({mean - half:.3f} to {mean + half:.3f})"


def swapped(text: str) -> str:
    """Return the text with words for men turned into words for women."""

    def other(match: re.Match[str]) -> str:
        word = _SWAPS[match.group().lower()]
        return word.capitalize() if match.group()[0].isupper() else word

    return _SWAP.sub(other, text)


def made_line(row: dict[str, Any]) -> dict[str, Any]:
    """Return a generated row as a release line."""
    found = line("", crisis_type=row["crisis_type"], severity=row["severity"])[1]
    digest = content_hash(row["conversation"])
    return found | {"messages": row["conversation"], "metadata": found["metadata"] | {"content_hash": digest}}


def speed(options: argparse.Namespace) -> None:
    """Measure rules, and heads where given, in a process each."""
    with tempfile.TemporaryDirectory() as scratch:
        for count in options.count:
            release = write(Path(scratch) / str(count), list(chats(count)))
            for heads in ([], ["--heads", str(options.heads)]) if options.heads else ([],):
                argv = [sys.executable, "-m", "benchmarks.enrichment", "once", str(release), *heads]
                told = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
                print(f"{count:6d} chats {'heads' if heads else 'rules'}: {told['rate']:7.1f} a second and core, "
                      f"peak {told['peak']:.0f} MiB")  # fmt: skip


def chats(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield generated talks with replies as lines of the train split."""
    rows = (row for row in generate_synthetic(10 * count, 7) if row["metadata"]["assistant_quality"])
    for _ in range(count):
        yield "train", made_line(next(rows))


def one_run(options: argparse.Namespace) -> None:
    """Score a release in this process and print rate and peak memory."""
    with tempfile.TemporaryDirectory() as scratch:
        done = enrich(
            options.release,
            Path(scratch) / "scores",
            executor=make_executor("inline"),
            worker=BY_HEADS if options.heads else BY_RULES,
            heads_folder=options.heads,
            heads_sha256=opened(options.heads)[1].sha256 if options.heads else "",
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rate": done.rate_per_core, "peak": peak}))


if __name__ == "__main__":
    main()
