"""The hub's own addresses as an OpenAPI document, made from the resolver: what the fuzzer makes its requests from.

Pages have no published document as the scoring API has one. Paths, methods and fields come from the tables that other
tests keep complete (MAY, FIELDS). Ids are those of rows that are there, so that requests come further than the first
look-up; hostile ids are for test_hostile_input.py.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import msgspec

from annotation.api import payloads
from tests.security.addresses import address
from tests.security.form_fields import FIELDS
from tests.security.may import MAY
from tests.security.place import Place

#: Values that get past a first look somewhere: types, choices, dates, small numbers.
PLAUSIBLE = (
    *("none", "panic", "immediate_harm", "1", "2", "3", "5", "0.5", "on", "true", "annotator", "qa", "json", "csv"),
    *("2026-01-31", "2026-01-31T10:00", "1.0.0", "synthetic", "sarcasm", "agreed", "approve", "approved", "reject"),
    *("majority", "en-US", "raw", "pm", "project", "accept", "0" * 64, "A sentence that says why this was done.", ""),
)
SENT: dict[str, Any] = {
    "anyOf": [{"enum": list(PLAUSIBLE)}, {"type": "string"}, {"type": "integer"}, {"type": "number"}],
}
STRUCTS: dict[str, Any] = {
    "annotation:api_claim": payloads.Claim, "annotation:api_submit": payloads.Submit,
    "annotation:api_skip": payloads.Skip, "annotation:api_flag": payloads.FlagIt,
    "annotation:api_heartbeat": payloads.Beat, "annotation:api_release": payloads.Release,
    "annotation:api_break": payloads.TakeBreak, "annotation:api_hard": payloads.Hard,
}  # fmt: skip
#: What other JSON bodies may hold; a body of one address sent to another is one more wrong one.
JSON_NAMES = ("version", "decisions", "records", "turns", "role", "content", "locale", "retention", "seen", "reason")
COMPONENTS = "#/components/schemas/{name}"


def document(place: Place, queries: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """OpenAPI 3.1 of every address and method; `queries` name the parameters that a page's address may hold."""
    schemas, components = msgspec.json.schema_components(STRUCTS.values(), ref_template=COMPONENTS)
    structs = dict(zip(STRUCTS, schemas, strict=True))
    paths: dict[str, Any] = {}
    for name, (may_get, may_post) in sorted(MAY.items()):
        found = paths.setdefault(address(name, place), {})
        if may_get is not None:
            wanted = sorted({"page"} | {key for query in queries.get(name, ()) for key in parse_qs(query)})
            asked = [{"name": key, "in": "query", "schema": SENT} for key in wanted]
            found["get"] = _operation(name) | {"parameters": asked}
        if may_post is not None:
            found["post"] = _operation(name) | {"requestBody": _body(name, structs)}
    return {
        "openapi": "3.1.0", "info": {"title": "The hub", "version": "1"},
        "paths": paths, "components": {"schemas": components},
    }  # fmt: skip


def _operation(name: str) -> dict[str, Any]:
    return {"x-name": name, "responses": {"default": {"description": "An answer."}}}


def _body(name: str, structs: dict[str, Any]) -> dict[str, Any]:
    if name in structs:
        return {"required": True, "content": {"application/json": {"schema": structs[name]}}}
    if name.startswith(("annotation:api_", "datasets:pii_", "inference:session_try_")) and name not in FIELDS:
        return {"content": {"application/json": {"schema": _object(JSON_NAMES)}}}
    return {"content": {"application/x-www-form-urlencoded": {"schema": _object(FIELDS.get(name, ("seen",)))}}}


def _object(names: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys(names, SENT), "required": list(names[:1])}
