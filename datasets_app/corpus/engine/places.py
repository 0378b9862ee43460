"""Where the rows lie: local files, or an object store that the caller names by a factory."""

from __future__ import annotations

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

    def open(self, key: str, start: int = 0) -> IO[bytes]:
        """Return the bytes of an object from `start` to its end."""


class LocalPlaces:
    """Files and folders of this machine, or of a file system that all workers share."""

    def find(self, address: str) -> list[Blob]:
        found = []
        for path in input_files(Path(address)):
            state = path.stat()
            found.append(Blob(str(path.resolve()), state.st_size, f"{state.st_mtime_ns}"))
        return found

    def open(self, key: str, start: int = 0) -> IO[bytes]:
        stream = Path(key).open("rb")  # noqa: SIM115  (the caller closes it)
        stream.seek(start)
        return stream


def make_places(spec: PlacesSpec) -> Places:
    """Return the places that a specification names. Raises ValueError for a factory that cannot be imported."""
    module, _, name = spec.factory.partition(":")
    try:
        factory = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"the reader {spec.factory} cannot be imported: {error}") from None
    return cast(Places, factory(**spec.options))
