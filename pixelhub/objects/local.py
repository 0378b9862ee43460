"""Objects in a local folder: the embedded default, with S3's promise that a put is whole or absent."""

import hashlib
import io
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from pixelhub.objects.base import (
    CHUNK,
    STALE,
    ObjectChanged,
    ObjectNotFound,
    ObjectStat,
    ObjectStore,
    as_stream,
    check_foreign_key,
    check_key,
    check_range,
)

# Drafts lie in a folder of their own, so that a listing never shows a half-written object.
_DRAFTS = ".drafts"


class LocalStore(ObjectStore):
    """Files below `root`, written aside, fsynced and renamed into place."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(
        self, key: str, data: bytes | BinaryIO | Path, *, if_absent: bool = False, foreign: bool = False
    ) -> ObjectStat:
        target = self.root / (check_foreign_key(key) if foreign else check_key(key))
        draft = self._new_draft()
        digest, size = hashlib.sha256(), 0
        try:
            with as_stream(data) as source, draft.open("xb") as sink:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    sink.write(chunk)
                sink.flush()
                os.fsync(sink.fileno())
                written = os.fstat(sink.fileno())
            target.parent.mkdir(parents=True, exist_ok=True)
            if if_absent:
                os.link(draft, target)
            else:
                draft.replace(target)
            _sync_folder(target.parent)
        finally:
            draft.unlink(missing_ok=True)
        return _stat_of(key, written, sha256=digest.hexdigest())

    def open_range(self, key: str, start: int = 0, end: int | None = None, *, etag: str | None = None) -> BinaryIO:
        path = self._path(key)
        check_range(start, end)
        if path.is_dir():
            raise ObjectNotFound(key)
        try:
            raw = path.open("rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ObjectNotFound(key) from error
        stream = _FileRange(key, cast(io.FileIO, raw), start, end)
        if etag is not None and etag != stream.etag:
            stream.close()
            raise ObjectChanged(f"{key} is not the version that was asked for")
        return cast(BinaryIO, io.BufferedReader(stream, buffer_size=1 << 18))

    def stat(self, key: str) -> ObjectStat:
        path = self._path(key)
        if not path.is_file():
            raise ObjectNotFound(key)
        return _stat_of(key, path.stat())

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        folder = prefix.rpartition("/")[0]
        root = self.root / check_foreign_key(folder) if folder else self.root
        for key, path in _files_in_key_order(root, f"{folder}/" if folder else ""):
            if key.startswith(prefix):
                try:
                    yield _stat_of(key, path.stat())
                except FileNotFoundError:  # removed since the folder was read
                    continue

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def sweep(self, older_than: timedelta = STALE) -> int:
        drafts = self.root / _DRAFTS
        before = (datetime.now(UTC) - older_than).timestamp()
        removed = 0
        for draft in drafts.iterdir() if drafts.is_dir() else ():
            try:
                if draft.stat().st_mtime <= before:
                    draft.unlink()
                    removed += 1
            except FileNotFoundError:  # its writer has finished
                continue
        return removed

    def _new_draft(self) -> Path:
        drafts = self.root / _DRAFTS
        drafts.mkdir(parents=True, exist_ok=True)
        return drafts / secrets.token_hex(16)

    def _path(self, key: str) -> Path:
        return self.root / check_foreign_key(key)


class _FileRange(io.RawIOBase):
    """The bytes [start, end) of one open file; notices when the file is written to in the meantime."""

    def __init__(self, key: str, file: io.FileIO, start: int, end: int | None) -> None:
        self._key = key
        self._file = file
        found = os.fstat(file.fileno())
        self.etag = _etag(found)
        self._left = max(0, min(found.st_size, found.st_size if end is None else end) - start)
        file.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._left)
        got = self._file.readinto(memoryview(buffer)[:wanted]) if wanted else 0
        if _etag(os.fstat(self._file.fileno())) != self.etag or (wanted and not got):
            raise ObjectChanged(f"{self._key} was changed while it was read")
        self._left -= got or 0
        return got or 0

    def close(self) -> None:
        self._file.close()
        super().close()


def _etag(found: os.stat_result) -> str:
    """Changes with every write: a replaced file is another inode, one written in place has another time or size."""
    return f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"


def _stat_of(key: str, found: os.stat_result, *, sha256: str | None = None) -> ObjectStat:
    return ObjectStat(key, found.st_size, sha256, _etag(found), datetime.fromtimestamp(found.st_mtime, UTC))


def _files_in_key_order(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Walk in the order of the keys' bytes, one folder's names at a time in memory."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    named = sorted((os.fsencode(e.name) + (b"/" if e.is_dir(follow_symlinks=False) else b""), e) for e in entries)
    for name, entry in named:
        if not name.endswith(b"/"):
            if entry.is_file():
                yield f"{prefix}{entry.name}", Path(entry.path)
        elif entry.name != _DRAFTS:
            yield from _files_in_key_order(Path(entry.path), f"{prefix}{entry.name}/")


def _sync_folder(folder: Path) -> None:
    """A rename is on disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
