"""`schema`: print a JSON Schema."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from datasets_app.corpus.record import release_line_schema, sample_schema


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "schema", help="print a JSON Schema", epilog="example: python -m datasets_app.corpus schema sample"
    )
    parser.add_argument("what", choices=("sample", "release-line"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    found = sample_schema() if options.what == "sample" else release_line_schema()
    sys.stdout.write(json.dumps(found, indent=2, sort_keys=True) + "\n")
    return 0
