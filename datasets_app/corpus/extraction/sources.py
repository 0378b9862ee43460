"""Which objects are read: those of a manifest, those named, those below a folder or prefix; each of them once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

import orjson

from datasets_app.corpus.engine.places import Blob, Places
from datasets_app.corpus.reading import UnreadableFile, kind_of

from .manifest import QUARANTINE_SUFFIX

_MAX_MANIFEST_BYTES: Final = 64 << 20
_LISTS: Final = ("sources", "objects", "files", "datasets", "keys")
_NAMES: Final = ("address", "s3_path", "uri", "url", "key", "path", "name")


class SourcesInvalid(ValueError):
    """A manifest does not name objects; the message says where."""


def addresses_in_manifest(address: str, places: Places) -> list[str]:
    """Return the addresses that a manifest of objects names, in its order.

    It is a list, or an object with one of `sources`, `objects`, `files`, `datasets`, `keys`, of addresses or of objects
    with `address`, `s3_path`, `uri`, `url`, `key`, `path` or `name`; or an object of names, as in a release's
    manifest. Names without a scheme count from the manifest's `bucket` and `prefix`, else from where it lies.
    Raises SourcesInvalid and OSError.
    """
    with _opened(address, places) as stream:
        data = stream.read(_MAX_MANIFEST_BYTES + 1)
    if len(data) > _MAX_MANIFEST_BYTES:
        raise SourcesInvalid(f"{address} is too large for a manifest")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise SourcesInvalid(f"{address} is no JSON") from None
    root = _root(address, value)
    entries = _entries(address, value)
    found = [_joined(root, _name(address, number, entry)) for number, entry in enumerate(entries, start=1)]
    if not found:
        raise SourcesInvalid(f"{address} names no objects")
    return list(dict.fromkeys(found))


def _opened(address: str, places: Places) -> IO[bytes]:
    return places.open(address) if "://" in address else Path(address).open("rb")


def _root(address: str, value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("bucket"), str) and value["bucket"]:
        prefix = value.get("prefix")
        bucket = value["bucket"].removeprefix("s3://").strip("/")
        return f"s3://{bucket}/{prefix.strip('/')}".rstrip("/") if isinstance(prefix, str) else f"s3://{bucket}"
    return address.rpartition("/")[0] if "/" in address else ""


def _entries(address: str, value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        for name in _LISTS:
            inner = value.get(name)
            if isinstance(inner, list):
                return inner
            if isinstance(inner, dict):
                # A release names its files so; what stands beside the shards holds no conversations.
                return [key for key in inner if kind_of(key) in (".jsonl", ".ndjson", ".csv", ".tsv", ".txt")]
    raise SourcesInvalid(f"{address} has no list of objects ({', '.join(_LISTS)})")


def _name(address: str, number: int, entry: Any) -> str:
    if isinstance(entry, dict):
        entry = next((entry[key] for key in _NAMES if isinstance(entry.get(key), str)), None)
    if not isinstance(entry, str) or not entry.strip():
        raise SourcesInvalid(f"entry {number} of {address} names no object")
    return entry.strip()


def _joined(root: str, name: str) -> str:
    if "://" in name or name.startswith("/") or not root:
        return name
    return f"{root}/{name}"


class Selected:
    """Places that find each object once, none that an extraction wrote itself, none of a release's held-back splits."""

    def __init__(self, places: Places, own: Sequence[str], held_back: Any) -> None:
        """`own` are paths or prefixes of what is written; `held_back` is a pattern of keys that are never read."""
        self._places = places
        self._own = tuple(own)
        self._held_back = held_back
        self._seen: set[str] = set()
        self.held_back: set[str] = set()
        self.names: dict[str, str] = {}

    def find(self, address: str) -> list[Blob]:
        """Return what is to be read at an address; nothing is no error where other addresses have something."""
        root = "" if "://" in address else _folder(address)
        found = []
        for blob in self._places.find(address):
            if blob.key in self._seen or blob.key.startswith(self._own) or blob.key.endswith(QUARANTINE_SUFFIX):
                continue
            if self._held_back.search(blob.key):
                self.held_back.add(blob.key)
                continue
            self._seen.add(blob.key)
            self.names[blob.key] = (
                blob.key if "://" in blob.key else PurePosixPath(blob.key).relative_to(root).as_posix()
            )
            found.append(blob)
        return found

    def open(self, key: str, start: int = 0, version: str = "") -> IO[bytes]:
        """Return the bytes of an object."""
        return self._places.open(key, start, version)

    def expect(self, blobs: Sequence[Blob]) -> None:
        """Hand on."""
        self._places.expect(blobs)


def _folder(address: str) -> str:
    path = Path(address).resolve()
    if not path.exists():
        raise UnreadableFile(f"{address} does not exist")
    return os.fspath(path if path.is_dir() else path.parent)
