"""The interface of an object store, and what both kinds share."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
# A writer touches its draft or upload with every chunk; one that is this old belongs to a writer that died.
STALE = timedelta(days=1)
_KEY = re.compile(r"[A-Za-z0-9._@+=-]+(?:/[A-Za-z0-9._@+=-]+)*")
_MOST_CHARACTERS = 900


class ObjectNotFound(KeyError):
    """There is no object under this key."""

    def __str__(self) -> str:
        return f"no object {self.args[0]!r}"


class ObjectStoreError(OSError):
    """The store refused or damaged something; the message holds the key, never content or a response's body."""


class ObjectChanged(ObjectStoreError):
    """The object under a key is not the one that was being read: nothing of the new one was mixed in."""


@dataclass(frozen=True)
class ObjectStat:
    """One object: key and size in bytes, and where the store tells: version (ETag), hash and time of writing.

    `sha256` is what the writer measured; a listing never knows it. The ETag changes whenever the content does.
    """

    key: str
    size: int
    sha256: str | None = None
    etag: str = ""
    modified: datetime | None = None


def check_key(key: str) -> str:
    """The key, or ValueError for one that could leave its prefix or that some store would rewrite."""
    if not _KEY.fullmatch(key) or any(part in (".", "..") for part in key.split("/")) or len(key) > _MOST_CHARACTERS:
        raise ValueError(f"not a valid object key: {key[:80]!r}")
    return key


def check_foreign_key(key: str) -> str:
    """As `check_key` for reading what others have stored: spaces and letters of any script are theirs to use."""
    parts = key.split("/")
    if not key.isprintable() or "\\" in key or len(key) > _MOST_CHARACTERS or any(p in ("", ".", "..") for p in parts):
        raise ValueError(f"not a valid object key: {key[:80]!r}")
    return key


def check_range(start: int, end: int | None) -> None:
    """ValueError for what is no range of bytes."""
    if start < 0 or (end is not None and end < start):
        raise ValueError(f"not a byte range: {start} to {end}")


@contextmanager
def as_stream(data: bytes | BinaryIO | Path) -> Iterator[BinaryIO]:
    """Bytes, an open binary file or a path, as one open binary stream."""
    if isinstance(data, bytes):
        yield BytesIO(data)
    elif isinstance(data, Path):
        with data.open("rb") as stream:
            yield stream
    else:
        yield data


def sha256_of(stream: BinaryIO) -> str:
    """The hash of what is left in a stream."""
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


class ObjectStore(ABC):
    """Streams in and out by key. Keys are relative and `/`-separated; writes take the strict ones of `check_key`."""

    @abstractmethod
    def put(
        self, key: str, data: bytes | BinaryIO | Path, *, if_absent: bool = False, foreign: bool = False
    ) -> ObjectStat:
        """Store an object, whole or not at all; answers its size, SHA-256 and ETag.

        `foreign` takes a key that others chose (`check_foreign_key`): for putting back what was there before.

        With `if_absent`, raises FileExistsError where the key is taken. Not every server can promise that to two
        writers at the same moment: never rely on it alone.
        """

    @abstractmethod
    def open_range(self, key: str, start: int = 0, end: int | None = None, *, etag: str | None = None) -> BinaryIO:
        """The bytes [start, end) of an object as a stream to read and close; past its end there are none.

        The stream stays with one version of the object: broken connections go on at their byte, and another
        version under the key is ObjectChanged, here (when it is not the one named by `etag`) or while reading.
        Raises ObjectNotFound, and ObjectStoreError when the store keeps failing or the bytes arrive damaged.
        """

    @abstractmethod
    def stat(self, key: str) -> ObjectStat:
        """Size, ETag and time of an object. Raises ObjectNotFound."""

    @abstractmethod
    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Objects whose key begins with `prefix`, in order of their keys, a page at a time in memory."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove an object; a missing one is no error."""

    @abstractmethod
    def sweep(self, older_than: timedelta = STALE) -> int:
        """Remove what killed writers left behind (drafts, parts of uploads); answers how many there were."""

    def open(self, key: str) -> BinaryIO:
        """The object's bytes as a stream, see `open_range`."""
        return self.open_range(key)

    def read(self, key: str) -> bytes:
        """The object's bytes. Raises ObjectNotFound."""
        with self.open(key) as stream:
            return stream.read()

    def read_many(self, keys: Iterable[str | ObjectStat], *, workers: int = 16) -> Iterator[tuple[str, bytes]]:
        """Key and bytes of many small objects, in the order of `keys`, fetched by `workers` threads ahead.

        Memory is bounded by what is fetched ahead (see `pixelhub.objects.parallel`), whatever their number.
        """
        from pixelhub.objects.parallel import read_many

        return read_many(self, keys, workers=workers)

    def exists(self, key: str) -> bool:
        """Whether there is an object under this key."""
        try:
            self.stat(key)
        except ObjectNotFound:
            return False
        return True

    def sha256(self, key: str) -> str:
        """The hash of an object, from its bytes."""
        with self.open(key) as stream:
            return sha256_of(stream)

    def copy(self, source: str, target: str, *, etag: str | None = None) -> ObjectStat:
        """Copy an object within the store, by the server where it can; the caller compares hashes.

        Raises ObjectChanged when the source is not the version named by `etag`.
        """
        with self.open_range(source, etag=etag) as stream:
            return self.put(target, stream)

    def publish(self, prefix: str, files: Mapping[str, Path], *, last: str) -> None:
        """Upload a set of files so that `last` (its manifest) appears only when all others are there and intact.

        `files` maps names below `prefix` to local paths. Every object is read back and compared by SHA-256, `last`
        too. What is there already with the same bytes is not sent again. Raises ObjectStoreError on damage, and
        FileExistsError where a different `last` was published under this prefix before.
        """
        self._refuse_other_manifest(prefix, files[last], last)
        for name in sorted(files, key=lambda name: (name == last, name)):
            self._publish_one(f"{prefix}{name}", files[name])

    def _publish_one(self, key: str, path: Path) -> None:
        with path.open("rb") as stream:
            expected = sha256_of(stream)
        if self.exists(key) and self.sha256(key) == expected:
            return
        sent = self.put(key, path).sha256
        if sent != expected:
            raise ObjectStoreError(f"{key} changed while it was sent")
        if self.sha256(key) != expected:
            raise ObjectStoreError(f"{key} arrived damaged")

    def _refuse_other_manifest(self, prefix: str, manifest: Path, last: str) -> None:
        try:
            published = self.read(f"{prefix}{last}")
        except ObjectNotFound:
            return
        if published != manifest.read_bytes():
            raise FileExistsError(f"{prefix} is published already, with another {last}")

    def download_tree(self, prefix: str, into: Path) -> Sequence[Path]:
        """Copy every object below `prefix` into a folder, keeping the names below it."""
        written = []
        for stat in self.list(prefix):
            target = into / check_key(stat.key[len(prefix) :].lstrip("/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            with self.open(stat.key) as source, target.open("wb") as sink:
                while chunk := source.read(CHUNK):
                    sink.write(chunk)
            written.append(target)
        return written
