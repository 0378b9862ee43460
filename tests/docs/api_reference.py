"""The reference of the HTTP API as a page, made from the OpenAPI documents: `make reference` writes it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from tests.paths import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "api-reference.md"
HEAD = """# API reference

Every operation and every field, made from the OpenAPI documents by `make reference`; a test holds this page to them.
A running hub serves them at `/api/v1/openapi.json` (scoring, conversations) and `/api/docs/imports.json` (imports), and
at `/api/docs/` to look at and try. How to use it all, in sentences: [api.md](api.md).
"""
Schema = dict[str, Any]


def reference(documents: list[Schema]) -> str:
    """The page's text for these OpenAPI documents, in their order."""
    return (
        HEAD + "".join(f"\n{line}" if line else "\n" for document in documents for line in _document(document)) + "\n"
    )


def _document(document: Schema) -> Iterator[str]:
    schemas = document.get("components", {}).get("schemas", {})
    yield ""
    yield f"## {document['info']['title']}"
    yield f"Version {document['info']['version']}, OpenAPI {document['openapi']}."
    yield ""
    yield "| method | address | what | answers |"
    yield "|---|---|---|---|"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            what, answers = _cell(operation.get("summary", "")), ", ".join(sorted(operation["responses"]))
            yield f"| {method.upper()} | `{path}` | {what} | {answers} |"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _operation(method, path, operation)
    for name, schema in schemas.items():
        yield ""
        yield f"### {name}"
        yield from _fields(schema)


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    said, parameters = operation.get("description", ""), operation.get("parameters", [])
    body = operation.get("requestBody", {}).get("content", {})
    answers = operation["responses"]
    yield ""
    yield f"### {method.upper()} {path}"
    yield _sentence(said or operation.get("summary", ""))
    if parameters:
        yield ""
        yield "| parameter | in | what |"
        yield "|---|---|---|"
        for one in parameters:
            needed = ", needed" if one.get("required") else ""
            told = one.get("description") or _kind(one.get("schema", {}))
            yield f"| `{one['name']}` | {one['in']}{needed} | {_cell(told)} |"
    for kind, content in body.items():
        yield ""
        yield f"Body, `{kind}`: {_kind(content.get('schema', {}))}."
    yield ""
    yield "| answer | what | body |"
    yield "|---|---|---|"
    for status, answer in sorted(answers.items()):
        kinds = "; ".join(
            f"`{kind}`: {_kind(one.get('schema', {}))}" for kind, one in answer.get("content", {}).items()
        )
        yield f"| {status} | {_cell(answer.get('description', ''))} | {kinds} |"


def _fields(schema: Schema) -> Iterator[str]:
    if schema.get("description"):
        yield _sentence(schema["description"])
    for number, form in enumerate(schema.get("oneOf", schema.get("anyOf", [schema])), start=1):
        properties = form.get("properties")
        if not properties:
            yield f"{_kind(form)}."
            continue
        if form is not schema:
            yield ""
            yield f"Form {number}:"
        yield ""
        yield "| field | type | needed | what |"
        yield "|---|---|---|---|"
        for name, field in properties.items():
            needed = "yes" if name in form.get("required", []) else ""
            yield f"| `{name}` | {_kind(field)} | {needed} | {_cell(field.get('description', ''))} |"


def _kind(schema: Schema) -> str:
    """A schema in a few words; a named one by a link."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for way in ("oneOf", "anyOf", "allOf"):
        if way in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[way]))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{'null' if one is None else one}`" for one in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}{_limits(schema)}"
    if kind == "object" and schema.get("properties"):
        return "object of " + ", ".join(f"`{name}`" for name in schema["properties"])
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join(kinds) + _limits(schema)


def _limits(schema: Schema) -> str:
    names = {"minimum": "from", "maximum": "to", "minItems": "at least", "maxItems": "at most", "maxLength": "at most"}
    told = [f"{word} {schema[name]:,}" for name, word in names.items() if name in schema]
    return f" ({', '.join(told)})" if told else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _sentence(text: str) -> str:
    plain = " ".join(text.split())
    return plain if plain.endswith((".", ":")) or not plain else f"{plain}."


def documents() -> list[Schema]:
    """The hub's OpenAPI documents. Django is set up by now, and not yet where this module begins."""
    from inference.openapi import document
    from inference.views_integration import imports_document

    return [document(), imports_document()]


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelhub.settings")
    django.setup()
    PAGE.write_text(reference(documents()), encoding="utf-8")
