"""`python -m datasets_app.corpus verify FOLDER [--json]`: verify a release without Django or a database."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .record import release_line_schema, sample_schema
from .verify import FolderReader, verify_release


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 sound, 1 defects found, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m datasets_app.corpus", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="verify a release in a folder")
    verify.add_argument("folder", type=Path)
    verify.add_argument("--manifest-sha256", help="the manifest must have exactly this hash")
    verify.add_argument("--json", action="store_true", help="print the report as JSON")
    schema = commands.add_parser("schema", help="print a JSON Schema")
    schema.add_argument("what", choices=("sample", "release-line"))
    options = parser.parse_args(arguments)
    if options.command == "schema":
        found = sample_schema() if options.what == "sample" else release_line_schema()
        print(json.dumps(found, indent=2, sort_keys=True))
        return 0
    if not options.folder.is_dir():
        print(f"{options.folder} is not a folder", file=sys.stderr)
        return 2
    report = verify_release(FolderReader(options.folder), manifest_sha256=options.manifest_sha256)
    if options.json:
        print(json.dumps(report.as_dict(), indent=2, sort_keys=True))
    else:
        print("ok" if report.ok else "NOT ok")
        for reason in report.reasons:
            print(f"  {reason}")
        print(f"records {report.counts.get('total', 0)}, manifest SHA-256 {report.manifest_sha256 or 'unknown'}")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
