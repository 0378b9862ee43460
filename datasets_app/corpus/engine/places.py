"""Where the rows lie: local files, or an object store that the caller names by a factory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Protocol, cast

import msgspec

from datasets_app.corpus.reading import input_files

from .settings import PlacesSpec


class Blob(msgspec.Struct, frozen=True, order=True):
    """An object: where it lies, its size in bytes, and something that changes when its bytes do."""

    key: str
    size: int
    version: str


class Places(Protocol):
    """What the engine needs of a store. It is made anew in every worker process."""

    def find(self, address: str) -> list[Blob]:
        """Return the readable objects at an address: one, or all below it. Raises UnreadableFile."""

    def open(self, key: str, start: int = 0, version: str = "") -> IO[bytes]:
        """Return the bytes of an object from `start` on. Raises OSError, also for another version than named."""

    def expect(self, blobs: Sequence[Blob]) -> None:
        """Hear which small objects are opened next, in this order: a store may fetch them ahead."""


class LocalPlaces:
    """Files and folders of this machine, or of a file system that all workers share."""

    def find(self, address: str) -> list[Blob]:
        found = []
        for path in input_files(Path(address)):
            state = path.stat()
            found.append(Blob(str(path.resolve()), state.st_size, f"{state.st_mtime_ns}"))
        return found

    def open(self, key: str, start: int = 0, version: str = "") -> IO[bytes]:
        stream = Path(key).open("rb")  # noqa: SIM115  (the caller closes it)
        if version and version != f"{os.fstat(stream.fileno()).st_mtime_ns}":
            stream.close()
            raise OSError(f"{Path(key).name} has changed since the compile began")
        stream.seek(start)
        return stream

    def expect(self, blobs: Sequence[Blob]) -> None:
        """The file system reads ahead by itself."""


def make_places(spec: PlacesSpec) -> Places:
    """Return the places that a specification names. Raises ValueError for a factory that cannot be imported."""
    module, _, name = spec.factory.partition(":")
    try:
        factory = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"the reader {spec.factory} cannot be imported: {error}") from None
    return cast(Places, factory(**spec.options))
