"""Publishing a folder of files to an address in an object store, its manifest last, one publisher at a time."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from datasets_app.corpus.engine import CompileError
from datasets_app.corpus.stages import MANIFEST
from pixelhub.canonical import sha256_file
from pixelhub.objects import ObjectNotFound, ObjectStore, open_store
from pixelhub.objects.base import STALE

# What is being published, by the hash of its manifest. It is removed when the manifest stands.
CLAIM: Final = "PUBLISHING"


class StorePublisher:
    """Puts a finished ladder at `s3://bucket/prefix`. Run again after a kill it goes on where it was."""

    def __init__(self, address: str) -> None:
        # The command may run outside the hub; the store's settings are read from the environment all the same.
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelhub.settings")
        if not address.partition("://")[2].partition("/")[2].strip("/"):
            raise ValueError(f"{address} names no prefix: a ladder is not laid into a whole bucket")
        self._address = address
        self._store = open_store(address)

    def __call__(self, folder: Path) -> None:
        """Publish all files of a folder, each read back and compared, the manifest last.

        Raises CompileError where something else lies or is being published there, OSError when the store fails.
        """
        files = {path.name: path for path in sorted(folder.iterdir())}
        identity = sha256_file(files[MANIFEST]).encode()
        others = [stat.key for stat in self._store.list() if stat.key not in {*files, CLAIM}]
        if others:
            raise CompileError(f"{self._address} holds other things already ({others[0]}): take an empty prefix")
        _claim(self._store, identity, self._address)
        try:
            self._store.publish("", files, last=MANIFEST)
        except FileExistsError:
            self._store.delete(CLAIM)
            raise CompileError(f"another ladder lies at {self._address}; a ladder is never overwritten") from None
        if _claimed(self._store) not in (identity, b""):
            raise CompileError(f"somebody else published to {self._address} meanwhile: verify what lies there")
        self._store.delete(CLAIM)


def _claim(store: ObjectStore, identity: bytes, address: str) -> None:
    """Say what is being published; a killed attempt at the same bytes said so before. Raises CompileError."""
    try:
        store.put(CLAIM, identity, if_absent=True)
    except FileExistsError:
        if _claimed(store) == identity:
            return
        since = store.stat(CLAIM).modified
        if since is None or datetime.now(UTC) - since < STALE:
            raise CompileError(
                f"another ladder is being published at {address}; if that ended half way, delete {CLAIM} there"
            ) from None
        store.put(CLAIM, identity)
    # Not every server refuses the second of two writers at the same moment.
    if _claimed(store) != identity:
        raise CompileError(f"another ladder is being published at {address}")


def _claimed(store: ObjectStore) -> bytes:
    try:
        return store.read(CLAIM)
    except ObjectNotFound:
        return b""
