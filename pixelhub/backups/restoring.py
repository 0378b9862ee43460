"""Putting a backup into an empty place (see `fitting` for what is refused, `proving` for what is checked after)."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings

from pixelhub.backups import postgres, sealedkeys, sqlitefile
from pixelhub.backups.copying import each
from pixelhub.backups.errors import BackupDamaged
from pixelhub.backups.fitting import held_keys, standing_key, standing_objects
from pixelhub.backups.gathering import Progress, scratch
from pixelhub.backups.layout import file_key, object_key, read_manifest
from pixelhub.backups.lock import sole
from pixelhub.backups.proving import Restored, prove, report_of
from pixelhub.backups.verifying import backup_problems
from pixelhub.objects import ObjectStore, ObjectStoreError, get_store
from pixelhub.objects.base import CHUNK
from pixelhub.secretfile import write_once
from pixelhub.signing import PublicKey

__all__ = ["backup_restore"]


def backup_restore(
    *,
    place: ObjectStore,
    name: str,
    passphrase: str = "",
    trusted: PublicKey | None = None,
    dry_run: bool = False,
    say: Progress = lambda *told: None,
) -> Restored:
    """Restore into an empty database and an empty object store, once every byte of the backup was read and compared.

    Objects come first, the database last and in one piece: a restore that was killed leaves a place without a hub in
    it, never half of one, and goes on from there when it is asked again. Raises BackupRefused for a place that is not
    empty and for programs, code or a database that do not fit, BackupDamaged naming each file that is missing or
    changed; then nothing was written.
    """
    with sole():
        began = monotonic()
        document = read_manifest(place, name, trusted=trusted or standing_key(place, name))
        standing = standing_objects(document)
        held = held_keys(place, document, passphrase)
        problems = backup_problems(place, document, say)
        if problems:
            raise BackupDamaged(name, problems)
        report = report_of(document, dry_run)
        report.seconds["verify"] = round(monotonic() - began, 3)
        if not dry_run:
            began = monotonic()
            _write(place, document, held, standing, report, say)
            report.seconds["write"] = round(monotonic() - began, 3)
            began = monotonic()
            prove(document, report)
            report.seconds["check"] = round(monotonic() - began, 3)
        return report


def _write(
    place: ObjectStore,
    document: dict[str, Any],
    held: dict[str, bytes],
    standing: set[str],
    report: Restored,
    say: Progress,
) -> None:
    store = get_store()
    entries = [entry for entry in document["objects"] if entry["key"] not in standing]
    report.went_on_from = len(standing)
    for done, _ in enumerate(each(entries, lambda entry: _put_back(place, store, entry)), start=1):
        say(done, len(entries), "putting objects back")
    report.keys = sealedkeys.keys_write(held)
    public = settings.SIGNING_PUBLIC_KEY_FILE
    if not public.exists():
        public.parent.mkdir(parents=True, exist_ok=True)
        write_once(public, document["public_key"].encode("ascii"))
    say(0, 0, "putting the database back")
    folder = scratch(Path(settings.VAR_DIR) / "backup-work")
    try:
        path = folder / document["database"]["file"]
        with place.open(file_key(document["name"], path.name)) as source, path.open("wb") as sink:
            while chunk := source.read(CHUNK):
                sink.write(chunk)
        if document["database"]["engine"] == "postgresql":
            postgres.load(path, document["database"]["versions"])
        else:
            sqlitefile.load(path)
    finally:
        scratch(folder)


def _put_back(place: ObjectStore, store: ObjectStore, entry: dict[str, Any]) -> None:
    with place.open(object_key(entry["sha256"])) as stream:
        arrived = store.put(entry["key"], stream, foreign=True).sha256
    if arrived != entry["sha256"]:
        raise ObjectStoreError(f"{entry['key']} did not arrive as it was")
