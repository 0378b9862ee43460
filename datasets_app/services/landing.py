"""Whether what was sent has landed: names, sizes and hashes, each side read by its own means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pixelhub.jobs.base import JobContext
from pixelhub.objects import ObjectNotFound, ObjectStore, ObjectStoreError
from pixelhub.objects.base import CHUNK

from .inventory import shown_name

_NAMED: Final = 100


@dataclass(frozen=True)
class SourceFile:
    """A file at the source: bytes (-1 where it cannot say) and MD5 ("" where nobody could tell)."""

    size: int
    md5: str


@dataclass
class Landing:
    """Both sides compared. `missing`, `differing` and `unproven` name the first hundred; their numbers are whole."""

    source_objects: int = 0
    source_bytes: int = 0
    target_objects: int = 0
    target_bytes: int = 0
    landed: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {"missing": 0, "differing": 0, "unproven": 0, "extra": 0})
    names: dict[str, list[str]] = field(default_factory=lambda: {"missing": [], "differing": [], "unproven": []})

    def note(self, kind: str, name: str) -> None:
        """One more file of a kind."""
        self.counts[kind] += 1
        if len(self.names[kind]) < _NAMED:
            self.names[kind].append(shown_name(name))

    def problem(self) -> str:
        """A sentence for people; "" when everything landed and was proven."""
        wrong = {kind: self.counts[kind] for kind in ("missing", "differing", "unproven") if self.counts[kind]}
        if not wrong:
            return ""
        told = ", ".join(f"{number} {kind}" for kind, number in wrong.items())
        return f"{self.landed} of {self.source_objects} files have landed; {told}."

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "source": {"objects": self.source_objects, "bytes": self.source_bytes},
            "target": {"objects": self.target_objects, "bytes": self.target_bytes},
            "landed": self.landed,
            **self.counts,
            "names": self.names,
        }


def compare(source: Mapping[str, SourceFile], store: ObjectStore, prefix: str, ctx: JobContext) -> Landing:
    """Compare every file of the source with the object of its name below `prefix`.

    An ETag that is the MD5 proves an object without reading it; any other is read back. Objects that the source does
    not have are counted as extra and are no problem. Raises JobCancelled.
    """
    landing = Landing(source_objects=len(source), source_bytes=sum(max(0, file.size) for file in source.values()))
    there = {}
    for listed in store.list(prefix):
        name = listed.key[len(prefix) :]
        if name in source:
            there[name] = listed
            landing.target_bytes += listed.size
        else:
            landing.counts["extra"] += 1
    landing.target_objects = len(there)
    for number, (name, file) in enumerate(sorted(source.items()), start=1):
        ctx.progress(number, len(source), unit="files", note="comparing both sides")
        if (stat := there.get(name)) is None:
            landing.note("missing", name)
        elif file.size not in (-1, stat.size):
            landing.note("differing", name)
        elif not file.md5:
            landing.note("unproven", name)
        elif stat.etag.strip('"') == file.md5 or _md5(store, stat.key, ctx) == file.md5:
            landing.landed += 1
        else:
            landing.note("differing", name)
    return landing


def _md5(store: ObjectStore, key: str, ctx: JobContext) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with store.open(key) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                ctx.beat()
    except (ObjectNotFound, ObjectStoreError, ValueError):
        return ""
    return digest.hexdigest()
