"""How daily snapshots lie in a store, which of them are whole, and which retention keeps (see store_snapshots)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from pixelhub.objects import ObjectNotFound, ObjectStore, ObjectStoreError, get_store, open_store

if TYPE_CHECKING:
    from datetime import datetime

FORMAT: Final = "pixelhub.snapshot/1"
ROOT: Final = "daily/"
_OBJECTS: Final = f"{ROOT}objects/"
_DAYS: Final = f"{ROOT}days/"
_NAME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")


def snapshot_store() -> ObjectStore:
    """Where snapshots lie (SNAPSHOT_STORE_URL, else the hub's own store)."""
    return open_store(settings.SNAPSHOT_STORE_URL) if settings.SNAPSHOT_STORE_URL else get_store()


def snapshot_names(store: ObjectStore) -> list[str]:
    """The snapshots that have a manifest, oldest first."""
    keys = (stat.key.removeprefix(_DAYS).removesuffix("/manifest.json") for stat in store.list(_DAYS))
    return [name for name in keys if _NAME.fullmatch(name)]


def snapshot_entries(store: ObjectStore, name: str) -> list[dict[str, Any]]:
    """What a snapshot holds. Raises ObjectNotFound, and ObjectStoreError for a manifest that is none."""
    try:
        manifest = json.loads(store.read(manifest_key(name)))
        if manifest["format"] != FORMAT:
            raise ValueError
        return [
            {"key": str(e["key"]), "bytes": int(e["bytes"]), "sha256": str(e["sha256"]), "etag": str(e["etag"])}
            for e in manifest["objects"]
        ]
    except (ValueError, KeyError, TypeError):
        raise ObjectStoreError(f"the manifest of snapshot {name} cannot be read") from None


def snapshot_problems(store: ObjectStore, name: str, *, thorough: bool) -> list[str]:
    """What a snapshot lacks; [] for a good one. `thorough` reads every byte and compares hashes."""
    try:
        entries = snapshot_entries(store, name)
    except (ObjectNotFound, ObjectStoreError) as error:
        return [str(error)]
    there = pool_of(store)
    problems = []
    for entry in entries:
        size = there.get(entry["sha256"], (None, None))[0]
        if size != entry["bytes"]:
            problems.append(f"{entry['key']} is {'missing' if size is None else 'of another size'}")
        elif thorough and not _holds(store, entry["sha256"]):
            problems.append(f"{entry['key']} is damaged")
    return problems


def pool_of(store: ObjectStore) -> dict[str, tuple[int, datetime | None]]:
    """Size and time of every kept object, by its hash."""
    return {stat.key.rpartition("/")[2]: (stat.size, stat.modified) for stat in store.list(_OBJECTS)}


def _holds(store: ObjectStore, digest: str) -> bool:
    try:
        return store.sha256(object_key(digest)) == digest
    except (ObjectNotFound, ObjectStoreError):
        return False


def object_key(digest: str) -> str:
    """Where a content lies."""
    return f"{_OBJECTS}{digest[:2]}/{digest}"


def manifest_key(name: str) -> str:
    """Where a snapshot's manifest lies. Raises ObjectNotFound for what is no name of one."""
    if not _NAME.fullmatch(name):
        raise ObjectNotFound(name)
    return f"{_DAYS}{name}/manifest.json"
