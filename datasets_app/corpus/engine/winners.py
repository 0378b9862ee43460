"""What the coordinator keeps of every winner: its hash, its cell of the counts, its ties. 22 bytes per record.

Beyond five million records these columns lie in files of the work folder and not in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from datasets_app.corpus import taxonomy
from datasets_app.corpus.counts import UNLABELLED as UNLABELLED_NAME
from datasets_app.corpus.counts import Cell

from .joining import neighbours
from .layout import EDGE, KEY, LABEL_SOURCES, PII_STATES, SIMULATED, SOURCES, UNTRACED, WINNER, Array, read_rows_of
from .similar import Part

SPILL_ROWS: Final = 5_000_000
_KEYS_AT_ONCE: Final = 16_000_000
_TYPES: Final = (*taxonomy.HARM_ORDER, UNLABELLED_NAME)
# Radixes of the code of a cell without its split, from the lowest digit up; the family is the highest.
_RADIX: Final = (len(_TYPES), 6, len(SOURCES), 8, 2, 2, len(PII_STATES), len(LABEL_SOURCES))


class Winners:
    """Columns over all winners in the order of content hashes; a row's number is its place in that order."""

    def __init__(self, parts: Sequence[Part], folder: Path, families: Sequence[str]) -> None:
        self.parts = list(parts)
        self.families = list(families)
        self.count = sum(part.count for part in parts)
        self._folder = folder
        self.high = self.column("high", np.uint64)
        self.low = self.column("low", np.uint64)
        self.cell = self.column("cell", np.uint32)
        self.order = self.column("order", np.uint16)
        for part, rows in self.blocks():
            mine = slice(part.base, part.base + part.count)
            self.high[mine], self.low[mine] = rows["h0"], rows["h1"]
            self.cell[mine] = _cells(rows)
            self.order[mine] = (255 - rows["stage"].astype(np.uint16)) * 2 + (rows["label"] == len(LABEL_SOURCES) - 1)

    def column(self, name: str, kind: Any) -> Array:
        """Return a new column, in memory or in a file."""
        if self.count <= SPILL_ROWS:
            return np.zeros(self.count, dtype=kind)
        return np.memmap(self._folder / f"{name}.column", dtype=kind, mode="w+", shape=(self.count,))

    def blocks(self) -> Iterator[tuple[Part, Array]]:
        """Yield the winners' index rows, one range of content hashes after another."""
        for part in self.parts:
            if part.count:
                yield part, read_rows_of(Path(f"{part.stem}.winners"), WINNER)

    @property
    def type_code(self) -> Array:
        """The crisis type's place in taxonomy.HARM_ORDER, one more for none."""
        return (self.cell % len(_TYPES)).astype(np.int64)

    @property
    def family_code(self) -> Array:
        """The place in `families`."""
        return self.cell // np.uint32(np.prod(_RADIX))

    @property
    def edge(self) -> Array:
        """Whether any copy of the record is an edge case."""
        return (self.cell // np.uint32(np.prod(_RADIX[:4]))) % 2 == 1

    def ties(self) -> Iterator[tuple[Array, Array]]:
        """Yield pairs of rows that share a group key."""
        total = sum(Path(f"{part.stem}.keys").stat().st_size for part in self.parts) // KEY.itemsize
        slices = max(1, -(-total // _KEYS_AT_ONCE))
        for number in range(slices):
            keys, rows = [], []
            for part in self.parts:
                found = read_rows_of(Path(f"{part.stem}.keys"), KEY)
                if slices > 1:
                    found = found[found["key"] % np.uint64(slices) == number]
                keys.append(found["key"])
                rows.append(found["row"] + np.uint32(part.base))
            if keys:
                yield neighbours(np.concatenate(keys), np.concatenate(rows))

    def find(self, digests: Array) -> tuple[Array, Array]:
        """Return (rows, positions in `digests`) of the digests, two columns of numbers, that are here."""
        positions = np.searchsorted(self.high, digests[:, 0])
        inside = positions < self.count
        rows = positions[inside]
        # Two hashes with the same first eight bytes do not occur by chance; the second half is checked all the same.
        same = (self.high[rows] == digests[inside, 0]) & (self.low[rows] == digests[inside, 1])
        return rows[same], np.flatnonzero(inside)[same]

    def cell_counts(self, split: Array, kept: Array) -> dict[Cell, int]:
        """Count the kept records by cell."""
        codes, counts = np.unique(self.cell[kept].astype(np.uint64) * 3 + split[kept], return_counts=True)
        return {self._cell(int(code)): int(count) for code, count in zip(codes, counts, strict=True)}

    def _cell(self, code: int) -> Cell:
        code, split = divmod(code, 3)
        digits = []
        for radix in _RADIX:
            code, digit = divmod(code, radix)
            digits.append(digit)
        kind, severity, source, stage, edge, simulated, pii, label = digits
        return Cell(
            taxonomy.SPLITS[split],
            _TYPES[kind],
            severity,
            SOURCES[source],
            self.families[code],
            stage,
            bool(edge),
            bool(simulated),
            PII_STATES[pii],
            LABEL_SOURCES[label],
        )


def _cells(rows: Array) -> Array:
    digits = (
        rows["type"],
        rows["severity"],
        rows["source"],
        rows["stage"],
        rows["final"] & EDGE,
        (rows["flags"] & SIMULATED) // SIMULATED,
        rows["pii"],
        rows["label"],
        rows["family"],
    )
    code = np.zeros(len(rows), dtype=np.uint32)
    weight = 1
    for digit, radix in zip(digits, (*_RADIX, 1), strict=True):
        code += digit.astype(np.uint32) * np.uint32(weight)
        weight *= radix
    return code


def full_hashes(rows: Array) -> bytes:
    """Return the whole content hashes of index rows, 32 bytes each."""
    return np.stack([rows[name] for name in ("h0", "h1", "h2", "h3")], axis=1).astype(">u8").tobytes()


def is_untraced(rows: Array) -> Array:
    """Which index rows do not say where they come from."""
    return (rows["flags"] & UNTRACED) > 0
