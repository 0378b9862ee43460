"""Daily snapshots of what must not be lost: each object once under its hash, a manifest per snapshot, last.

    daily/objects/ab/abcdef…            one copy per content, whatever number of snapshots holds it
    daily/days/2026-11-20T023000Z/manifest.json    key, bytes, SHA-256 and ETag of every object at that moment

What has not changed since the last snapshot costs no bytes. A manifest appears only when every object that it names
lies there, read back and compared. Expiry removes manifests first and then what none of the others names; it never
touches the last good one, and removes no object while any manifest cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from datasets_app.models import StoreWork
from pixelhub.audit.services import record
from pixelhub.backups.retention import kept_by_retention
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.jobs.base import JobContext, JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import (
    ObjectChanged,
    ObjectNotFound,
    ObjectStat,
    ObjectStore,
    ObjectStoreError,
    get_store,
)
from pixelhub.objects.base import check_foreign_key, sha256_of

from .errors import StorageRefused
from .inventory import shown_name
from .snapshot_pool import (
    FORMAT,
    ROOT,
    manifest_key,
    object_key,
    pool_of,
    snapshot_entries,
    snapshot_names,
    snapshot_problems,
    snapshot_store,
)

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

SNAPSHOT: Final = "store.snapshot"
_TRIES = 3
# An object that no manifest names may belong to a snapshot that is being written elsewhere.
_GRACE = timedelta(days=1)


@dataclass
class Expiry:
    """What an expiry removed, and what kept it from removing more."""

    kept: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    objects: int = 0
    bytes: int = 0
    unreadable: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "kept": self.kept,
            "expired": self.expired,
            "objects_removed": self.objects,
            "bytes_removed": self.bytes,
            "unreadable": self.unreadable,
        }


def snapshot_start(*, actor: User | None, project: Project | None) -> StoreWork:
    """Queue a snapshot, or answer the one that waits or runs: two at once could expire what the other needs."""
    with transaction.atomic():
        for work in StoreWork.objects.filter(kind=StoreWork.Kind.SNAPSHOT).select_related("job")[:20]:
            if not work.is_ended:
                return work
        work = StoreWork.objects.create(
            kind=StoreWork.Kind.SNAPSHOT,
            name=f"{timezone.now():%Y-%m-%dT%H%M%SZ}",
            source=" ".join(settings.SNAPSHOT_PREFIXES)[:500],
            target=(settings.SNAPSHOT_STORE_URL or ROOT)[:500],
            created_by=actor,
        )
        work.job = job_enqueue(
            kind=SNAPSHOT,
            params={"work": work.pk},
            project=project,
            owner=actor,
            idempotency_key=f"store-snapshot-{work.pk}",
        )
        work.save(update_fields=["job"])
        record(action="store_snapshot.start", actor=actor, project=project, target=work, payload={"name": work.name})
        if project is not None:
            touch(f"project:{project.pk}:inventory")
    return work


def snapshot_run(*, work_id: int, ctx: JobContext) -> dict[str, Any]:
    """Copy what is new, verify it, write the manifest, expire what is too old. Safe to run again.

    Raises JobError when an object cannot be kept: then there is no manifest, and nothing expires.
    """
    work = StoreWork.objects.get(pk=work_id)
    _refuse_beside_another(work)
    StoreWork.objects.filter(pk=work.pk).exclude(state=StoreWork.State.DONE).update(
        state=StoreWork.State.RUNNING, error=""
    )
    source, target = get_store(), snapshot_store()
    try:
        entries, copied = _keep_objects(source, target, ctx)
        digest = _write_manifest(target, work.name, entries)
        expiry = snapshots_expire(target, today=timezone.now(), ctx=ctx)
    except (ObjectStoreError, ObjectNotFound) as error:
        raise JobError(f"The snapshot was given up: {error}.") from None
    report = {
        "objects": len(entries),
        "bytes": sum(entry["bytes"] for entry in entries),
        "copied": copied,
        "expiry": expiry.as_dict(),
    }
    with ctx.step(done=len(entries), total=len(entries), unit="objects", note="verified"):
        StoreWork.objects.filter(pk=work.pk).update(
            state=StoreWork.State.DONE, report=report, manifest_sha256=digest, error=""
        )
        StoreWork.objects.filter(kind=StoreWork.Kind.SNAPSHOT, name__in=expiry.expired).update(
            state=StoreWork.State.EXPIRED
        )
        record(
            action="store_snapshot.finish",
            actor=work.created_by,
            project=ctx.job.project,
            target=work,
            payload={"name": work.name, "objects": len(entries), "sha256": digest, "expired": expiry.expired[:50]},
        )
    return {"name": work.name, "manifest_sha256": digest, **report}


def snapshot_restore(*, name: str, prefix: str, actor: User | None, dry_run: bool) -> list[str]:
    """Put back the objects of a snapshot below `prefix` that the store has not, or has otherwise; answers their keys.

    Each is compared by hash before and after. Raises StorageRefused for a snapshot that is not good.
    """
    store, kept = get_store(), snapshot_store()
    problems = snapshot_problems(kept, name, thorough=False)
    if problems:
        raise StorageRefused(f"Snapshot {name} cannot be restored: {problems[0]}.")
    restored = []
    for entry in snapshot_entries(kept, name):
        key, digest = entry["key"], entry["sha256"]
        if not key.startswith(prefix) or (store.exists(key) and store.sha256(key) == digest):
            continue
        restored.append(key)
        if dry_run:
            continue
        with kept.open(object_key(digest)) as stream:
            store.put(key, stream)
        if store.sha256(key) != digest:
            raise StorageRefused(f"{key} did not arrive as it was.")
    if restored and not dry_run:
        with transaction.atomic():
            payload = {"name": name, "objects": len(restored), "prefix": prefix}
            record(action="store_snapshot.restore", actor=actor, project=None, target=None, payload=payload)
    return restored


def snapshots_expire(store: ObjectStore, *, today: datetime, ctx: JobContext | None = None) -> Expiry:
    """Remove the snapshots that retention does not keep, and objects that no snapshot names any more."""
    names = snapshot_names(store)
    keep = kept_by_retention(names, today, settings.SNAPSHOT_KEEP_DAILY, settings.SNAPSHOT_KEEP_WEEKLY)
    good = next((name for name in reversed(names) if not snapshot_problems(store, name, thorough=False)), None)
    expiry = Expiry(kept=[name for name in names if name in keep or name == good])
    if good is None:
        # Nothing is known to be whole: the least bad may be any of them.
        expiry.kept = names
        return expiry
    for name in names:
        if name not in expiry.kept:
            store.delete(manifest_key(name))
            expiry.expired.append(name)
    _remove_unnamed(store, expiry, today, ctx)
    return expiry


def _refuse_beside_another(work: StoreWork) -> None:
    """Two that were started in the same moment: the first goes on, the other changes nothing."""
    earlier = StoreWork.objects.filter(kind=StoreWork.Kind.SNAPSHOT, pk__lt=work.pk).select_related("job")[:20]
    if any(not other.is_ended for other in earlier):
        raise JobError("Another snapshot is being made.")


def _keep_objects(source: ObjectStore, target: ObjectStore, ctx: JobContext) -> tuple[list[dict[str, Any]], int]:
    known = _last_entries(target)
    pool = {digest: size for digest, (size, _) in pool_of(target).items()}
    same_store = not settings.SNAPSHOT_STORE_URL
    entries: list[dict[str, Any]] = []
    copied = 0
    for stat in _listed(source):
        ctx.progress(len(entries), unit="objects", note=shown_name(stat.key[:120]))
        before = known.get(stat.key)
        if before and (before["etag"], before["bytes"]) == (stat.etag, stat.size) and stat.etag:
            digest = str(before["sha256"])
        else:
            digest = ""
        if not digest or pool.get(digest) != stat.size:
            kept = _keep(source, target, stat, pool, same_store)
            if kept is None:
                continue
            stat, digest, new = kept
            copied += new
        entries.append({"key": stat.key, "bytes": stat.size, "sha256": digest, "etag": stat.etag})
    return entries, copied


def _listed(source: ObjectStore) -> Iterator[ObjectStat]:
    for prefix in _prefixes():
        yield from source.list(prefix)


def _prefixes() -> list[str]:
    """The prefixes in order, without those that lie within another: each object is listed once."""
    wanted = sorted(set(settings.SNAPSHOT_PREFIXES))
    return [one for one in wanted if not any(one != other and one.startswith(other) for other in wanted)]


def _last_entries(target: ObjectStore) -> dict[str, dict[str, Any]]:
    for name in reversed(snapshot_names(target)):
        try:
            return {entry["key"]: entry for entry in snapshot_entries(target, name)}
        except (ObjectNotFound, ObjectStoreError):
            continue
    return {}


def _keep(
    source: ObjectStore, target: ObjectStore, stat: ObjectStat, pool: dict[str, int], same_store: bool
) -> tuple[ObjectStat, str, bool] | None:
    """The object as it was kept, its hash and whether it is new in the pool; None when it was removed meanwhile."""
    try:
        check_foreign_key(stat.key)
    except ValueError as refused:
        raise ObjectStoreError(f"an object cannot be kept under its name: {refused}") from None
    for attempt in range(_TRIES):
        try:
            found = stat if not attempt else source.stat(stat.key)
            with source.open_range(found.key, etag=found.etag or None) as stream:
                digest = sha256_of(stream)
            if pool.get(digest) == found.size:
                return found, digest, False
            if same_store:
                target.copy(found.key, object_key(digest), etag=found.etag or None)
            else:
                with source.open_range(found.key, etag=found.etag or None) as stream:
                    target.put(object_key(digest), stream)
        except ObjectNotFound:
            return None
        except ObjectChanged:
            continue
        if target.sha256(object_key(digest)) != digest:
            target.delete(object_key(digest))
            raise ObjectStoreError(f"{found.key} was not copied as it is")
        pool[digest] = found.size
        return found, digest, True
    raise ObjectStoreError(f"{stat.key} keeps changing")


def _write_manifest(target: ObjectStore, name: str, entries: list[dict[str, Any]]) -> str:
    manifest = canonical_json(
        {
            "format": FORMAT,
            "name": name,
            "prefixes": _prefixes(),
            "objects": entries,
            "total": {"objects": len(entries), "bytes": sum(entry["bytes"] for entry in entries)},
        }
    )
    digest = sha256_hex(manifest)
    target.put(manifest_key(name), manifest)
    if target.sha256(manifest_key(name)) != digest:
        target.delete(manifest_key(name))
        raise ObjectStoreError(f"the manifest of snapshot {name} arrived damaged")
    return digest


def _remove_unnamed(store: ObjectStore, expiry: Expiry, today: datetime, ctx: JobContext | None) -> None:
    named: set[str] = set()
    for name in expiry.kept:
        try:
            named |= {entry["sha256"] for entry in snapshot_entries(store, name)}
        except (ObjectNotFound, ObjectStoreError):
            expiry.unreadable.append(name)
    if expiry.unreadable:
        return
    for digest, (size, modified) in pool_of(store).items():
        if digest not in named and modified is not None and modified < today - _GRACE:
            store.delete(object_key(digest))
            expiry.objects += 1
            expiry.bytes += size
            if ctx is not None:
                ctx.beat()
