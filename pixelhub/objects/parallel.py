"""Many small objects at once: a round trip each is what 19,330 files cost, so threads take them side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from pixelhub.objects.base import ObjectStat

if TYPE_CHECKING:
    from pixelhub.objects.base import ObjectStore

# Larger objects are read when it is their turn, one at a time: what lies ready is at most 2 * workers * this.
SMALL_BYTES = 2 << 20


def read_many(
    store: ObjectStore, keys: Iterable[str | ObjectStat], *, workers: int = 16
) -> Iterator[tuple[str, bytes]]:
    """Key and bytes in the order of `keys`; `keys` itself is read only as far as the window reaches.

    An ObjectStat holds the reader to that version (ObjectChanged otherwise). The first failure is raised when it is
    that object's turn, and what was on its way is given up.
    """
    ahead: deque[tuple[str | ObjectStat, Future[bytes | None]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="objects")
    try:
        for item in keys:
            ahead.append((item, pool.submit(_small, store, item)))
            if len(ahead) >= 2 * workers:
                yield _finished(store, *ahead.popleft())
        while ahead:
            yield _finished(store, *ahead.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _small(store: ObjectStore, item: str | ObjectStat) -> bytes | None:
    """The object's bytes; None for one too large to lie ready."""
    if isinstance(item, ObjectStat) and item.size > SMALL_BYTES:
        return None
    key, etag = _version(item)
    with store.open_range(key, etag=etag) as stream:
        data = stream.read(SMALL_BYTES + 1)
        # The read past the last byte is the one that checks the hash.
        return None if len(data) > SMALL_BYTES else data + stream.read()


def _finished(store: ObjectStore, item: str | ObjectStat, future: Future[bytes | None]) -> tuple[str, bytes]:
    key, etag = _version(item)
    data = future.result()
    if data is None:
        with store.open_range(key, etag=etag) as stream:
            data = stream.read()
    return key, data


def _version(item: str | ObjectStat) -> tuple[str, str | None]:
    return (item.key, item.etag or None) if isinstance(item, ObjectStat) else (item, None)
