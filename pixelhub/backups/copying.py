"""Objects into the place of backups: each content once, read again only where it may have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import Any, BinaryIO, Final, TypeVar, cast

from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.layout import object_key
from pixelhub.objects import ObjectChanged, ObjectNotFound, ObjectStat, ObjectStore, ObjectStoreError
from pixelhub.objects.base import CHUNK

WORKERS: Final = 4
_TRIES: Final = 3
_IN_MEMORY: Final = 4 << 20

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
    """The results in order, a few at a time in threads; the first error ends it."""
    remaining = iter(items)
    with ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="backup") as pool:
        while block := list(islice(remaining, 16 * WORKERS)):
            yield from pool.map(work, block)


class Keeper:
    """Keeps objects of `source` in `place`.

    `known` are the entries of the last backup by key: what has the same size and ETag is not read again. `pool` tells
    the size of each content that lies in the place.
    """

    def __init__(
        self, source: ObjectStore, place: ObjectStore, *, known: dict[str, dict[str, Any]], folder: Path
    ) -> None:
        self._source = source
        self._place = place
        self._known = known
        self._folder = folder
        self._pool = {stat.key.rpartition("/")[2]: stat.size for stat in place.list("objects/")}
        self._claims = Lock()
        self.copied = 0
        self.copied_bytes = 0
        self.read_bytes = 0

    def is_known(self, stat: ObjectStat) -> bool:
        """Whether the last backup has this very version."""
        before = self._known.get(stat.key)
        same = before is not None and bool(stat.etag) and (before["etag"], before["bytes"]) == (stat.etag, stat.size)
        return same and before is not None and self._pool.get(before["sha256"]) == stat.size

    def keep(self, stat: ObjectStat) -> dict[str, Any] | None:
        """The entry of an object whose content lies in the place now; None where it was removed meanwhile.

        Raises BackupRefused for one that does not stop changing, ObjectStoreError where a store fails.
        """
        if self.is_known(stat):
            return _entry(stat, self._known[stat.key]["sha256"])
        for attempt in range(_TRIES):
            try:
                found = self._source.stat(stat.key) if attempt else stat
                digest = self._content(found)
            except ObjectNotFound:
                return None
            except ObjectChanged:
                continue
            entry = _entry(found, digest)
            self._known[stat.key] = entry
            return entry
        raise BackupRefused(f"{stat.key} keeps changing while it is read.")

    def _content(self, stat: ObjectStat) -> str:
        digest = hashlib.sha256()
        with (
            SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(self._folder)) as copy,
            self._source.open_range(stat.key, etag=stat.etag or None) as stream,
        ):
            size = 0
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
                size += len(chunk)
            if size != stat.size:
                raise ObjectChanged(f"{stat.key} has another size than its listing")
            self._store(digest.hexdigest(), cast(BinaryIO, copy), size)
        return digest.hexdigest()

    def _store(self, digest: str, copy: BinaryIO, size: int) -> None:
        with self._claims:
            self.read_bytes += size
            if self._pool.get(digest) == size:
                return
        copy.seek(0)
        if self._place.put(object_key(digest), copy).sha256 != digest:
            self._place.delete(object_key(digest))
            raise ObjectStoreError(f"{object_key(digest)} did not arrive as it was sent")
        with self._claims:
            if digest not in self._pool:
                self.copied += 1
                self.copied_bytes += size
            self._pool[digest] = size


def _entry(stat: ObjectStat, digest: str) -> dict[str, Any]:
    return {"key": stat.key, "bytes": stat.size, "sha256": digest, "etag": stat.etag}
