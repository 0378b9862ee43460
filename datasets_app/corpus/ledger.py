"""What must be remembered of every record of a release while it streams by: 34 bytes each, whatever its length.

608,458 records take 20 MB here; dictionaries of their hashes would take ten times as much. Records are known by their
ordinal, the order in which they were added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

import numpy as np

from . import taxonomy

UNLABELLED: Final = 255
_ROW: Final = np.dtype(
    [("high", "u8"), ("low", "u8"), ("group", "u8"), ("cluster", "u8"), ("split", "u1"), ("label", "u1")]
)
_SPLIT_CODE: Final = {split: code for code, split in enumerate(taxonomy.SPLITS)}
_TYPE_CODE: Final = {kind: code for code, kind in enumerate(taxonomy.CRISIS_TYPES)}
_SEVERITIES: Final = 8
_BLOCK: Final = 16_384


class RecordLedger:
    """Digest, group, near-duplicate cluster, split and label of every record, in blocks of numpy rows."""

    def __init__(self) -> None:
        self._blocks: list[np.ndarray] = []
        self._open = np.zeros(_BLOCK, dtype=_ROW)
        self._used = 0

    def __len__(self) -> int:
        return len(self._blocks) * _BLOCK + self._used

    def add(self, split: str, line: Mapping[str, Any]) -> None:
        """Remember one release line that lies in `split`."""
        metadata = line["metadata"]
        digest = metadata["content_hash"].removeprefix("sha256:")
        self._open[self._used] = (
            int(digest[:16], 16),
            int(digest[16:32], 16),
            _key(metadata["group"]),
            _key(metadata.get("cluster", "")),
            _SPLIT_CODE[split],
            label_code(line["crisis_type"], line["severity"]),
        )
        self._used += 1
        if self._used == _BLOCK:
            self._blocks.append(self._open)
            self._open, self._used = np.zeros(_BLOCK, dtype=_ROW), 0

    def rows(self) -> np.ndarray:
        """Return all rows, in the order of their ordinals."""
        return np.concatenate([*self._blocks, self._open[: self._used]])

    def duplicates(self) -> list[tuple[int, int]]:
        """Return (first ordinal, later ordinal) of every record whose content was there before."""
        rows = self.rows()
        order = np.lexsort((rows["low"], rows["high"]))
        found = []
        for run in _runs(_same_digest(rows[order])):
            first, *others = sorted(int(ordinal) for ordinal in order[run])
            found += [(first, other) for other in others]
        return sorted(found, key=lambda pair: pair[1])

    def crossing(self, field: str) -> list[tuple[int, int]]:
        """Return (ordinal, ordinal in another split) for each `group` or `cluster` that lies in several splits."""
        rows = self.rows()
        order = np.argsort(rows[field], kind="stable")
        keys, splits = rows[field][order], rows["split"][order]
        found = []
        for run in _runs(keys[1:] == keys[:-1]):
            if keys[run.start] and splits[run].min() != splits[run].max():
                other = run.start + int(np.argmax(splits[run] != splits[run.start]))
                low, high = sorted((int(order[run.start]), int(order[other])))
                found.append((low, high))
        return sorted(found, key=lambda pair: pair[1])


def label_code(crisis_type: str | None, severity: int | None) -> int:
    """Return one byte for a label; UNLABELLED without one."""
    return UNLABELLED if crisis_type is None else _TYPE_CODE[crisis_type] * _SEVERITIES + (severity or 0)


def label_of(code: int) -> str:
    """Return a label code as people read it: the type, with its severity where it has one."""
    if code == UNLABELLED:
        return "unlabelled"
    kind, severity = divmod(code, _SEVERITIES)
    return f"{taxonomy.CRISIS_TYPES[kind]} {severity}" if severity else taxonomy.CRISIS_TYPES[kind]


def digest_name(row: np.ndarray) -> str:
    """Return the first 16 bytes of a row's content hash as a content hash begins."""
    return f"sha256:{int(row['high']):016x}{int(row['low']):016x}"


def _key(name: str) -> int:
    """Return 8 bytes for a name, 0 for none."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") if name else 0


def _same_digest(ordered: np.ndarray) -> np.ndarray:
    same: np.ndarray = (ordered["high"][1:] == ordered["high"][:-1]) & (ordered["low"][1:] == ordered["low"][:-1])
    return same


def _runs(same_as_next: np.ndarray) -> Iterator[slice]:
    """Yield the slices of at least two equal neighbours, from "row n equals row n + 1"."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same_as_next, [False])).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield slice(int(start), int(end) + 1)
