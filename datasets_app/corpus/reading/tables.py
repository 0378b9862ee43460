"""Rows of CSV and TSV as JSON objects: one conversation per row, or one turn per row gathered by conversation."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec
import orjson

from datasets_app.corpus.parse import RowRejected, parse_quickly
from datasets_app.corpus.text import UTF8_BOM

from . import rows
from .rows import DamagedFile, RawRow, UnreadableFile, read_line

_DELIMITERS: Final = (",", ";", "\t", "|")
_CONVERSATION: Final = (
    *("conversation_id", "dialogue_id", "dialog_id", "conv_id", "chat_id", "session_id", "thread_id"),
    *("conversation", "dialogue", "dialog", "session", "thread"),
)
_SPEAKER: Final = ("role", "speaker", "from", "sender", "speaker_role", "interlocutor")
_SAID: Final = ("content", "text", "value", "message", "utterance", "turn_text", "utterance_text")
_ORDER: Final = ("turn", "turn_id", "turn_index", "turn_number", "position", "index", "utterance_id", "order")
_JSON_FIELDS: Final = frozenset(
    {"messages", "conversations", "conversation", "history", "chosen", "rejected", "prompt", "posts", "metadata"}
)
_MOST_COLUMNS: Final = 1_000
_WHOLE_NUMBER: Final = re.compile(r"\s*-?\d{1,18}\s*")
_TRUTHS: Final = {"true": True, "false": False}


class _Cells(msgspec.Struct):
    """One row of the table: its cells by column, with a problem those that were read, in doubt."""

    line: int
    offset: int
    raw: bytes
    fields: dict[str, str]
    problem: str = ""


def table_rows(stream: IO[bytes], name: str) -> Iterator[RawRow]:
    """Yield the conversations of a table. Raises UnreadableFile when the first line names no columns.

    With a column for the conversation, one for the speaker and one for what was said, rows are turns: those of one
    conversation must follow one another, for nothing is kept of the conversations that were read. Turns that come
    back to an earlier conversation are refused ("turns_apart") instead of making a second, shorter one of it.
    """
    lines = _Lines(stream)
    columns, delimiter = _header(lines, name)
    cells = _cells(lines, columns, delimiter)
    key = _column(columns, _CONVERSATION)
    speaker, said = _column(columns, _SPEAKER), _column(columns, _SAID)
    if key and speaker and said and key not in (speaker, said):
        yield from _Gathering(key, speaker, said, _column(columns, _ORDER)).rows(cells)
    else:
        for row in cells:
            as_json = b"" if row.problem else orjson.dumps(_typed(row.fields))
            yield RawRow(row.line, row.offset, row.raw, row.problem, as_json=as_json)


class _Lines:
    """Text lines for the csv module, with the bytes that it took for the row at hand."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.taken: list[bytes] = []
        self.line = 0
        self.offset = 0
        self.too_long = False
        self.damage = ""

    def __iter__(self) -> Iterator[str]:
        while True:
            try:
                raw, size = read_line(self._stream)
            except DamagedFile as damage:
                self.damage = damage.problem
                return
            if not size:
                return
            self.too_long |= size > len(raw)
            self.taken.append(raw)
            self.line += 1
            self.offset += size
            body = raw.removeprefix(UTF8_BOM) if self.line == 1 else raw
            # Bytes that are no UTF-8 come through as lone surrogates, which mark the row they are in.
            yield body.decode("utf-8", "surrogateescape")


def _header(lines: _Lines, name: str) -> tuple[list[str], str]:
    """Return the names of the columns, made distinct, and the delimiter that gives the most of them."""
    for text in lines:
        if not text.strip():
            continue
        if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
            raise UnreadableFile(f"{name}: the line with the columns' names is not UTF-8")
        candidates = ("\t",) if name.lower().endswith(".tsv") else _DELIMITERS
        try:
            split = [(next(csv.reader([text], delimiter=mark, strict=True)), mark) for mark in candidates]
        except csv.Error:
            raise UnreadableFile(f"{name}: the line with the columns' names cannot be read") from None
        names, delimiter = max(split, key=lambda found: len(found[0]))
        if len(names) > _MOST_COLUMNS:
            raise UnreadableFile(f"{name}: a table may have {_MOST_COLUMNS} columns, this one has {len(names)}")
        return _distinct([column.strip() for column in names]), delimiter
    return [], ","


def _distinct(names: list[str]) -> list[str]:
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        column = name or f"column_{number}"
        while column in found:
            column = f"{column}_{number}"
        found.append(column)
    return found


def _column(columns: list[str], names: tuple[str, ...]) -> str:
    """Return the column with the first of the names, "" without any; case does not matter."""
    known = {column.lower(): column for column in columns}
    return next((known[name] for name in names if name in known), "")


def _cells(lines: _Lines, columns: list[str], delimiter: str) -> Iterator[_Cells]:
    csv.field_size_limit(rows.MAX_ROW_BYTES)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken, lines.too_long = [], False
        line, offset, problem = lines.line + 1, lines.offset, ""
        cells: list[str] = []
        try:
            cells = next(reader)
        except StopIteration:
            if lines.damage:
                yield _Cells(line, offset, b"", {}, lines.damage)
            return
        except csv.Error:
            problem = "bad_csv"
        raw = b"".join(lines.taken).rstrip(b"\r\n")
        # Empty cells between tabs are a row, as between commas: whatever has cells is told about.
        if not raw.strip() and delimiter.encode() not in raw:
            continue
        if lines.too_long or len(raw) > rows.MAX_ROW_BYTES:
            problem, raw = "row_too_long", raw[: rows.MAX_ROW_BYTES]
        elif not problem:
            problem = _problem_of(raw, cells, columns)
        yield _Cells(line, offset, raw, dict(zip(columns, cells, strict=False)), problem)


def _problem_of(raw: bytes, cells: list[str], columns: list[str]) -> str:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "invalid_utf8"
    return "cells_beyond_header" if len(cells) > len(columns) else ""


def _typed(fields: dict[str, str]) -> dict[str, Any]:
    """Return a row's cells as JSON values; a cell without text says nothing and is left out."""
    return {name: _value(name, cell) for name, cell in fields.items() if cell.strip()}


def _value(name: str, cell: str) -> Any:
    """Return a cell as what its column is known to hold: JSON in the columns of dialogues, labels as such."""
    if name in _JSON_FIELDS and cell.lstrip()[:1] in ("[", "{"):
        try:
            return parse_quickly(cell.encode())
        except RowRejected:
            return cell
    if name == "severity" and _WHOLE_NUMBER.fullmatch(cell):
        return int(cell)
    if name == "is_edge_case":
        return _TRUTHS.get(cell.strip().lower(), cell)
    return cell


class _Gathering:
    """Puts turns together that follow one another with the same conversation."""

    def __init__(self, key: str, speaker: str, said: str, order: str) -> None:
        self._key, self._speaker, self._said, self._order = key, speaker, said, order
        # 16 bytes of each conversation that was read, to notice its turns further down.
        self._seen: set[bytes] = set()

    def rows(self, cells: Iterator[_Cells]) -> Iterator[RawRow]:
        """Yield one row per conversation.

        A row that cannot be read makes its conversation "broken_turn", or those on both sides where it does not say
        which it belongs to.
        """
        group: list[_Cells] = []
        problem, any_is_broken, size = "", False, 0
        broken: set[str] = set()
        for row in cells:
            name = self._name(row)
            if row.problem:
                beside = bool(group) and name in ("", self._name(group[0]))
                yield from self._row(group, "broken_turn" if beside else problem)
                yield RawRow(row.line, row.offset, row.raw, row.problem)
                group, any_is_broken = [], any_is_broken or not name
                broken.add(name)
                continue
            if group and name != self._name(group[0]):
                yield from self._row(group, problem)
                group = []
            if not group:
                problem = "broken_turn" if any_is_broken or name in broken else ""
                broken.discard(name)
                any_is_broken = False
                size = 0
            size += len(row.raw) + 1
            if size > rows.MAX_ROW_BYTES:
                problem = "row_too_long"
            else:
                group.append(row)
        yield from self._row(group, problem)

    def _name(self, row: _Cells) -> str:
        """Return the conversation of a row, "" where that is not sure."""
        columns = list(row.fields)
        if row.problem == "cells_beyond_header" and columns.index(self._key) > columns.index(self._said):
            return ""
        name = row.fields.get(self._key, "").strip()
        return "" if any("\ud800" <= character <= "\udfff" for character in name) else name

    def _row(self, group: list[_Cells], problem: str) -> Iterator[RawRow]:
        if not group:
            return
        name = self._name(group[0])
        digest = hashlib.blake2b(name.encode("utf-8"), digest_size=16).digest()
        raw = b"\n".join(row.raw for row in group)
        if not name:
            problem = problem or "missing_conversation"
        elif digest in self._seen:
            problem = problem or "turns_apart"
        self._seen.add(digest)
        as_json = b"" if problem else orjson.dumps(self._conversation(name, [row.fields for row in group]))
        yield RawRow(group[0].line, group[0].offset, raw, problem, as_json=as_json)

    def _conversation(self, name: str, turns: list[dict[str, str]]) -> dict[str, Any]:
        order = self._order
        numbers = [turn.get(order, "") for turn in turns]
        sorts = bool(order) and all(_WHOLE_NUMBER.fullmatch(number) for number in numbers)
        if sorts and len(set(map(int, numbers))) == len(turns):
            turns = sorted(turns, key=lambda turn: int(turn[order]))
        else:
            order = ""
        beside = [column for column in turns[0] if column not in (self._key, self._speaker, self._said, order)]
        # What is the same in every turn is said of the conversation; the rest stays with its turn.
        shared = {column for column in beside if len({turn.get(column, "") for turn in turns}) == 1}
        row: dict[str, Any] = {
            "id": name,
            **_typed({column: turns[0][column] for column in beside if column in shared}),
        }
        row["conversation_id"] = name
        row["conversation"] = [
            {
                "role": turn.get(self._speaker, ""),
                "content": turn.get(self._said, ""),
                **{column: turn[column] for column in beside if column not in shared and turn.get(column, "").strip()},
            }
            for turn in turns
        ]
        return row
