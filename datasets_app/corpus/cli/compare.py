"""`compare OLD NEW`: what differs between two releases in folders, and whether the new test split is still unseen."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.compare import NotARelease, compare_releases
from datasets_app.corpus.verify import FolderReader

EXAMPLE: Final = "compare releases/1.0.0 releases/1.1.0 --json"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "compare",
        help="compare two releases",
        epilog=f"example: python -m datasets_app.corpus {EXAMPLE}",
    )
    parser.add_argument("old", type=Path, help="the earlier release")
    parser.add_argument("new", type=Path, help="the later release")
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `compare_releases` have in common."""
    parser.add_argument("--no-near-duplicates", action="store_true", help="look at identical conversations only")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")


def run(options: argparse.Namespace) -> int:
    """Compare: 0 the test split is clean, 1 contaminated or not readable, 2 wrong use."""
    for folder in (options.old, options.new):
        if not folder.is_dir():
            sys.stderr.write(f"{folder} is not a folder\n")
            return 2
    try:
        found = compare_releases(
            FolderReader(options.old), FolderReader(options.new), near_duplicates=not options.no_near_duplicates
        )
    except NotARelease as error:
        sys.stderr.write(f"{error}; verify both first\n")
        return 1
    shown = json.dumps(found, indent=2, sort_keys=True) if options.json else as_text(found)
    sys.stdout.write(shown + "\n")
    return 1 if contaminated(found) else 0


def contaminated(found: Mapping[str, Any]) -> int:
    """Return how many conversations of the new test split the old release trained on, or something like them."""
    part = found["contamination"]
    near = part["near_duplicates"]
    return int(part["trained_before_tested_now"]["count"]) + int(near["tested"] if near else 0)


def as_text(found: Mapping[str, Any]) -> str:
    """Return the comparison as lines for people."""
    lines = [f"{found['old']['version']} ({found['old']['records']} records) → {found['new']['version']} "
             f"({found['new']['records']} records), {found['kept']} in both"]  # fmt: skip
    for name in ("added", "removed", "moved", "relabelled"):
        ways = ", ".join(f"{way} {count}" for way, count in found[name].get("ways", {}).items())
        lines.append(f"  {name} {found[name]['count']}{f' ({ways})' if ways else ''}")
    bad = contaminated(found)
    lines.append(f"  CONTAMINATED: {bad} of the test split trained on before" if bad else "  the test split is unseen")
    return "\n".join(lines)
