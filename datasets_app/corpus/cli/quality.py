"""`quality FOLDER`: the QA report of a release in a folder, as JSON or as a table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.enrichment.handing_on import ScoresRefused, document_of, with_scores
from datasets_app.corpus.manifest import MANIFEST
from datasets_app.corpus.quality import SAMPLE, quality_report
from datasets_app.corpus.verify import FolderReader, lines_in
from pixelhub.canonical import sha256_file

EXAMPLE: Final = "quality releases/1.0.0 --json"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "quality",
        help="report the quality of a release, by rules and lexical proxies",
        epilog=f"example: python -m datasets_app.corpus {EXAMPLE}",
    )
    parser.add_argument("folder", type=Path, help="a release")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="conversations to judge (default %(default)s)")
    parser.add_argument("--scores", type=Path, help="scores of this release (`enrich`): their figures where better")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Report: 0 all judged metrics pass, 1 one fails or the release cannot be read, 2 wrong use."""
    if not options.folder.is_dir():
        sys.stderr.write(f"{options.folder} is not a folder\n")
        return 2
    if options.sample < 1:
        sys.stderr.write("--sample must be positive\n")
        return 2
    try:
        manifest = json.loads((options.folder / MANIFEST).read_bytes())
        report = quality_report(lines_in(FolderReader(options.folder), manifest), sample=options.sample)
        if options.scores:
            report = with_scores(report, document_of(options.scores, sha256_file(options.folder / MANIFEST)))
    except ScoresRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"no readable release: {type(error).__name__}; verify it first\n")
        return 1
    shown = json.dumps(report, indent=2, sort_keys=True) if options.json else as_text(report)
    sys.stdout.write(shown + "\n")
    return 1 if any(metric["verdict"] == "failed" for metric in report["metrics"]) else 0


def as_text(report: Mapping[str, Any]) -> str:
    """Return the report as a table for people."""
    lines = [f"{report['sample']} of {report['records']} conversations, by rules and lexical proxies"]
    for metric in report["metrics"]:
        value = (
            "–" if metric["value"] is None else f"{metric['value']:.3f} ({metric['low']:.3f} to {metric['high']:.3f})"
        )
        sign = "≤" if metric["low_is_good"] else "≥"
        lines.append(f"  {metric['label']:<28} {value:<26} {sign} {metric['target']:<6g} {metric['verdict']}")
    return "\n".join(lines)
