"""Conversation files in object stores, as the compile engine reads them in any process and on any machine.

Keys and endpoint come from the same environment variables as the hub's own store (docs/settings.md), so every worker
must have them. An address without a scheme is a file or a folder of this machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from django.conf import settings

from datasets_app.corpus.engine.places import Blob, LocalPlaces
from datasets_app.corpus.reading import UnreadableFile, kind_of
from pixelhub.objects import ObjectNotFound, ObjectStat, ObjectStore, open_store
from pixelhub.objects.base import ObjectStoreError

_FETCHED_AHEAD = 8


class StorePlaces:
    """Objects at `s3://bucket/key` or below such a prefix; each read stays with the version that was listed."""

    def __init__(self) -> None:
        # A worker of an engine is no Django process; the stores' settings are read from the environment all the same.
        _read_settings()
        self._local = LocalPlaces()
        self._stores: dict[str, ObjectStore] = {}
        self._ahead: Iterator[tuple[str, bytes]] = iter(())
        self._expected: list[str] = []

    def find(self, address: str) -> list[Blob]:
        """Return the readable objects at an address: one, or all below it. Raises UnreadableFile."""
        if "://" not in address:
            return self._local.find(address)
        bucket, store, key = self._place(address)
        try:
            found = self._listed(store, key)
        except (ObjectStoreError, ValueError) as error:
            raise UnreadableFile(f"{address} cannot be listed: {error}") from None
        if not found:
            raise UnreadableFile(f"there is no file of conversations at {address}")
        return [Blob(f"s3://{bucket}/{stat.key}", stat.size, stat.etag) for stat in found]

    def open(self, key: str, start: int = 0, version: str = "") -> IO[bytes]:
        """Return the bytes of an object from `start`. Raises OSError, also for another version than the one named."""
        if "://" not in key:
            return self._local.open(key, start, version)
        if self._expected and self._expected[0] == key and not start:
            self._expected.pop(0)
            return BytesIO(next(self._ahead)[1])
        _, store, name = self._place(key)
        try:
            return store.open_range(name, start, etag=version or None)
        except ObjectNotFound as error:
            raise OSError(str(error)) from None

    def expect(self, blobs: Sequence[Blob]) -> None:
        """Fetch small objects ahead, several at once: they are opened next, in this order."""
        self._expected = [blob.key for blob in blobs if "://" in blob.key]
        stats = [ObjectStat(self._place(blob.key)[2], blob.size, None, blob.version) for blob in blobs]
        if len(self._expected) < 2 or len(self._expected) < len(blobs):
            self._expected = []
            return
        _, store, _ = self._place(self._expected[0])
        self._ahead = store.read_many(stats, workers=_FETCHED_AHEAD)

    def _listed(self, store: ObjectStore, key: str) -> list[ObjectStat]:
        if key and kind_of(key) and store.exists(key):
            return [store.stat(key)]
        prefix = f"{key.rstrip('/')}/" if key else ""
        return [stat for stat in store.list(prefix) if kind_of(stat.key)]

    def _place(self, address: str) -> tuple[str, ObjectStore, str]:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc:
            raise UnreadableFile(f"{address} is neither a path nor s3://bucket/key")
        if parts.netloc not in self._stores:
            self._stores[parts.netloc] = open_store(f"s3://{parts.netloc}")
        return parts.netloc, self._stores[parts.netloc], address.partition("://")[2].partition("/")[2]


def store_address(place: str) -> str:
    """Return a place as it is read: s3://… as it is, a key of the hub's own store as s3:// address or as a path."""
    if "://" in place:
        return place
    _read_settings()
    own = settings.OBJECT_STORE_URL.rstrip("/")
    key = place.lstrip("/")
    return f"{own}/{key}" if own.startswith("s3://") else f"{unquote(urlsplit(own).path)}/{key}"


def publish_files(address: str, files: Mapping[str, Path], *, last: str) -> list[str]:
    """Publish files below an address of `store_address`, `last` when all others are there and intact.

    Returns where they lie. Raises FileExistsError where another `last` lies there, OSError when the store fails.
    """
    _read_settings()
    if "://" in address:
        parts = urlsplit(address)
        store, prefix = open_store(f"{parts.scheme}://{parts.netloc}"), parts.path.lstrip("/")
    else:
        own = unquote(urlsplit(settings.OBJECT_STORE_URL).path)
        store, prefix = open_store(settings.OBJECT_STORE_URL), address.removeprefix(own).lstrip("/")
    store.publish(prefix, files, last=last)
    return [f"{address}{name}" for name in files]


def _read_settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelhub.settings")
