"""`augment IN... --output OUT.jsonl`: paraphrases, edge-case variations and more of labelled conversations."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.augmentation.check import Classifier
from datasets_app.corpus.augmentation.naming import READINGS
from datasets_app.corpus.augmentation.parents import originals_in
from datasets_app.corpus.augmentation.run import Settings, Written, augment
from datasets_app.corpus.augmentation.strategies import STRATEGIES
from datasets_app.corpus.dedup.minhash import DEFAULT_THRESHOLD
from datasets_app.corpus.reading import UnreadableFile, input_files

EXAMPLE: Final = "originals.jsonl --output augmented.jsonl --paraphrases 1000 --edge-cases 500 --seed 42 --json"
PARAPHRASES, EDGE_CASES, SEED = 1000, 500, 42
_EVERY_SECONDS: Final = 0.5


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "augment",
        help="make more conversations of labelled ones",
        epilog=f"example: python -m datasets_app.corpus augment {EXAMPLE}",
    )
    add_file_arguments(parser)
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what says which files are read and written."""
    parser.add_argument("inputs", nargs="+", type=Path, metavar="IN", help="labelled files, or folders of them")
    parser.add_argument(
        "--output", required=True, type=Path, help="JSONL file; what waits or was refused lies beside it"
    )
    parser.add_argument(
        "--family",
        default="mental_health_datasets",
        choices=taxonomy.FAMILIES,
        help="the family the originals are compiled under",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `augment_dataset` have in common."""
    parser.add_argument("--paraphrases", type=int, default=PARAPHRASES, help="(default %(default)s)")
    parser.add_argument("--edge-cases", type=int, default=EDGE_CASES, help="of all four kinds (default %(default)s)")
    parser.add_argument(
        "--strategy", action="append", default=[], metavar="NAME=COUNT", help=f"also: {', '.join(STRATEGIES)}"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="(default %(default)s)")
    parser.add_argument(
        "--threshold", type=float, default=DEFAULT_THRESHOLD, help="similarity of a near-copy (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings that the options state. Raises ValueError with a readable reason."""
    counts = {"paraphrase": options.paraphrases}
    for given in options.strategy:
        name, _, count = given.partition("=")
        if not count.isdigit():
            raise ValueError(f"--strategy {given}: write NAME=COUNT")
        counts[name] = counts.get(name, 0) + int(count) if name != "paraphrase" else int(count)
    if not 0.5 <= options.threshold <= 1.0:
        raise ValueError("--threshold must lie between 0.5 and 1")
    return Settings(counts=counts, edge_cases=options.edge_cases, seed=options.seed, threshold=options.threshold)


def run(options: argparse.Namespace, *, classifier: Classifier | None = None) -> int:
    """Augment: 0 all were made, 1 fewer than asked or a file is unreadable, 2 wrong use.

    A `classifier` reads every child.
    """
    try:
        settings = settings_of(options)
    except ValueError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    written = Written.beside(options.output)
    try:
        paths = [path for named in options.inputs for path in input_files(named)]
        if {path.resolve() for path in paths} & {path.resolve() for path in written}:
            sys.stderr.write("an output must not be one of the inputs\n")
            return 2
        originals = originals_in(paths, family=options.family)
        report = augment(originals, written, settings, classifier=classifier, progress=Meter()).as_dict()
    except (UnreadableFile, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write((json.dumps(report, indent=2, sort_keys=True) if options.json else told(report, written)) + "\n")
    return 1 if report["short"] else 0


def told(report: dict[str, Any], written: Written | None = None) -> str:
    """Return the report for people."""
    return "\n".join(_lines(report, written))


def _lines(report: dict[str, Any], written: Written | None) -> Iterator[str]:
    yield f"{report['originals']:,} originals, {report['children']:,} children (ratio {report['ratio']:.3f})"
    for name, asked in report["asked"].items():
        yield f"  {report['made'].get(name, 0):>7,} of {asked:,}  {name}"
    yield "  ratio by type: " + ", ".join(f"{kind} {ratio:.3f}" for kind, ratio in report["ratio_by_type"].items())
    yield "  label checked by: " + ", ".join(f"{who} {count:,}" for who, count in report["checked_by"].items())
    for reading, count in report["readings"].items():
        yield f"  {count:>7,}  {READINGS[reading]}"
    for reason, count in report["refused"].items():
        yield f"  {count:>7,}  refused: {reason}"
    for reason, count in report["skipped"].items():
        yield f"  {count:>7,}  no parent: {reason}"
    if written is not None:
        yield f"{report['stand']:,} in {written.children}, {report['wait_for_review']:,} for review in {written.review}"
    if report["short"]:
        yield "fewer than asked: " + ", ".join(f"{name} by {count:,}" for name, count in report["short"].items())


class Meter:
    """One line on a terminal: what is being done and how far it is."""

    def __init__(self) -> None:
        self._shown = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show it, at most twice a second."""
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._shown >= _EVERY_SECONDS:
            self._shown = now
            sys.stderr.write(f"\r\x1b[K{stage}: {done:,}{f' of {total:,}' if total else ''}")
            sys.stderr.flush()
