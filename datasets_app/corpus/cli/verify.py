"""`verify`: check a release in a folder from its bytes alone."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from datasets_app.corpus.verify import FolderReader, verify_release


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify",
        help="verify a release in a folder",
        epilog="example: python -m datasets_app.corpus verify releases/v1 --json",
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--manifest-sha256", help="the manifest must have exactly this hash")
    parser.add_argument(
        "--near-duplicates", action="store_true", help="search near-duplicates across splits too (slower)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify and print; 0 sound, 1 defects found, 2 no folder."""
    if not options.folder.is_dir():
        sys.stderr.write(f"{options.folder} is not a folder\n")
        return 2
    report = verify_release(
        FolderReader(options.folder),
        manifest_sha256=options.manifest_sha256,
        near_duplicates=options.near_duplicates,
    )
    if options.json:
        sys.stdout.write(json.dumps(report.as_dict(), indent=2, sort_keys=True) + "\n")
    else:
        lines = ["ok" if report.ok else "NOT ok", *(f"  {reason}" for reason in report.reasons)]
        lines += [f"  gate {gate['gate']}: {'pass' if gate['passed'] else 'fail'}" for gate in report.gates]
        lines.append(f"records {report.counts.get('total', 0)}, manifest SHA-256 {report.manifest_sha256 or 'unknown'}")
        sys.stdout.write("\n".join(lines) + "\n")
    return 0 if report.ok else 1
