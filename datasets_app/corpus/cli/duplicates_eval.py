"""`duplicates-eval [FILE...]`: print how well near-duplicates are found."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from datasets_app.corpus.dedup.evaluate import file_figures, generated_figures
from datasets_app.corpus.dedup.minhash import DEFAULT_THRESHOLD
from datasets_app.corpus.reading import UnreadableFile, input_files

from .duplicates import threshold


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "duplicates-eval",
        help="figures of the search for near-duplicates: generated copies, and files against all pairs",
        epilog="example: python -m datasets_app.corpus duplicates-eval conversations.jsonl --json",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files of up to some 10,000 rows each")
    parser.add_argument("--threshold", type=threshold, default=DEFAULT_THRESHOLD)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the figures: 0 done, 1 a file cannot be read."""
    try:
        files = [file_figures(path, options.threshold) for named in options.files for path in input_files(named)]
    except UnreadableFile as error:
        sys.stderr.write(f"{error}\n")
        return 1
    figures = {"generated": generated_figures(), "files": files}
    sys.stdout.write((json.dumps(figures, indent=2) if options.json else _as_text(figures)) + "\n")
    return 0


def _as_text(figures: dict[str, Any]) -> str:
    lines = ["edited copies of made-up texts, by true similarity:"]
    lines += [
        f"  from {row['from']:.2f}  {row['pairs']:>6,} pairs  {row['recall']:.3f} found" for row in figures["generated"]
    ]
    lines += [
        f"{row['file']}: {row['texts']:,} texts, {row['true_pairs']:,} pairs alike; {row['copies']:,} copies found, "
        f"{row['wrong']:,} wrong, {row['pairs_left']:,} pairs left ({row['share_left']:.3%} of the texts)"
        for row in figures["files"]
    ]
    return "\n".join(lines)
