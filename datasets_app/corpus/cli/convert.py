"""`convert IN... --output OUT.jsonl`: conversation files of any kind to one file of records."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.conversion import ConversionReport, ConversionSettings, convert_files
from datasets_app.corpus.reading import UnreadableFile, input_files
from datasets_app.corpus.structure import DEFAULT_RULES, StructureRules

EXAMPLE: Final = "chats.csv.gz more/ --output records.jsonl --family addiction --min-turns 2 --json"
_EVERY_SECONDS: Final = 0.5


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "convert",
        help="convert conversation files of any kind into one JSONL file",
        epilog=f"example: python -m datasets_app.corpus convert {EXAMPLE}",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `convert_records` have in common."""
    parser.add_argument("inputs", nargs="+", type=Path, metavar="IN", help="files, or folders of them")
    parser.add_argument("--output", required=True, type=Path, help="JSONL file; refused rows go beside it")
    said = parser.add_argument_group("what is said of all rows")
    said.add_argument("--family", default="", choices=["", *taxonomy.FAMILIES])
    said.add_argument("--stage", type=int, default=1, choices=sorted(taxonomy.STAGES))
    said.add_argument("--source", default="real", choices=taxonomy.SOURCES)
    said.add_argument("--licence", default="")
    said.add_argument("--consent", default="", help="consent or ethics basis")
    rules = parser.add_argument_group("rules on the shape of a conversation; 0 switches a limit off")
    rules.add_argument("--min-turns", type=int, default=DEFAULT_RULES.min_turns, help="(default %(default)s)")
    rules.add_argument("--max-turns", type=int, default=DEFAULT_RULES.max_turns, help="(default %(default)s)")
    rules.add_argument(
        "--max-turn-chars", type=int, default=DEFAULT_RULES.max_turn_chars, help="of one turn (default %(default)s)"
    )
    rules.add_argument("--alternating", action="store_true", help="refuse a speaker who speaks twice in a row")
    rules.add_argument("--without-user", action="store_true", help="also take conversations in which no user speaks")
    rules.add_argument("--posts-as-turns", action="store_true", help="take a list of one person's posts as turns")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(options: argparse.Namespace) -> int:
    """Convert and print the report: 0 done (refused rows are in the report), 1 a file is unreadable, 2 wrong use."""
    if any(value < 0 for value in (options.min_turns, options.max_turns, options.max_turn_chars)):
        sys.stderr.write("a limit must not be negative\n")
        return 2
    rules = StructureRules(
        min_turns=options.min_turns or None,
        max_turns=options.max_turns or None,
        max_turn_chars=options.max_turn_chars or None,
        needs_user=not options.without_user,
        alternating=options.alternating,
        posts_as_turns=options.posts_as_turns,
    )
    settings = ConversionSettings(
        family=options.family,
        stage=options.stage,
        source=options.source,
        licence=options.licence,
        consent=options.consent,
        rules=rules,
    )
    try:
        paths = [path for named in options.inputs for path in input_files(named)]
        report = convert_files(paths, options.output, settings, progress=_Meter())
    except (UnreadableFile, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    text = json.dumps(report.as_dict(), indent=2, sort_keys=True) if options.json else _told(report)
    sys.stdout.write(text + "\n")
    return 0


def _told(report: ConversionReport) -> str:
    lines = [
        f"{report.read:,} read = {report.accepted:,} accepted + {report.duplicates:,} duplicates "
        f"+ {report.quarantined:,} quarantined",
        *(f"  {count:>9,}  {name}" for name, count in sorted(report.formats.items())),
        *(f"  {count:>9,}  refused: {reason}" for reason, count in sorted(report.reasons.items())),
        f"records in {report.output}" + (f", refused rows in {report.quarantine}" if report.quarantine else ""),
    ]
    return "\n".join(lines)


class _Meter:
    """One line on a terminal: rows, share of the bytes, rate, time left."""

    def __init__(self) -> None:
        self._began = self._shown = time.monotonic()

    def __call__(self, read: int, done: int, total: int) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or (now - self._shown < _EVERY_SECONDS and done < total):
            return
        self._shown = now
        passed = max(now - self._began, 0.001)
        left = passed * (total - done) / done if done else 0.0
        end = "\n" if done >= total else ""
        sys.stderr.write(
            f"\r\x1b[K{read:,} rows, {done / max(1, total):.0%}, {read / passed:,.0f}/s, {left:,.0f} s left{end}"
        )
        sys.stderr.flush()
