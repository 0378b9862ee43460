"""The interface of an object store, and what both kinds share."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
_KEY = re.compile(r"[A-Za-z0-9._@+=-]+(?:/[A-Za-z0-9._@+=-]+)*")


class ObjectNotFound(KeyError):
    """There is no object under this key."""

    def __str__(self) -> str:
        return f"no object {self.args[0]!r}"


class ObjectStoreError(Exception):
    """The store refused or damaged something; the message holds the key, never content."""


@dataclass(frozen=True)
class ObjectStat:
    """One object: key, size in bytes, and its SHA-256 where it is known without reading it."""

    key: str
    size: int
    sha256: str | None = None


def check_key(key: str) -> str:
    """The key, or ValueError for one that could leave its prefix or that some store would rewrite."""
    if not _KEY.fullmatch(key) or any(part in (".", "..") for part in key.split("/")) or len(key) > 900:
        raise ValueError(f"not a valid object key: {key[:80]!r}")
    return key


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


class ObjectStore(ABC):
    """Streams in and out by key. Keys are relative, `/`-separated, checked by `check_key`."""

    @abstractmethod
    def put(self, key: str, data: bytes | BinaryIO | Path, *, if_absent: bool = False) -> ObjectStat:
        """Store an object, whole or not at all; answers its size and SHA-256.

        With `if_absent`, raises FileExistsError where the key is taken.
        """

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """The object's bytes as a stream to read and close. Raises ObjectNotFound."""

    @abstractmethod
    def stat(self, key: str) -> ObjectStat:
        """Size of an object. Raises ObjectNotFound."""

    @abstractmethod
    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Objects whose key begins with `prefix`, in order of their keys."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove an object; a missing one is no error."""

    def read(self, key: str) -> bytes:
        """The object's bytes. Raises ObjectNotFound."""
        with self.open(key) as stream:
            return stream.read()

    def exists(self, key: str) -> bool:
        """Whether there is an object under this key."""
        try:
            self.stat(key)
        except ObjectNotFound:
            return False
        return True

    def publish(self, prefix: str, files: Mapping[str, Path], *, last: str) -> None:
        """Upload a set of files so that `last` (its manifest) appears only when all others are there and intact.

        `files` maps names below `prefix` to local paths. Every object is read back and compared by SHA-256 before
        `last` is written. Publishing the same bytes again changes nothing. Raises ObjectStoreError on damage, and
        FileExistsError where a different `last` was published under this prefix before.
        """
        self._refuse_other_manifest(prefix, files[last], last)
        for name in sorted(files, key=lambda name: (name == last, name)):
            key = f"{prefix}{name}"
            expected = self.put(key, files[name]).sha256
            if self._sha256(key) != expected:
                raise ObjectStoreError(f"{key} arrived damaged")

    def _refuse_other_manifest(self, prefix: str, manifest: Path, last: str) -> None:
        try:
            published = self.read(f"{prefix}{last}")
        except ObjectNotFound:
            return
        if published != manifest.read_bytes():
            raise FileExistsError(f"{prefix} is published already, with another {last}")

    def _sha256(self, key: str) -> str:
        digest = hashlib.sha256()
        with self.open(key) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

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
