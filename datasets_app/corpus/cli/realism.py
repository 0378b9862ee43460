"""`measure-synthetic FILE --beside REAL`: how diverse made-up conversations are, and how like real ones."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import UnreadableFile, input_files, read_rows
from datasets_app.corpus.synthesis.realism import beside

from .risk import conversation_of

EXAMPLE: Final = "synthetic.jsonl --beside ../shared/data/real/sad.jsonl"
_SHOWN: Final = (
    ("conversations", "conversations"),
    ("distinct_1", "distinct-1"),
    ("distinct_2", "distinct-2"),
    ("distinct_3", "distinct-3"),
    ("self_bleu", "self-BLEU"),
    ("near_duplicate_rate", "near-duplicates"),
    ("words_p10_p50_p90", "words, p10 p50 p90"),
    ("user_turns_p10_p50_p90", "turns, p10 p50 p90"),
)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "measure-synthetic",
        help="measure made-up conversations beside real ones",
        epilog=f"example: python -m datasets_app.corpus measure-synthetic {EXAMPLE}",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `measure_synthetic` have in common."""
    parser.add_argument("file", type=Path, metavar="FILE", help="made-up conversations, or a folder of them")
    parser.add_argument(
        "--beside", type=Path, nargs="*", default=[], metavar="REAL", help="real conversations or posts, a set per file"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the samples (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Measure: 0 done, 1 a file that cannot be read, 2 too few conversations. No words of anybody are printed."""
    try:
        made = [messages for path in input_files(options.file) for messages in _conversations(path)]
        real = {path.name: _conversations(path) for named in options.beside for path in input_files(named)}
        figures = beside(made, real, options.seed)
    except (UnreadableFile, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write((json.dumps(figures, indent=2) if options.json else as_text(figures, options.file.name)) + "\n")
    return 0


def as_text(figures: Mapping[str, Any], name: str) -> str:
    """Return the figures as a table in Markdown, a column per set."""
    columns = {name: figures["made"], **figures["beside"]}
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for key, shown in _SHOWN:
        lines.append(f"| {shown} | " + " | ".join(_value(found[key]) for found in columns.values()) + " |")
    for key, shown in (("auc_by_words", "told from it by words, AUC"), ("auc_by_length", "… by length alone")):
        told = [found["told_apart"][key] if "told_apart" in found else "" for found in columns.values()]
        lines.append(f"| {shown} | " + " | ".join(map(_value, told)) + " |")
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _conversations(path: Path) -> list[list[dict[str, str]]]:
    """Return the rows in which a person says something; others are no conversation and are passed over."""
    found = []
    for row in read_rows(path, path.name):
        try:
            messages = conversation_of(row)[1]
        except RowRejected:
            continue
        if any(message["role"] == "user" and message["content"].strip() for message in messages):
            found.append(messages)
    return found
