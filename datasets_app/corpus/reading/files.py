"""Which files are read, and how: by the suffix of their name, packed or not by their first bytes."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Final

import orjson

from datasets_app.corpus.text import UTF8_BOM

from . import rows
from .arrays import array_rows, object_rows
from .packed import PACKED_SUFFIXES, resumed, unpacked
from .rows import DamagedFile, RawRow, UnreadableFile, line_rows, read_line
from .tables import table_rows
from .texts import text_rows

SUFFIXES: Final = (".jsonl", ".ndjson", ".json", ".txt", ".csv", ".tsv")
_HEAD_BYTES: Final = 64 * 1024
_READABLE: Final = f"only {', '.join(SUFFIXES)} and {', '.join(PACKED_SUFFIXES)} of these can be read"


def input_files(path: Path) -> list[Path]:
    """Return the readable files of a folder in name order, or the file itself. Raises UnreadableFile."""
    if path.is_dir():
        files = sorted(found for found in path.rglob("*") if found.is_file() and kind_of(found.name))
        if not files:
            raise UnreadableFile(f"no {', '.join(SUFFIXES)} file (or {', '.join(PACKED_SUFFIXES)} of one) in {path}")
        return files
    if not path.is_file():
        raise UnreadableFile(f"{path} does not exist")
    if not kind_of(path.name):
        raise UnreadableFile(f"{path.name}: {_READABLE}")
    return [path]


def kind_of(name: str) -> str:
    """Return the suffix that decides how a file is read, "" for one that can't be."""
    bare = name.lower()
    for packed in PACKED_SUFFIXES:
        bare = bare.removesuffix(packed)
    return next((suffix for suffix in SUFFIXES if bare.endswith(suffix)), "")


def read_rows(source: Path | IO[bytes], name: str) -> Iterator[RawRow]:
    """Yield the rows of a file or of an open binary stream; `name` decides the format. Blank lines are no rows.

    A packed file that is damaged ends with a row whose `problem` says so ("damaged_gzip", "damaged_zstd"), one that
    expands beyond all measure with "expands_too_far". Raises UnreadableFile for an unknown suffix and for a table
    without columns.
    """
    kind = kind_of(name)
    if not kind:
        raise UnreadableFile(f"{name}: {_READABLE}")
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield from _rows(unpacked(stream), kind, name)
    else:
        yield from _rows(unpacked(source), kind, name)


def _rows(stream: BufferedReader, kind: str, name: str) -> Iterator[RawRow]:
    if kind in (".jsonl", ".ndjson"):
        return _lines(stream, 1, 0)
    if kind == ".json":
        return _json(stream)
    return text_rows(stream) if kind == ".txt" else table_rows(stream, name)


def _lines(stream: BufferedReader, line: int, offset: int) -> Iterator[RawRow]:
    while True:
        try:
            raw, size = read_line(stream)
        except DamagedFile as damage:
            yield RawRow(line, offset, b"", damage.problem)
            return
        if not size:
            return
        yield from line_rows(line, offset, raw, size)
        line += 1
        offset += size


def _json(stream: BufferedReader) -> Iterator[RawRow]:
    """Yield the rows of an array, of objects one after another, or of lines that only bear the name of .json."""
    line, offset, head = 1, 0, b""
    try:
        while not head.removeprefix(UTF8_BOM).strip():
            line += head.endswith(b"\n")
            offset += len(head)
            head = stream.readline(_HEAD_BYTES)
            if not head:
                return
        if not head.removeprefix(UTF8_BOM).lstrip().startswith(b"[") and not head.endswith(b"\n"):
            head += stream.readline(rows.MAX_ROW_BYTES)
    except DamagedFile as damage:
        yield RawRow(line, offset, b"", damage.problem)
        return
    if head.startswith(UTF8_BOM):
        head, offset = head[len(UTF8_BOM) :], offset + len(UTF8_BOM)
    opening = head.find(b"[") + 1 if head.lstrip().startswith(b"[") else 0
    rest = resumed(head[opening:], stream)
    if opening:
        yield from array_rows(rest, line, offset + opening)
    elif _is_json(head):
        yield from _lines(rest, line, offset)
    else:
        yield from object_rows(rest, line, offset)


def _is_json(raw: bytes) -> bool:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    return True
