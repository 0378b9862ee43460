"""`scan-pii FILE...`: find or replace identifiers; `pii-eval`: recall and precision per kind on the labelled set."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.pii import Finding, scan
from datasets_app.corpus.pii.evaluation import all_cases, evaluate, half_of
from datasets_app.corpus.pii.files import ScanReport, scan_files
from datasets_app.corpus.pii.presidio import PresidioMissing, load_analyzer, scan_twice
from datasets_app.corpus.reading import UnreadableFile, input_files

EXAMPLE: Final = "scan-pii conversations.jsonl --redact --output clean.jsonl --json"
_EVERY_SECONDS: Final = 0.5


def add_parser(subparsers: Any) -> None:
    """Declare both commands."""
    search = subparsers.add_parser(
        "scan-pii",
        help="find or replace personal identifiers in files",
        epilog=f"example: python -m datasets_app.corpus {EXAMPLE}",
    )
    add_arguments(search)
    search.set_defaults(run=run)
    figures = subparsers.add_parser(
        "pii-eval",
        help="recall and precision of the search per kind, on the labelled set",
        epilog="example: python -m datasets_app.corpus pii-eval --half held_out --json",
    )
    figures.add_argument("--half", choices=("developed", "held_out", "all"), default="all")
    figures.add_argument("--json", action="store_true", help="print the figures as JSON")
    figures.set_defaults(run=run, evaluate=True, files=[], redact=False, output=None, presidio=False, model="")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `scan-pii` and the hub's `scan_pii` have in common."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="conversation files or folders of them")
    parser.add_argument(
        "--redact", action="store_true", help="write the conversations with placeholders (needs --output)"
    )
    parser.add_argument("--output", type=Path, help="JSONL file for redacted records, or for the places of findings")
    parser.add_argument("--evaluate", action="store_true", help="print figures on the labelled set instead")
    parser.add_argument("--half", choices=("developed", "held_out", "all"), default="all", help="with --evaluate")
    parser.add_argument(
        "--presidio", action="store_true", help="a second look by Presidio (the extra must be installed)"
    )
    parser.add_argument("--model", default="", help="with --presidio: an installed spaCy model for names")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0 when done, 1 when identifiers were found and none replaced or a file can't be read, 2 for wrong use."""
    if problem := wrong_use(options):
        sys.stderr.write(problem + "\n")
        return 2
    scanner = scan
    if options.presidio:
        try:
            analyzer = load_analyzer(options.model)
        except PresidioMissing as missing:
            sys.stderr.write(f"{missing}\n")
            return 1

        def scanner(messages: Sequence[Mapping[str, str]]) -> list[Finding]:
            return scan_twice(messages, analyzer)

    if options.evaluate:
        chosen = (case for case in all_cases() if options.half in ("all", half_of(case)))
        figures = evaluate(chosen, scanner).as_dict() | {"half": options.half}
        sys.stdout.write((json.dumps(figures, indent=2) if options.json else figures_text(figures)) + "\n")
        return 0
    try:
        paths = [path for named in options.files for path in input_files(named)]
        report = scan_files(paths, options.output, redacted=options.redact, scanner=scanner, progress=_Meter())
    except (UnreadableFile, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    found = report.as_dict() | {"redacted": options.redact, "output": str(options.output or "")}
    sys.stdout.write((json.dumps(found, indent=2) if options.json else report_text(report, options.redact)) + "\n")
    return int(bool(report.with_findings) and not options.redact)


def wrong_use(options: argparse.Namespace) -> str:
    """Say what is wrong with the options; "" when nothing is."""
    if options.evaluate:
        return "" if not options.files else "--evaluate uses the labelled set and takes no files"
    if not options.files:
        return "name a file or a folder, or use --evaluate"
    if options.redact and options.output is None:
        return "--redact needs --output"
    if options.output is not None and options.output.resolve() in {path.resolve() for path in options.files}:
        return "--output must not be one of the inputs"
    return ""


def report_text(report: ScanReport, redacted: bool) -> str:
    """The report for people."""
    lines = [
        f"{report.read:,} rows = {report.scanned:,} searched + {report.quarantined:,} that cannot be converted",
        f"{report.with_findings:,} conversations with identifiers" + (", replaced" if redacted else ""),
        *(f"  {kind:<16}{count:>9,}" for kind, count in sorted(report.kinds.items())),
        *(f"  not converted: {reason} ({count:,})" for reason, count in sorted(report.reasons.items())),
    ]
    return "\n".join(lines)


def figures_text(figures: dict[str, Any]) -> str:
    """The figures as a table: share and 95% Wilson interval."""
    lines = [f"{'kind':<16}{'labels':>7}  {'recall':<22}{'findings':>8}  precision"]
    for kind, one in [*figures["kinds"].items(), ("all", figures["all"])]:
        recall, precision = _with_interval(one, "recall"), _with_interval(one, "precision")
        lines.append(f"{kind:<16}{one['labels']:>7}  {recall:<22}{one['findings']:>8}  {precision}")
    left, labelled = figures["left_characters"], figures["labelled_characters"]
    lines.append(f"{figures['cases']} cases ({figures['half']}); {left} of {labelled} labelled characters stay")
    return "\n".join(lines)


def _with_interval(one: dict[str, Any], name: str) -> str:
    if one[name] is None:
        return "none"
    low, high = one[f"{name}_interval"]
    return f"{one[name]:.3f} ({low:.3f}-{high:.3f})"


class _Meter:
    """Progress on a terminal: count and rate."""

    def __init__(self) -> None:
        self._began = self._shown = time.monotonic()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self._shown < _EVERY_SECONDS or not sys.stderr.isatty():
            return
        self._shown = now
        sys.stderr.write(f"\r{done:,} rows, {done / max(now - self._began, 0.001):,.0f}/s\x1b[K")
