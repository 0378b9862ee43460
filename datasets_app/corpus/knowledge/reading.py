"""Entries of JSONL, JSON, CSV, TSV and Markdown files, each with its line; what is no entry is told by reason."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from datasets_app.corpus.parse import RowRejected, decode_utf8, parse_quickly
from datasets_app.corpus.reading import read_rows
from datasets_app.corpus.text import UTF8_BOM, clean_text

from .base import KnowledgeInvalid, key_of

SUFFIXES: Final = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".md", ".markdown")
_NAMES: Final = ("name", "concept", "term", "title", "concept_name", "label")
_DEFINITIONS: Final = ("definition", "description", "text", "content", "meaning", "summary")
_SOURCES: Final = ("source", "reference", "book", "citation", "source_title")
_ALIASES: Final = ("aliases", "alias", "synonyms", "also_known_as")
_CATEGORIES: Final = ("category", "domain", "kind", "type")
_LISTS: Final = ("concepts", "entries", "items", "data")
_HANDED: Final = ("source", "category")
_MAX_NAME: Final = 200
_MAX_DEFINITION: Final = 20_000
_MAX_FIELD: Final = 1 << 20
_HEADING: Final = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_FIELD: Final = re.compile(r"^[-*]?\s*\**(source|aliases|alias|category)\**\s*:\**\s*(.+)$", re.IGNORECASE)


class Entry(NamedTuple):
    """A checked entry; `line` is that of its file."""

    line: int
    key: str
    name: str
    definition: str
    source: str
    aliases: list[str]
    category: str


class Refused(NamedTuple):
    """What is no entry: its line, a stable reason, and what is wrong with it."""

    line: int
    reason: str
    detail: str


def entries_of(path: Path, source: str) -> Iterator[Entry | Refused]:
    """Yield the entries of a file; `source` stands for those that name none. Raises KnowledgeInvalid and OSError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise KnowledgeInvalid(f"{path.name}: only {', '.join(SUFFIXES)} can be read")
    read = _markdown if suffix in (".md", ".markdown") else _table if suffix in (".csv", ".tsv") else _json
    for line, row in read(path):
        if isinstance(row, Refused):
            yield row
            continue
        try:
            yield _entry(line, row, source)
        except RowRejected as rejected:
            yield Refused(line, rejected.reason, rejected.detail)


def _json(path: Path) -> Iterator[tuple[int, Any]]:
    for raw in read_rows(path, path.name):
        if raw.problem:
            yield raw.line, Refused(raw.line, raw.problem, "the entry ends unexpectedly or exceeds the limits")
            continue
        try:
            value = parse_quickly(raw.as_json or raw.raw)
        except RowRejected as rejected:
            yield raw.line, Refused(raw.line, rejected.reason, rejected.detail)
            continue
        inner = _listed(value)
        if inner is None:
            yield raw.line, value
        elif isinstance(inner, dict):
            # {"concepts": {"name": {…} or "definition"}}
            for name, said in inner.items():
                yield raw.line, {"name": name} | (said if isinstance(said, dict) else {"definition": said})
        else:
            yield from ((raw.line, said) for said in inner)


def _listed(value: Any) -> list[Any] | dict[str, Any] | None:
    """Return the entries inside an object that is no entry itself."""
    if not isinstance(value, dict) or any(key in value for key in _NAMES):
        return None
    return next((value[key] for key in _LISTS if isinstance(value.get(key), list | dict)), None)


def _table(path: Path) -> Iterator[tuple[int, Any]]:
    csv.field_size_limit(_MAX_FIELD)
    with path.open(encoding="utf-8-sig", newline="", errors="strict") as stream:
        rows = csv.DictReader(stream, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        line = 2
        try:
            for row in rows:
                if None in row:
                    yield line, Refused(line, "too_many_cells", "the row has more cells than the table has columns")
                else:
                    yield line, {(key or "").strip().lower(): value for key, value in row.items()}
                line = rows.line_num + 1
        except (csv.Error, UnicodeDecodeError) as error:
            yield line, Refused(line, "broken_table", f"the table cannot be read on ({type(error).__name__})")


def _markdown(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield a concept for each heading with a text below it; `Source:`, `Aliases:`, `Category:` are its fields.

    Source and category below a heading without a text hold for all concepts below it.
    """
    try:
        text = decode_utf8(path.read_bytes().removeprefix(UTF8_BOM))
    except RowRejected as rejected:
        yield 1, Refused(1, rejected.reason, rejected.detail)
        return
    above: list[tuple[int, dict[str, Any]]] = []
    begun: tuple[int, int, dict[str, Any], list[str]] | None = None
    lines = [*text.splitlines(), "# end"]
    fenced = False
    for number, line in enumerate(lines, start=1):
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced and number < len(lines) else _HEADING.match(line)
        if heading is None:
            if begun is not None and (field := _FIELD.match(line)):
                begun[2][field.group(1).lower()] = field.group(2).strip().strip("*")
            elif begun is not None:
                begun[3].append(line)
            continue
        if begun is not None:
            level, start, fields, said = begun
            above = [(depth, inherited) for depth, inherited in above if depth < level]
            if definition := "\n".join(said).strip():
                handed = {key: value for _, inherited in above for key, value in inherited.items() if key in _HANDED}
                yield start, handed | fields | {"definition": definition}
            else:
                above.append((level, fields))
        begun = (len(heading.group(1)), number, {"name": heading.group(2)}, [])


def _entry(line: int, row: Any, source: str) -> Entry:
    if not isinstance(row, dict):
        raise RowRejected("not_an_object", f"an entry must be an object, not {type(row).__name__}")
    fields = {str(key).lower(): value for key, value in row.items()}
    name = _text(fields, _NAMES)
    key = key_of(name)
    if not key:
        raise RowRejected("no_name", f"none of {', '.join(_NAMES)} names the concept")
    if len(name) > _MAX_NAME:
        raise RowRejected("name_too_long", f"a name has at most {_MAX_NAME} characters")
    definition = _text(fields, _DEFINITIONS)
    if not definition:
        raise RowRejected("no_definition", f"none of {', '.join(_DEFINITIONS)} defines it")
    if len(definition) > _MAX_DEFINITION:
        raise RowRejected("definition_too_long", f"a definition has at most {_MAX_DEFINITION} characters")
    named = _text(fields, _SOURCES) or source
    if not named:
        raise RowRejected("no_source", f"none of {', '.join(_SOURCES)} says where it comes from, and no --source does")
    aliases = [alias for alias in _aliases(fields) if key_of(alias) not in ("", key)]
    return Entry(line, key, name, definition, named, aliases, _text(fields, _CATEGORIES))


def _text(fields: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and (cleaned := clean_text(value)):
            return cleaned
    return ""


def _aliases(fields: Mapping[str, Any]) -> list[str]:
    value: Any = next((fields[key] for key in _ALIASES if fields.get(key)), [])
    parts = re.split(r"[;|,]", value) if isinstance(value, str) else value if isinstance(value, list) else []
    return [cleaned for part in parts if isinstance(part, str) and (cleaned := clean_text(part))]
