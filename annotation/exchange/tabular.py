"""CSV: a row per label, safe to open in a spreadsheet.

A cell that a spreadsheet could take for a formula gets an apostrophe in front, and reading takes it off again. A cell
that already begins with apostrophes before such a sign gets one more, so that every text comes back as it was.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from annotation.exchange.lines import parse_json
from annotation.exchange.sample import (
    FinalLabel,
    LabelledSample,
    RawLabel,
    Refusal,
    SuggestedLabel,
    convert,
    plain,
)

FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_LABEL = tuple(RawLabel.__struct_fields__)
_FINAL = ("decided_by", "guideline_section", "reason")
COLUMNS = ("id", "kind", "content_hash", "source", "conversation", "metadata", *_LABEL, *_FINAL)
KINDS: dict[str, type[Any]] = {"label": RawLabel, "final": FinalLabel, "suggestion": SuggestedLabel}
_JSON = frozenset({"conversation", "metadata", "secondary_types", "spans"})
_LONGEST_CELL = 16 * 1024 * 1024


def safe(cell: str) -> str:
    """The cell, not to be taken for a formula."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def unsafe(cell: str) -> str:
    """The cell as it was before `safe`."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def write(samples: Iterable[LabelledSample]) -> Iterator[str]:
    """Lines: the header, then a row per raw label, standing label and suggestion. The conversation is on the first."""
    yield _row(COLUMNS)
    for sample in samples:
        shared: dict[str, Any] = {"id": sample.id, "content_hash": sample.content_hash, "source": sample.source}
        shared |= {"conversation": plain(sample.messages), "metadata": sample.metadata}
        for kind, label in _labels(sample):
            values = shared | {"kind": kind} | plain(label)
            if kind == "suggestion":
                values |= {"annotator": values.pop("source"), "source": sample.source}
            yield _row(_cell(name, values.get(name)) for name in COLUMNS)
            shared |= {"conversation": [], "metadata": {}}


def read(text: Iterable[str]) -> Iterator[LabelledSample | Refusal]:
    """Samples with all their rows, in the order of their first row. Needs the columns `id` and `crisis_type`."""
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(_without_mark(text))
    header = next(rows, [])
    if not {"id", "crisis_type"} <= set(header) or len(set(header)) != len(header):
        yield Refusal(1, "the header must name the columns id and crisis_type, and no column twice", ",".join(header))
        return
    gathered: dict[str, dict[str, Any]] = {}
    number = 1
    while True:
        number += 1
        try:
            cells = next(rows, None)
            if cells is None:
                break
        except csv.Error as error:
            yield Refusal(number, f"not CSV: {error}", "")
            continue
        try:
            if len(cells) != len(header):
                raise ValueError(f"{len(cells)} cells, the header has {len(header)}")
            _gather(gathered, dict(zip(header, map(unsafe, cells), strict=True)))
        except ValueError as error:
            yield Refusal(number, str(error), ",".join(cells))
    for fields in gathered.values():
        yield convert(fields, LabelledSample)


def _labels(sample: LabelledSample) -> Iterator[tuple[str, RawLabel | FinalLabel | SuggestedLabel]]:
    yield from (("label", label) for label in sample.labels)
    if sample.final:
        yield "final", sample.final
    yield from (("suggestion", suggestion) for suggestion in sample.suggestions)


def _gather(gathered: dict[str, dict[str, Any]], cells: dict[str, str]) -> None:
    kind = cells.get("kind") or "label"
    if kind not in KINDS:
        raise ValueError("kind must be label, final or suggestion")
    values = {name: _value(name, cell) for name, cell in cells.items() if cell != ""}
    fields = KINDS[kind].__struct_fields__
    label = {name: values[name] for name in fields if name in values}
    if kind == "suggestion":
        label["source"] = values.get("annotator", "unknown")
    elif kind == "label":
        label.setdefault("annotator", "unknown")
    convert(label, KINDS[kind])
    messages = values.get("conversation", [])
    sample: dict[str, Any] = {
        name: values[name] for name in ("id", "content_hash", "source", "metadata") if name in values
    }
    convert({**sample, "messages": messages}, LabelledSample)
    found = gathered.setdefault(
        cells["id"], {**sample, "messages": messages, "labels": [], "final": None, "suggestions": []}
    )
    if messages and found["messages"] != messages:
        raise ValueError("another row with this id has another conversation")
    if kind == "final":
        if found["final"] is not None:
            raise ValueError("a standing label for this id is on an earlier row")
        found["final"] = label
    else:
        found["labels" if kind == "label" else "suggestions"].append(label)


def _value(name: str, cell: str) -> Any:
    if name in _JSON:
        return parse_json(cell)
    if name in ("is_edge_case", "about_someone_else", "uncertain"):
        if cell not in ("true", "false"):
            raise ValueError(f"{name} must be true or false")
        return cell == "true"
    return cell


def _cell(name: str, value: Any) -> str:
    if value is None or (name in _JSON and not value):
        return ""
    if name in _JSON:
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return line.getvalue().removesuffix("\r\n")


def _without_mark(text: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(text):
        yield line.removeprefix("\ufeff") if number == 0 else line
