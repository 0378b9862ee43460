"""`schema`: print or write the JSON Schemas of what goes in and out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.conversion import record_schema
from datasets_app.corpus.expertset.line import expert_manifest_schema, expert_set_schema
from datasets_app.corpus.extraction.manifest import extraction_manifest_schema
from datasets_app.corpus.extraction.pairs import preference_pair_schema
from datasets_app.corpus.knowledge.base import knowledge_manifest_schema
from datasets_app.corpus.record import release_line_schema, sample_schema
from datasets_app.corpus.stages.manifest import stage_manifest_schema

SCHEMAS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "record": record_schema,
    "sample": sample_schema,
    "release-line": release_line_schema,
    "stage-manifest": stage_manifest_schema,
    "extraction-manifest": extraction_manifest_schema,
    "expert-set": expert_set_schema,
    "expert-manifest": expert_manifest_schema,
    "preference-pair": preference_pair_schema,
    "knowledge-manifest": knowledge_manifest_schema,
}


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "schema",
        help="print a JSON Schema, or write all of them",
        epilog="example: python -m datasets_app.corpus schema sample; schema --write docs/schema",
    )
    parser.add_argument("what", nargs="?", choices=tuple(SCHEMAS))
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write every schema into this folder")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print or write: 0 done, 2 wrong use."""
    if (options.what is None) == (options.write is None):
        sys.stderr.write("name one schema, or --write FOLDER\n")
        return 2
    if options.what is not None:
        sys.stdout.write(text_of(options.what))
        return 0
    options.write.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        (options.write / f"{name}.schema.json").write_text(text_of(name), encoding="utf-8")
    return 0


def text_of(name: str) -> str:
    """Return a schema as the text that is published."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **SCHEMAS[name]()}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
