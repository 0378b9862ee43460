"""Making a backup, and letting old ones go."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from pixelhub.audit.models import AuditEvent
from pixelhub.audit.services import record
from pixelhub.backups import postgres, sealedkeys, sqlitefile
from pixelhub.backups.copying import Keeper
from pixelhub.backups.errors import BackupDamaged, BackupRefused
from pixelhub.backups.gathering import Gathered, Progress, gather, scratch
from pixelhub.backups.layout import (
    FORMAT,
    MANIFEST,
    OBJECTS,
    backup_names,
    file_key,
    manifest_bytes,
    read_manifest,
    unfinished_files,
)
from pixelhub.backups.lock import sole
from pixelhub.backups.retention import NAME_FORMAT, kept_by_retention, made_at
from pixelhub.canonical import sha256_hex
from pixelhub.objects import ObjectNotFound, ObjectStore, ObjectStoreError, get_store
from pixelhub.objects.base import sha256_of

if TYPE_CHECKING:
    from pixelhub.accounts.models import User
    from pixelhub.backups.snapshots import DatabaseCopy

__all__ = ["backup_make", "backup_plan", "backups_expire"]

NO_KEYS: Final = (
    "The key files are NOT in this backup. Keep SIGNING_KEY_FILE, SESSION_TEXT_KEY_FILE and SECRET_KEY apart from it; "
    "without them a restored hub can't sign as before, nor open the words of conversations that were going on."
)


#: What a store, a database or its programs answer; each is told of as a failed backup.
_DATABASE: Final = (sqlite3.Error, psycopg.Error, DatabaseError)
_FAILURES: Final = (BackupRefused, ObjectStoreError, ObjectNotFound, OSError, *_DATABASE)


def backup_make(
    *, place: ObjectStore, actor: User | None, passphrase: str = "", say: Progress = lambda *told: None
) -> dict[str, Any]:
    """One whole backup of database, objects and (with a passphrase) keys; then what retention no longer keeps goes.

    Answers a report in plain JSON. Raises BackupRefused: beside another one nothing is begun; after any failure there
    is no manifest, and so no backup, and an event tells of it.
    """
    with sole():
        try:
            report = _made(place, passphrase, say)
        except _FAILURES as error:
            reason = _reason(error)
            with transaction.atomic():
                record(action="backup.fail", actor=actor, payload={"reason": reason})
            raise BackupRefused(reason) from None
        report["expiry"] = _expiry(place)
        payload = {key: report[key] for key in ("name", "manifest_sha256", "objects", "bytes", "copied", "seconds")}
        with transaction.atomic():
            record(action="backup.make", actor=actor, payload=payload | {"expired": report["expiry"]["expired"][:50]})
        return report


def backup_plan(*, place: ObjectStore) -> dict[str, Any]:
    """What a backup would read now; nothing is written."""
    keeper = Keeper(get_store(), place, known=_entries(_last_document(place)), folder=Path(settings.VAR_DIR))
    stats = list(get_store().list())
    new = [stat for stat in stats if not keeper.is_known(stat)]
    return {
        "dry_run": True,
        "database": connection.vendor,
        "objects": len(stats),
        "bytes": sum(stat.size for stat in stats),
        "to_read": len(new),
        "to_read_bytes": sum(stat.size for stat in new),
        "backups": backup_names(place),
    }


def backups_expire(*, place: ObjectStore, today: datetime) -> dict[str, Any]:
    """Remove what BACKUP_KEEP_* no longer keep: manifests first, then what no manifest names. Under the lock only.

    The newest backup always stays. While any manifest cannot be read, no object goes. Answers what went.
    """
    names = backup_names(place)
    wanted = (settings.BACKUP_KEEP_DAILY, settings.BACKUP_KEEP_WEEKLY, settings.BACKUP_KEEP_MONTHLY)
    kept = kept_by_retention(names, today, *wanted) | set(names[-1:])
    expired = [name for name in names if name not in kept]
    for name in expired:
        place.delete(file_key(name, MANIFEST))
    for key in unfinished_files(place):
        place.delete(key)
    told: dict[str, Any] = {"kept": sorted(kept), "expired": expired, "objects": 0, "unreadable": []}
    needed: set[str] = set()
    for name in told["kept"]:
        try:
            needed |= {entry["sha256"] for entry in read_manifest(place, name)["objects"]}
        except BackupDamaged:
            told["unreadable"].append(name)
    if not told["unreadable"]:
        for stat in list(place.list(OBJECTS)):
            if stat.key.rpartition("/")[2] not in needed:
                place.delete(stat.key)
                told["objects"] += 1
    return told


def _expiry(place: ObjectStore) -> dict[str, Any]:
    """What expired; a place that refuses to delete does not make the backup that stands there a failed one."""
    try:
        return backups_expire(place=place, today=datetime.now(UTC)) | {"error": ""}
    except ObjectStoreError as error:
        return {"kept": [], "expired": [], "objects": 0, "unreadable": [], "error": str(error)[:300]}


def _made(place: ObjectStore, passphrase: str, say: Progress) -> dict[str, Any]:
    began, started = monotonic(), datetime.now(UTC)
    last = _last_document(place)
    _refuse_another_hubs(last)
    name = _free_name(place, started)
    folder = scratch(Path(settings.VAR_DIR) / "backup-work")
    keeper = Keeper(get_store(), place, known=_entries(last), folder=folder)
    engine = postgres if connection.vendor == "postgresql" else sqlitefile
    try:
        gathered = gather(get_store(), keeper, lambda: engine.dump(folder), say)
        database = _stored_database(place, name, gathered.database)
        document = _document(name, started, gathered, database)
        document["keys"] = _stored_keys(place, name, passphrase)
    finally:
        scratch(folder)
    manifest = manifest_bytes(document)
    place.put(file_key(name, MANIFEST), manifest)
    read_manifest(place, name)
    return {
        "name": name,
        "manifest_sha256": sha256_hex(manifest),
        "objects": len(gathered.entries),
        "bytes": sum(entry["bytes"] for entry in gathered.entries) + database["bytes"],
        "database_bytes": database["bytes"],
        "rows": sum(gathered.database.tables.values()),
        "audit_events": gathered.database.audit[0],
        "copied": keeper.copied,
        "copied_bytes": keeper.copied_bytes,
        "read_bytes": keeper.read_bytes,
        "vanished": gathered.vanished,
        "later_heads": len(gathered.later_heads),
        "keys": "sealed" if passphrase else "apart",
        "warning": "" if passphrase else NO_KEYS,
        "seconds": round(monotonic() - began, 3),
    }


def _free_name(place: ObjectStore, moment: datetime) -> str:
    """A name after those that are there, also in the same second and where the clock was set back within the day.

    The last of a day stays: a new backup that is named before an old one would expire as soon as it is made.
    """
    day = moment + timedelta(days=1)
    ahead = [made for made in map(made_at, backup_names(place)) if moment - timedelta(seconds=1) < made <= day]
    return max([moment, *(made + timedelta(seconds=1) for made in ahead)]).strftime(NAME_FORMAT)


def _last_document(place: ObjectStore) -> dict[str, Any] | None:
    """The newest manifest that can be read."""
    for name in reversed(backup_names(place)):
        try:
            return read_manifest(place, name)
        except BackupDamaged:
            continue
    return None


def _entries(last: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    return {entry["key"]: entry for entry in last["objects"]} if last else {}


def _refuse_another_hubs(last: dict[str, Any] | None) -> None:
    """Two hubs in one place would expire each other's backups, a restored copy of this one as well."""
    audit = last["database"]["audit"] if last else {"seq": 0}
    if last and audit["seq"] and not AuditEvent.objects.filter(seq=audit["seq"], hash=audit["hash"]).exists():
        raise BackupRefused(
            f"The newest backup in this place, {last['name']}, is not of this hub's past: event {audit['seq']:,} of "
            "its audit trail is not in this one. It is another hub's, or of a time that a restore undid. Name another "
            "place (BACKUP_URL); this one stays as it is."
        )


def _reason(error: Exception) -> str:
    """Ours in full; of a database the kind alone, since its words may quote rows."""
    if isinstance(error, _DATABASE):
        return f"The database could not be read ({type(error).__name__}); the log of the database says more."
    return str(error)[:300]


def _stored_database(place: ObjectStore, name: str, copy: DatabaseCopy) -> dict[str, Any]:
    """The copy's place in the manifest, once it lies there, read back and compared."""
    with copy.path.open("rb") as stream:
        digest = sha256_of(stream)
    key = file_key(name, copy.path.name)
    stored = place.put(key, copy.path)
    if stored.sha256 != digest or place.sha256(key) != digest:
        raise ObjectStoreError(f"{key} did not arrive as it was sent")
    return {"file": copy.path.name, "bytes": stored.size, "sha256": digest}


def _stored_keys(place: ObjectStore, name: str, passphrase: str) -> dict[str, Any] | None:
    if not passphrase:
        return None
    sealed = sealedkeys.sealed_keys(passphrase)
    place.put(file_key(name, sealedkeys.FILE), sealed)
    return {"file": sealedkeys.FILE, "bytes": len(sealed), "sha256": sha256_hex(sealed)}


def _document(name: str, started: datetime, gathered: Gathered, database: dict[str, Any]) -> dict[str, Any]:
    copy = gathered.database
    return {
        "format": FORMAT,
        "name": name,
        "started_at": started.isoformat(timespec="seconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "database": {
            **database,
            "engine": connection.vendor,
            "versions": copy.versions,
            "tables": copy.tables,
            "audit": {"seq": copy.audit[0], "hash": copy.audit[1]},
            "migrations": sorted([*step] for step in MigrationRecorder(connection).applied_migrations()),
        },
        "objects": gathered.entries,
        "later_heads": gathered.later_heads,
        "vanished": gathered.vanished,
    }
