"""Rows of fixed width spread over files by a number, so that each file fits in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.void]
CHUNK_ROWS: Final = 1 << 15
PART_BYTES: Final = 1 << 24


def parts_for(rows: int, dtype: Any, part_bytes: int = PART_BYTES) -> int:
    """How many files keep each at about `part_bytes`; sorting one takes some four times that in memory."""
    return 1 + rows * np.dtype(dtype).itemsize // part_bytes


class Spill:
    """`parts` files of rows of one dtype; empty ones are not made."""

    def __init__(self, folder: Path, name: str, dtype: Any, parts: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._base = folder / name
        self._dtype = np.dtype(dtype)
        self.parts = parts
        for part in range(parts):
            self._path(part).unlink(missing_ok=True)

    def add(self, rows: Rows, keys: npt.NDArray[np.uint64]) -> None:
        """Append the rows to the files of their keys: the key's place in the whole range of 64 bits."""
        places = ((keys >> np.uint64(32)) * np.uint64(self.parts)) >> np.uint64(32)
        order = np.argsort(places, kind="stable")
        bounds = np.searchsorted(places[order], np.arange(self.parts + 1, dtype=np.uint64))
        for part in np.flatnonzero(np.diff(bounds)).tolist():
            with self._path(part).open("ab") as sink:
                rows[order[bounds[part] : bounds[part + 1]]].tofile(sink)

    def load(self, part: int) -> Rows:
        """All rows of one file, in the order they came."""
        path = self._path(part)
        return np.fromfile(path, dtype=self._dtype) if path.exists() else np.empty(0, dtype=self._dtype)

    def remove(self) -> None:
        """Delete the files."""
        for part in range(self.parts):
            self._path(part).unlink(missing_ok=True)

    def _path(self, part: int) -> Path:
        return self._base.with_name(f"{self._base.name}-{part}.rows")


class Table:
    """One file of rows that grows at its end and is read back in pieces."""

    def __init__(self, path: Path, dtype: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._dtype = np.dtype(dtype)
        self._sink = path.open("wb")
        self.rows = 0

    def append(self, rows: Rows) -> None:
        """Write rows at the end."""
        rows.tofile(self._sink)
        self.rows += len(rows)

    def view(self) -> Rows:
        """The rows, mapped from the file; nothing can be appended afterwards."""
        self._sink.close()
        if not self.rows:
            return np.empty(0, dtype=self._dtype)
        return np.memmap(self._path, dtype=self._dtype, mode="r")

    def pieces(self) -> Iterator[tuple[int, Rows]]:
        """The rows in pieces of 32,768, each with the number of its first row."""
        self._sink.close()
        with self._path.open("rb") as source:
            start = 0
            while len(piece := np.fromfile(source, dtype=self._dtype, count=CHUNK_ROWS)):
                yield start, piece
                start += len(piece)
