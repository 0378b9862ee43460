"""Where the records of an earlier release lie: 17 bytes per record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import numpy as np
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.manifest import MANIFEST
from pixelhub.canonical import sha256_hex

from .layout import Array
from .places import Places
from .settings import CompileError

_MAX_MANIFEST_BYTES: Final = 64 << 20


@dataclass(frozen=True)
class Pins:
    """Digests in two columns of numbers, the split of each, and which release it was."""

    digests: Array
    splits: Array
    version: str
    manifest_sha256: str


def digests_of(content_hashes: Iterable[str]) -> Array:
    """The first 16 bytes of content hashes ("sha256:…") in two columns of numbers."""
    data = b"".join(bytes.fromhex(content[7:39]) for content in content_hashes)
    return np.frombuffer(data, dtype=">u8").astype(np.uint64).reshape(-1, 2)


def read_pins(address: str, places: Places) -> Pins:
    """Read the placement of the release at an address. Raises CompileError when there is no release."""
    root = address.rstrip("/")
    try:
        with places.open(f"{root}/{MANIFEST}") as stream:
            manifest = stream.read(_MAX_MANIFEST_BYTES)
        version = str(orjson.loads(manifest)["version"])
        shards = places.find(f"{root}/shards")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CompileError(f"the parent release cannot be read ({type(error).__name__})") from None
    digests, splits = bytearray(), bytearray()
    for shard in shards:
        split = PurePosixPath(shard.key).parent.name
        if split not in taxonomy.SPLITS:
            raise CompileError("the parent release has a shard that lies in no split")
        code = taxonomy.SPLITS.index(split)
        with places.open(shard.key) as stream:
            for line in stream:
                digests += bytes.fromhex(orjson.loads(line)["metadata"]["content_hash"][7:39])
                splits.append(code)
    columns = np.frombuffer(bytes(digests), dtype=">u8").astype(np.uint64).reshape(-1, 2)
    return Pins(columns, np.frombuffer(bytes(splits), dtype=np.uint8), version, sha256_hex(manifest))
