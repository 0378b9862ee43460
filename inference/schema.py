"""The JSON Schema of an answer, from the same tables as the OpenAPI document.

    python -m inference.schema docs/schema

writes it where it is kept; `/api/v1/schema/score-1.json` serves it.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelhub.settings")
    django.setup()

from inference.openapi import document

NAME = "score.schema.json"
_PREFIX = "#/components/schemas/"


@cache
def answer_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of an answer; what it refers to lies under $defs."""
    schemas = document()["components"]["schemas"]
    needed: dict[str, Any] = {}
    answer = _rewritten(schemas["Answer"], schemas, needed)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pixel Hub answer, pixelhub.score/1",
        **answer,
        "$defs": dict(sorted(needed.items())),
    }


def _rewritten(node: Any, schemas: dict[str, Any], needed: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_rewritten(item, schemas, needed) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith(_PREFIX):
        name = reference.removeprefix(_PREFIX)
        if name not in needed:
            needed[name] = {}
            needed[name] = _rewritten(schemas[name], schemas, needed)
        return {"$ref": f"#/$defs/{name}"}
    return {key: _rewritten(value, schemas, needed) for key, value in node.items()}


def main(folder: Path) -> None:
    """Write the schema into a folder."""
    text = json.dumps(answer_schema(), indent=2, ensure_ascii=False, sort_keys=True)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
