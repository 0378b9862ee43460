"""Where a record lies in releases, read from the releases' own shards: no index that could say something else.

Lines of a split lie in the order of their content hashes, and hashes are spread evenly, so a line is found near the
place that its hash says: one to three pieces of 64 KB are read of each split, whatever the size of the release.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from datasets_app.corpus.manifest import MANIFEST
from datasets_app.models import Release
from pixelhub.objects import ObjectNotFound, get_store
from pixelhub.objects.base import ObjectStore, ObjectStoreError

__all__ = ["Placement", "Shard", "find_line", "placements"]

PIECE: Final = 64 * 1024
_WORKERS: Final = 8
_GUESSES: Final = 4  # so many guesses by the hash, then halving: a skewed release costs more reads, never all of them
_DIGITS: Final = 12


class Shard(NamedTuple):
    """One file of a split: its key and its size in bytes."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a release has a record. `split` is "" where it does not have it; `problem` says why nothing is known.

    `snapshot_sha256` and `annotations` are those of the label that the release carries for the record.
    """

    split: str = ""
    snapshot_sha256: str = ""
    annotations: frozenset[int] = frozenset()
    problem: str = ""


def placements(releases: Iterable[Release], content_hash: str) -> dict[int, Placement]:
    """The placement of a record in each release, by the release's key. Touches no database."""
    store, chosen = get_store(), list(releases)
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="placements") as pool:
        found = pool.map(lambda release: _placement(store, release.object_prefix, content_hash), chosen)
        return {release.pk: place for release, place in zip(chosen, found, strict=True)}


def _placement(store: ObjectStore, prefix: str, content_hash: str) -> Placement:
    try:
        splits: dict[str, list[Shard]] = {}
        for entry in json.loads(store.read(f"{prefix}{MANIFEST}"))["files"]:
            if entry["split"]:
                splits.setdefault(entry["split"], []).append(Shard(f"{prefix}{entry['path']}", int(entry["bytes"])))
        for split, shards in splits.items():
            line = find_line(store, sorted(shards), content_hash)
            if line is not None:
                return _placed(split, line)
    except (ObjectNotFound, ObjectStoreError, ValueError, KeyError, TypeError):
        return Placement(problem="its files cannot be read as they were published; verify the release")
    return Placement()


def _placed(split: str, line: dict[str, Any]) -> Placement:
    said = line["metadata"].get("provenance") or {}
    references = said.get("annotations") or []
    keys = frozenset(each["id"] for each in references if isinstance(each, dict) and type(each.get("id")) is int)
    return Placement(split, str(said.get("snapshot_sha256") or ""), keys)


def find_line(
    store: ObjectStore, shards: Sequence[Shard], content_hash: str, *, piece: int = PIECE
) -> dict[str, Any] | None:
    """The line with this content hash in files that follow each other in order; None where there is none."""
    low, high = 0, sum(shard.size for shard in shards)
    low_at, high_at, wanted = 0.0, 1.0, _share(content_hash)
    guesses = 0
    while low < high:
        part = (wanted - low_at) / (high_at - low_at) if guesses < _GUESSES and high_at > low_at else 0.5
        guesses += 1
        middle = low + int((high - low - 1) * min(max(part, 0.0), 1.0))
        begin, end, lines = _lines_around(store, shards, middle, low, high, piece)
        first, last = _hash(lines[0]), _hash(lines[-1])
        if content_hash < first:
            high, high_at = begin, _share(first)
        elif content_hash > last:
            low, low_at = end, _share(last)
        else:
            return next((line for line in lines if _hash(line) == content_hash), None)
    return None


def _lines_around(
    store: ObjectStore, shards: Sequence[Shard], middle: int, low: int, high: int, piece: int
) -> tuple[int, int, list[dict[str, Any]]]:
    """Whole lines at a place, one at least, with where they begin and end; `low` and `high` are ends of lines."""
    base, shard = _shard_at(shards, middle)
    floor, ceiling = max(low, base), min(high, base + shard.size)
    while True:
        start, stop = max(floor, middle - piece // 2), min(ceiling, middle + piece // 2)
        with store.open_range(shard.key, start - base, stop - base) as stream:
            data = stream.read()
        head = 0 if start == floor else data.find(b"\n") + 1
        tail = len(data) if stop == ceiling else data.rfind(b"\n") + 1
        if (start == floor or head) and head < tail:
            return start + head, start + tail, [json.loads(raw) for raw in data[head:tail].splitlines()]
        if start == floor and stop == ceiling:
            raise ValueError("a shard holds something that is no line")
        piece *= 2  # a line longer than the piece


def _shard_at(shards: Sequence[Shard], place: int) -> tuple[int, Shard]:
    base = 0
    for shard in shards:
        if place < base + shard.size:
            return base, shard
        base += shard.size
    raise ValueError("past the last shard")


def _hash(line: dict[str, Any]) -> str:
    return str(line["metadata"]["content_hash"])


def _share(content_hash: str) -> float:
    """A hash as a place between 0 and 1, as hashes are spread."""
    digits = content_hash.removeprefix("sha256:")[:_DIGITS]
    return int(digits, 16) / 16 ** len(digits) if digits else 0.0
