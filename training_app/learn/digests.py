"""Names of conversations without their words: to tell whether a release holds one. Imported by the web, so no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import orjson

from .errors import FileRefused

DIGEST_BYTES: Final = 16


def digest_of(content_hash: str) -> bytes:
    """Return the first half of a content hash ("sha256:..."), which names a conversation well enough."""
    return bytes.fromhex(content_hash.removeprefix("sha256:"))[:DIGEST_BYTES]


def digests_in(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the digest of the conversation of each line of a release's shard."""
    for line in lines:
        yield digest_of(orjson.loads(line)["metadata"]["content_hash"])


def release_digests(folder: Path) -> frozenset[bytes]:
    """Return the digests of every conversation of a release, whatever its split. Raises FileRefused."""
    found: set[bytes] = set()
    try:
        for shard in sorted(folder.glob("shards/*/*.jsonl")):
            with shard.open("rb") as lines:
                found.update(digests_in(lines))
    except (OSError, KeyError, TypeError, ValueError) as problem:
        raise FileRefused("the release's shards cannot be read") from problem
    if not found:
        raise FileRefused("the folder holds no release")
    return frozenset(found)
