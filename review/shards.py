"""The lines of a release as they lie in the store, each file checked against the manifest that was published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

from datasets_app.corpus.manifest import MANIFEST
from datasets_app.models import Release
from pixelhub.canonical import sha256_hex
from pixelhub.objects import ObjectNotFound, get_store
from review.refusal import Refused

__all__ = ["release_lines", "release_manifest"]


def release_manifest(release: Release) -> dict[str, Any]:
    """The release's manifest. Raises Refused when it is gone or not the one that was published."""
    try:
        raw = get_store().read(f"{release.object_prefix}{MANIFEST}")
    except ObjectNotFound:
        raise Refused(f"The files of release {release.version} are not in the store.") from None
    if sha256_hex(raw) != release.manifest_sha256:
        raise Refused(f"The stored manifest of release {release.version} is not the one that was published.")
    manifest: dict[str, Any] = orjson.loads(raw)
    return manifest


def release_lines(release: Release, manifest: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (split, line) of every conversation, one by one. Raises Refused for a file that was changed."""
    for entry in manifest["files"]:
        if not entry["split"]:
            continue
        digest = hashlib.sha256()
        try:
            stream = get_store().open_range(f"{release.object_prefix}{entry['path']}")
        except ObjectNotFound:
            raise Refused(f"{entry['path']} of release {release.version} is not in the store.") from None
        with stream:
            for raw in stream:
                digest.update(raw)
                yield entry["split"], orjson.loads(raw)
        if digest.hexdigest() != entry["sha256"]:
            raise Refused(f"{entry['path']} of release {release.version} is not what was published.")
