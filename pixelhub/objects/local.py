"""Objects in a local folder: the embedded default, with S3's promise that a put is whole or absent."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pixelhub.objects.base import CHUNK, ObjectNotFound, ObjectStat, ObjectStore, as_stream, check_key

# Drafts lie in a folder of their own, so that a listing never shows a half-written object.
_DRAFTS = ".drafts"


class LocalStore(ObjectStore):
    """Files below `root`, written aside, fsynced and renamed into place."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes | BinaryIO | Path, *, if_absent: bool = False) -> ObjectStat:
        target = self._path(key)
        drafts = self.root / _DRAFTS
        drafts.mkdir(parents=True, exist_ok=True)
        draft = drafts / secrets.token_hex(16)
        digest, size = hashlib.sha256(), 0
        try:
            with as_stream(data) as source, draft.open("xb") as sink:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    sink.write(chunk)
                sink.flush()
                os.fsync(sink.fileno())
            target.parent.mkdir(parents=True, exist_ok=True)
            if if_absent:
                os.link(draft, target)
            else:
                draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return ObjectStat(key, size, digest.hexdigest())

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise ObjectNotFound(key) from error

    def stat(self, key: str) -> ObjectStat:
        path = self._path(key)
        if not path.is_file():
            raise ObjectNotFound(key)
        return ObjectStat(key, path.stat().st_size)

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        found = []
        for folder, subfolders, names in os.walk(self._search_root(prefix)):
            subfolders[:] = [name for name in subfolders if name != _DRAFTS]
            found += [Path(folder, name) for name in names]
        for path in sorted(found):
            key = path.relative_to(self.root).as_posix()
            if key.startswith(prefix):
                yield ObjectStat(key, path.stat().st_size)

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _search_root(self, prefix: str) -> Path:
        folder = prefix.rpartition("/")[0]
        return self.root / check_key(folder) if folder else self.root
