"""Files of the work folder: the binary index of prepared lines, and markers that say a unit is complete.

A unit of work writes its files, then its marker, each by renaming a finished temporary file. A marker states the sizes
of the files and a hash over itself; without a sound one the unit is done again. So a killed compile resumes, and a
unit that two workers did at once comes out the same.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec
import numpy as np
import numpy.typing as npt

from datasets_app.corpus import taxonomy

Array = npt.NDArray[Any]

# One accepted row of a unit. `at` and `line` say where in its segment the row began; h0..h3 are its content hash.
INDEX: Final = np.dtype(
    [
        ("h0", ">u8"), ("h1", ">u8"), ("h2", ">u8"), ("h3", ">u8"), ("raw", ">u8"),
        ("offset", "<u8"), ("at", "<u8"), ("length", "<u4"), ("splice", "<u4"), ("line", "<u4"),
        ("segment", "<u2"), ("family", "<u2"),
        ("type", "u1"), ("severity", "u1"), ("source", "u1"), ("stage", "u1"), ("flags", "u1"),
        ("pii", "u1"), ("label", "u1"), ("edge_kind", "u1"),
    ]
)  # fmt: skip
PACK_INDEX: Final = struct.Struct("<32s8sQQIIIHH8s").pack
PACK_CODES: Final = struct.Struct("8B").pack  # type to edge_kind
# A winner knows its unit; `family` counts in the table of the whole compile. All in one byte order: numpy turns rows
# of mixed order into the machine's own when it joins arrays.
WINNER: Final = np.dtype(
    [*((name, INDEX[name].newbyteorder("<")) for name in INDEX.names or ()), ("unit", "<u4"), ("final", "u1")]
)
KEY: Final = np.dtype([("key", "<u8"), ("row", "<u4")])
LOSER: Final = np.dtype(
    [("unit", "<u4"), ("segment", "<u2"), ("line", "<u4"), ("at", "<u8"), ("row", "<u4")]
)  # fmt: skip
# One line of a shard: where it lies and what is spliced into it.
PLACED: Final = np.dtype(
    [
        ("unit", "<u4"), ("offset", "<u8"), ("length", "<u4"), ("splice", "<u4"),
        ("g0", "<u8"), ("g1", "<u4"), ("c0", "<u8"), ("c1", "<u4"), ("named", "u1"),
        ("edge_kind", "u1"), ("edge", "u1"), ("old_edge_kind", "u1"), ("old_edge", "u1"),
    ]
)  # fmt: skip

_BUFFER: Final = 1 << 18
# A unit's content hashes are fenced by their first ten bits, so that a range is read without a search.
FENCES: Final = 1024
EDGE, SIMULATED, UNTRACED = 1, 2, 4
# In PLACED: the group is named after another record, there is a cluster. Otherwise the line's own hash tells the name.
NAMED_GROUP, NAMED_CLUSTER = 1, 2
UNLABELLED: Final = len(taxonomy.HARM_ORDER)
PII_STATES: Final = ("unscanned", "clean", "redacted", "reviewed", "checked", "pending")
LABEL_SOURCES: Final = ("annotators", "input", "weak", "generator", "augmented", "none")
SOURCES: Final = ("real", "augmented", "synthetic")  # in the order of priority among copies (D7)
EDGE_KINDS: Final = ("", *taxonomy.EDGE_CASE_KINDS)


class Marker(msgspec.Struct):
    """Written last by a unit of work."""

    result: msgspec.Raw
    files: dict[str, int]
    check: str


def write_atomically(path: Path, pieces: Iterable[bytes | bytearray]) -> None:
    """Write a file so that it is there completely or not at all."""
    temporary = path.with_name(f"{path.name}.{uuid4().hex}.tmp")
    with temporary.open("wb", buffering=_BUFFER) as stream:
        stream.writelines(pieces)
    temporary.replace(path)


def write_marker(path: Path, result: bytes, files: list[Path]) -> None:
    """Declare a unit complete: its files are written, `result` is its JSON result."""
    sizes = {os.path.relpath(file, path.parent): file.stat().st_size for file in files}
    marker = Marker(msgspec.Raw(result), sizes, _check(result, sizes))
    write_atomically(path, [msgspec.json.encode(marker)])


def read_marker(path: Path) -> bytes | None:
    """Return the result of a complete unit, None when it has to be done (again)."""
    try:
        marker = msgspec.json.decode(path.read_bytes(), type=Marker)
    except (OSError, msgspec.DecodeError):
        return None
    result = bytes(marker.result)
    if marker.check != _check(result, marker.files):
        return None
    try:
        sound = all((path.parent / name).stat().st_size == size for name, size in marker.files.items())
    except OSError:
        return None
    return result if sound else None


def once(marker: Path, work: Callable[[], tuple[bytes, list[Path]]]) -> bytes:
    """Return the result of a unit, doing it only if no sound marker says that it was done."""
    found = read_marker(marker)
    if found is None:
        result, files = work()
        write_marker(marker, result, files)
        found = result
    return found


def _check(result: bytes, files: dict[str, int]) -> str:
    listed = msgspec.json.encode(sorted(files.items()))
    return hashlib.sha256(result + listed).hexdigest()


@lru_cache(maxsize=8)
def table(path: str, kind: Any) -> Any:
    """Return a JSON table that many tasks refer to: it is in a file once, and read once by every worker."""
    return msgspec.json.decode(Path(path).read_bytes(), type=kind)


def write_table(path: Path, rows: Sequence[Any]) -> str:
    """Write a table and return its path, which is named after its content."""
    data = msgspec.json.encode(rows)
    named = path.with_name(f"{path.name}-{hashlib.sha256(data).hexdigest()[:16]}.json")
    write_atomically(named, [data])
    return str(named)


def read_rows_of(path: Path, dtype: np.dtype[Any], start: int = 0, count: int = -1) -> Array:
    """Return rows `start` to `start + count` of a file of fixed-size rows."""
    with path.open("rb") as stream:
        stream.seek(start * dtype.itemsize)
        return np.fromfile(stream, dtype=dtype, count=count)
