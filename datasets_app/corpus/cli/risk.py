"""`risk FILE...`: the risk assessment and the content gates of each conversation, or their evaluation on real posts."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from datasets_app.corpus.content_gates import content_gates
from datasets_app.corpus.intake import prepare
from datasets_app.corpus.parse import RowRejected, parse_json
from datasets_app.corpus.reading import RawRow, UnreadableFile, input_files, read_rows
from datasets_app.corpus.screening import assess
from datasets_app.corpus.screening.evaluation import as_text, evaluate
from datasets_app.corpus.structure import StructureRules

EXAMPLE: Final = "risk conversations.jsonl --output findings.jsonl"
EVALUATION_FOLDER: Final = Path("../shared/data/real")
_RULES: Final = StructureRules(posts_as_turns=True)
_EVERY_SECONDS: Final = 0.5


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "risk",
        help="assess the risk in conversations and run the content gates",
        epilog=f"example: python -m datasets_app.corpus {EXAMPLE}",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `assess_risk` have in common."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="conversation files or folders of them")
    parser.add_argument("--output", type=Path, help="write the findings to this JSONL file instead of stdout")
    parser.add_argument(
        "--evaluate", action="store_true", help="print sensitivity and specificity on the labelled files of --folder"
    )
    parser.add_argument("--folder", type=Path, default=EVALUATION_FOLDER, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one JSON object: the evaluation, or the counts")


def run(options: argparse.Namespace) -> int:
    """Assess or evaluate: 0 no crisis found, 1 crises found or a file that cannot be read, 2 wrong use."""
    if bool(options.files) == options.evaluate:
        sys.stderr.write("name files to assess, or --evaluate\n")
        return 2
    if options.json and options.files and options.output is None:
        sys.stderr.write("--json prints the counts: the findings need an --output file\n")
        return 2
    try:
        return _evaluate(options) if options.evaluate else _assess(options)
    except (UnreadableFile, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _evaluate(options: argparse.Namespace) -> int:
    report = evaluate(options.folder, progress=_tell)
    if not report["sets"]:
        sys.stderr.write(f"{options.folder} holds none of the labelled files\n")
        return 1
    sys.stdout.write((json.dumps(report, indent=2, sort_keys=True) if options.json else as_text(report)) + "\n")
    return 0


def _tell(name: str) -> None:
    sys.stderr.write(f"{name}\n")


def _assess(options: argparse.Namespace) -> int:
    paths = [path for named in options.files for path in input_files(named)]
    counts: Counter[str] = Counter()
    if options.output is None:
        _write(paths, sys.stdout, counts)
    else:
        with options.output.open("w", encoding="utf-8") as target:
            _write(paths, target, counts)
    if options.json:
        sys.stdout.write(json.dumps(_report(counts), indent=2, sort_keys=True) + "\n")
    else:
        sys.stderr.write(json.dumps(_report(counts), sort_keys=True) + "\n")
    return 1 if counts["crises"] else 0


def _write(paths: list[Path], target: IO[str], counts: Counter[str]) -> None:
    progress = _Progress()
    for path in paths:
        for row in read_rows(path, path.name):
            line = {"file": path.name, "line": row.line, **_findings(row, counts)}
            target.write(json.dumps(line, sort_keys=True) + "\n")
            progress.tell(counts["read"])
    progress.end(counts["read"])


def _findings(row: RawRow, counts: Counter[str]) -> dict[str, Any]:
    """Return what is found in one row, without any of its words."""
    counts["read"] += 1
    try:
        name, messages = conversation_of(row)
    except RowRejected as error:
        counts["rejected"] += 1
        return {"rejected": error.reason}
    assessment = assess(messages)
    gates = content_gates(messages, assessment)
    counts["assessed"] += 1
    counts["crises"] += assessment.crisis
    counts[f"risk {assessment.risk_level}"] += 1
    counts.update(f"gate {gate}" for gate in {finding.gate for finding in gates})
    return {"id": name, "assessment": assessment.as_dict(), "gates": [finding.as_dict() for finding in gates]}


def conversation_of(row: RawRow) -> tuple[str, list[dict[str, str]]]:
    """Return the row's id and messages; a bare {"text": …} is one message of the user. Raises RowRejected."""
    try:
        converted = prepare(row, "", _RULES).converted
    except RowRejected:
        if row.problem or row.is_text:
            raise
        value = parse_json(row.raw)
        if not isinstance(value, Mapping) or not isinstance(value.get("text"), str):
            raise
        return str(value.get("id", "")), [{"role": "user", "content": value["text"]}]
    return converted.external_id, converted.messages


def _report(counts: Mapping[str, int]) -> dict[str, Any]:
    def under(prefix: str) -> Iterator[tuple[str, int]]:
        return ((key.removeprefix(prefix), count) for key, count in counts.items() if key.startswith(prefix))

    plain = ("read", "assessed", "rejected", "crises")
    return {
        **{name: counts.get(name, 0) for name in plain},
        "risk_levels": dict(under("risk ")),
        "gates": dict(under("gate ")),
    }


class _Progress:
    """Rate on stderr, for people at a terminal only."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._begun = self._last = time.monotonic()

    def tell(self, rows: int) -> None:
        """Show how far it is, at most twice a second."""
        now = time.monotonic()
        if self._shown and now - self._last >= _EVERY_SECONDS:
            self._last = now
            sys.stderr.write(f"\r{rows} rows, {rows / (now - self._begun):.0f} a second")

    def end(self, rows: int) -> None:
        """Leave the line."""
        if self._shown and rows:
            sys.stderr.write("\n")
