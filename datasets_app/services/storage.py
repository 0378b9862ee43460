"""A release in the object store, as the verification reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from datasets_app.corpus.verify import FolderReader, ReleaseReader, VerifyReport, verify_release
from pixelhub.objects import ObjectNotFound, ObjectStore, open_store
from pixelhub.objects.base import ObjectStoreError


class StoreReader:
    """The files below a prefix of an object store."""

    def __init__(self, store: ObjectStore, prefix: str = "") -> None:
        self._store = store
        self._prefix = prefix

    def names(self) -> Iterator[str]:
        """Yield the paths below the prefix."""
        for stat in self._store.list(self._prefix):
            yield stat.key[len(self._prefix) :].lstrip("/")

    def open(self, name: str) -> IO[bytes]:
        """Open one file. Raises OSError when the store refuses."""
        try:
            return self._store.open(f"{self._prefix}{name}")
        except (ObjectNotFound, ObjectStoreError, ValueError) as error:
            raise OSError(str(error)) from None


def release_verify(place: str, *, manifest_sha256: str | None = None, near_duplicates: bool = False) -> VerifyReport:
    """Verify the release in a local folder or below an s3:// or file:// address.

    Raises ValueError for an address that is none of these or a folder that does not exist.
    """
    if "://" in place:
        reader: ReleaseReader = StoreReader(open_store(place))
        return verify_release(reader, manifest_sha256=manifest_sha256, near_duplicates=near_duplicates)
    folder = Path(place)
    if not folder.is_dir():
        raise ValueError(f"{place} is neither a folder nor an s3:// address")
    return verify_release(FolderReader(folder), manifest_sha256=manifest_sha256, near_duplicates=near_duplicates)
