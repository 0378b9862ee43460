"""`duplicates FILE...`: report copies over files, or write what stays and what goes."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.dedup.files import FileSearch, FileSettings
from datasets_app.corpus.dedup.minhash import DEFAULT_THRESHOLD
from datasets_app.corpus.reading import UnreadableFile, input_files

EXAMPLE: Final = "duplicates raw.jsonl more.jsonl.gz --confirm --output deduplicated.jsonl"
_EVERY_SECONDS: Final = 0.5


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "duplicates",
        help="find exact copies and near-duplicates in files",
        epilog=f"example: python -m datasets_app.corpus {EXAMPLE}",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="conversation files or folders of them")
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `find_duplicates` have in common."""
    parser.add_argument(
        "--threshold",
        type=threshold,
        default=DEFAULT_THRESHOLD,
        help="similarity from which two records are near-duplicates, 0.5 to 1 (default %(default)s)",
    )
    parser.add_argument("--confirm", action="store_true", help="act; without it nothing but the report is made")
    parser.add_argument(
        "--record-hash", action="store_true", help="with --confirm: also drop other contents of one record hash"
    )
    parser.add_argument("--output", type=Path, help="with --confirm: the file for the rows that stay")
    parser.add_argument("--pairs", type=Path, help="write every pair to this JSONL file (places, no words)")
    parser.add_argument("--family", default="", choices=["", *taxonomy.FAMILIES], help="of rows in files")
    parser.add_argument("--stage", type=int, default=1, choices=sorted(taxonomy.STAGES), help="of rows that say none")
    parser.add_argument("--source", default="real", choices=taxonomy.SOURCES, help="of rows that say none")
    parser.add_argument("--workdir", type=Path, help="folder for the index (default: a temporary one)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def threshold(text: str) -> float:
    """Read a threshold. Raises argparse.ArgumentTypeError outside 0.5 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.5 <= value <= 1.0:
        raise argparse.ArgumentTypeError("must lie between 0.5 and 1")
    return value


def run(options: argparse.Namespace) -> int:
    """Search the files: 0 nothing found or acted upon, 1 duplicates found or a file that cannot be read, 2 misuse."""
    if problem := wrong_use(options):
        sys.stderr.write(problem + "\n")
        return 2
    try:
        paths = [path for named in options.files for path in input_files(named)]
        if options.workdir is not None:
            report = _search(paths, options.workdir, options)
        else:
            with tempfile.TemporaryDirectory(prefix="duplicates-") as folder:
                report = _search(paths, Path(folder), options)
    except (UnreadableFile, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write((json.dumps(report, indent=2, sort_keys=True) if options.json else as_text(report)) + "\n")
    return int(not options.confirm and report["exact"] + report["near"] + report["record_hash"] > 0)


def wrong_use(options: argparse.Namespace) -> str:
    """Say what is wrong with the options for files; "" when nothing is."""
    if options.confirm and options.output is None:
        return "--confirm needs --output"
    if options.output is not None and not options.confirm:
        return "--output is for --confirm; a dry run writes no rows"
    if options.record_hash and not options.confirm:
        return "--record-hash is for --confirm; a dry run reports them anyway"
    if options.output is not None and options.output.resolve() in {path.resolve() for path in options.files}:
        return "--output must not be one of the inputs"
    return ""


def _search(paths: list[Path], workdir: Path, options: argparse.Namespace) -> dict[str, Any]:
    settings = FileSettings(
        threshold=options.threshold, family=options.family, stage=options.stage, source=options.source
    )
    search = FileSearch(paths, workdir, settings)
    search.run(_Meter())
    report = search.report() | {"dry_run": not options.confirm}
    if options.pairs is not None:
        with options.pairs.open("w", encoding="utf-8") as sink:
            sink.writelines(json.dumps(pair, sort_keys=True) + "\n" for pair in search.pairs())
    if options.confirm:
        removed = removed_path(options.output)
        report |= search.write(options.output, removed, record_hash_too=options.record_hash)
        report |= {"output": str(options.output), "removed_file": str(removed)}
    return report


def removed_path(output: Path) -> Path:
    """Where the removed rows go: beside the output, "x.jsonl" to "x.removed.jsonl"."""
    return output.with_name(f"{output.stem}.removed.jsonl")


def as_text(report: dict[str, Any]) -> str:
    """The report for people."""
    readable = report["rows"] - report["unreadable"]
    lines = [
        f"{report['rows']:,} rows, {report['unreadable']:,} unreadable, {report['contents']:,} different contents",
        f"  exact copies      {report['exact']:>9,}",
        f"  near-duplicates   {report['near']:>9,}  (similarity {report['threshold']:g} and above,"
        f" {report['clusters']:,} clusters)",
        f"  same record hash  {report['record_hash']:>9,}  (other content; dropped only with --record-hash)",
        f"  edge cases alike  {report['protected']:>9,}  (never dropped)",
        f"  share of copies   {report['share']:>9.3%}  of {readable:,} rows;"
        f" corpus target < {taxonomy.DUPLICATES_IN_CORPUS:.0%}: {_met(report['meets_corpus_target'])},"
        f" release target < {taxonomy.DUPLICATES_IN_RELEASE:.1%}: {_met(report['meets_release_target'])}",
    ]
    if report["dry_run"]:
        lines.append("Nothing was written (dry run); --confirm --output FILE acts.")
    else:
        lines.append(f"{report['kept']:,} rows stay in {report['output']}")
        lines.append(f"{report['removed']:,} rows, each with its reason, in {report['removed_file']}")
    return "\n".join(lines)


def _met(met: bool) -> str:
    return "met" if met else "missed"


class _Meter:
    """Progress on a terminal: stage, count, rate, time left where the total is known."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._stage = ""
        self._began = time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began = stage, now
        if not sys.stderr.isatty() or now - self._shown < _EVERY_SECONDS:
            return
        self._shown = now
        rate = done / max(now - self._began, 0.001)
        left = f" of {total:,}, {(total - done) / rate:,.0f} s left" if total and rate else ""
        sys.stderr.write(f"\r{stage}: {done:,}{left}, {rate:,.0f}/s\x1b[K")
