"""What must fit before a restore writes anything: the key, the programs, the code, and an empty place."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from pixelhub.backups import postgres, sealedkeys, sqlitefile
from pixelhub.backups.copying import each
from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.layout import file_key, read_manifest
from pixelhub.objects import ObjectStat, ObjectStore, get_store
from pixelhub.signing import PublicKey, public_key_from


def standing_key(place: ObjectStore, name: str) -> PublicKey | None:
    """The key of this machine, where there is one. Raises BackupRefused where another one signed the backup."""
    path = settings.SIGNING_PUBLIC_KEY_FILE
    if not path.exists():
        return None
    standing, signed = public_key_from(path), read_manifest(place, name)["public_key"].encode("ascii")
    if public_key_from(signed).key_id != standing.key_id:
        raise BackupRefused(
            f"Another key than {path} signed this backup. If a first start made that key here, move the folder of keys "
            "away and restore again; if not, this is another hub's backup."
        )
    return standing


def standing_objects(document: dict[str, Any]) -> set[str]:
    """Keys that an earlier attempt left. Raises BackupRefused for what does not fit, and where anything else stands."""
    engine = document["database"]["engine"]
    if engine != connection.vendor:
        raise BackupRefused(f"This backup is of {engine}; DATABASE_URL names {connection.vendor}.")
    here = MigrationLoader(None).disk_migrations
    # A squash is noted beside all steps that it stood for; when a longer one has taken its place its name says nothing.
    unknown = [
        f"{app}.{step}"
        for app, step in document["database"]["migrations"]
        if (app, step) not in here and not step.startswith("0001_squashed_")
    ]
    if unknown:
        raise BackupRefused(
            f"This backup was made by newer code: {', '.join(unknown[:3])} is not in the code here. Install the "
            "version that made it, restore, and go on from there."
        )
    if engine == "postgresql":
        postgres.check_versions(document["database"]["versions"])
    empty = postgres.is_empty() if engine == "postgresql" else sqlitefile.is_empty()
    if not empty:
        raise BackupRefused("The database is not empty. A restore goes into an empty one only: name another place.")
    return _objects_of_an_earlier_attempt(get_store(), document)


def _objects_of_an_earlier_attempt(store: ObjectStore, document: dict[str, Any]) -> set[str]:
    """What a restore that was killed has put back: a put is whole or absent, so anything that differs is no such."""
    wanted = {entry["key"]: entry for entry in document["objects"]}

    def checked(stat: ObjectStat) -> str:
        entry = wanted.get(stat.key)
        if entry is None or entry["bytes"] != stat.size or store.sha256(stat.key) != entry["sha256"]:
            raise BackupRefused(f"The object store is not empty ({stat.key}). A restore goes into an empty one only.")
        return stat.key

    return set(each(store.list(), checked))


def held_keys(place: ObjectStore, document: dict[str, Any], passphrase: str) -> dict[str, bytes]:
    """The key files of the backup; none without a passphrase. Raises BackupRefused where others stand here."""
    if not passphrase:
        return {}
    if document["keys"] is None:
        raise BackupRefused("This backup holds no keys: put the key files back from where they were kept.")
    held = sealedkeys.opened_keys(place.read(file_key(document["name"], document["keys"]["file"])), passphrase)
    standing = sealedkeys.keys_in_the_way(held)
    if standing:
        raise BackupRefused(f"Other keys stand here already: {', '.join(standing)}.")
    return held
