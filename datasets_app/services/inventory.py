"""The inventory: one pass over the listing of the store, sorted by family, written in one step."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import zstandard
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from datasets_app.corpus import taxonomy
from datasets_app.corpus.routing import Routing, load_routing
from datasets_app.models import InventoryEntry
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.jobs.models import Job
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import ObjectNotFound, ObjectStat, ObjectStore, ObjectStoreError, get_store
from pixelhub.objects.base import CHUNK, check_foreign_key

from .ingest import StepContext

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

UNROUTED: Final = "unrouted"
REFRESH: Final = "inventory.refresh"
_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 8 << 20
_LINES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
# Names of what a copy leaves behind when it ends early.
_UNFINISHED = (".partial", ".part", ".tmp", ".crdownload", ".download")
_EXAMPLES = 200
_MOST_COUNTED = 2_000
_REPORT_EVERY = 500


@dataclass
class _Tally:
    """What the listing says of one family or other part."""

    objects: int = 0
    bytes: int = 0
    newest: datetime | None = None
    problems: list[str] = field(default_factory=list)
    manifests: list[str] = field(default_factory=list)
    countable: list[ObjectStat] | None = field(default_factory=list)
    countable_bytes: int = 0
    uncounted: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, stat: ObjectStat) -> None:
        self.objects += 1
        self.bytes += stat.size
        if stat.modified is not None:
            self.newest = max(self.newest or stat.modified, stat.modified)
        if not _is_readable(stat.key):
            self.problem(f"{stat.key} has a name under which it cannot be read")
        elif not stat.size:
            self.problem(f"{stat.key} is empty")
        elif stat.key.lower().endswith(_UNFINISHED):
            self.problem(f"{stat.key} is the rest of a copy that broke off")
        elif stat.key.rpartition("/")[2] == _MANIFEST:
            self.manifests.append(stat.key)
        elif stat.key.lower().endswith(_LINES):
            self._remember(stat)
        else:
            self.uncounted += 1

    def problem(self, text: str) -> None:
        if len(self.problems) < _EXAMPLES:
            self.problems.append(shown_name(text))

    def example(self, stat: ObjectStat) -> None:
        if len(self.examples) < _EXAMPLES:
            self.examples.append({"key": shown_name(stat.key), "bytes": stat.size})

    def _remember(self, stat: ObjectStat) -> None:
        """Counting lines means reading: only where all of a family together is little."""
        if self.countable is None:
            return
        self.countable_bytes += stat.size
        self.countable.append(stat)
        if self.countable_bytes > settings.INVENTORY_COUNT_BYTES or len(self.countable) > _MOST_COUNTED:
            self.countable = None


def shown_name(name: str) -> str:
    """A foreign name fit to store and show: what is no character, or none that prints, becomes a question mark."""
    return "".join(char if char.isprintable() else "?" for char in name)


def _is_readable(key: str) -> bool:
    try:
        check_foreign_key(key)
    except ValueError:
        return False
    return True


def inventory_start(*, project: Project | None, actor: User | None) -> Job:
    """Queue a refresh, or answer the one that waits or runs already."""
    with transaction.atomic():
        running = open_refresh()
        if running is not None:
            return running
        job = job_enqueue(kind=REFRESH, params={}, project=project, owner=actor)
        record(action="inventory.start", actor=actor, project=project, target=job, payload={})
    return job


def open_refresh() -> Job | None:
    """The refresh that waits or runs."""
    return Job.objects.filter(kind=REFRESH, state__in=("queued", "running")).order_by("pk").first()


def current_routing() -> Routing:
    """The operator's routing table (ROUTING_FILE), or ours. Raises RoutingInvalid."""
    return load_routing(Path(settings.ROUTING_FILE) if settings.ROUTING_FILE else None)


def inventory_refresh(*, ctx: StepContext, actor: User | None = None, project: Project | None = None) -> dict[str, Any]:
    """List the store once, sweep what killed writers left, count records where that is cheap, write all in one step.

    Memory holds one page of the listing, a few hundred examples and what can be counted (bounded).
    Raises ObjectStoreError when the store cannot be listed; then the last inventory stays.
    """
    store, routing = get_store(), current_routing()
    tallies = _listed(store, routing, ctx)
    for family, expected in routing.expected.items():
        if 0 < tallies[family].objects < expected:
            tallies[family].problem(f"{tallies[family].objects} of {expected} expected objects")
    counts: dict[str, int | None] = {}
    total = sum(tally.objects for tally in tallies.values())
    for family in taxonomy.FAMILIES:
        ctx.progress(total, total, unit="objects", note=f"counting {family}")
        counts[family] = _records(store, tallies[family])
    swept = _sweep(store)
    now = timezone.now()
    with ctx.step(done=total, total=total, unit="objects", note="writing"):
        for name, tally in tallies.items():
            _write(name, tally, counts.get(name), routing, now)
        InventoryEntry.objects.exclude(family__in=tallies).delete()
        report = _report(tallies, counts) | {"swept": swept}
        record(action="inventory.refresh", actor=actor, project=project, target=None, payload=report)
        for pk in Project.objects.values_list("pk", flat=True):
            touch(f"project:{pk}:inventory")
    return report


def _sweep(store: ObjectStore) -> int:
    """Drafts and parts that killed writers left; a store that does not let us look keeps them."""
    try:
        return store.sweep()
    except ObjectStoreError:
        return 0


def _listed(store: ObjectStore, routing: Routing, ctx: StepContext) -> dict[str, _Tally]:
    tallies = {name: _Tally() for name in (*taxonomy.FAMILIES, *routing.areas, UNROUTED)}
    for number, stat in enumerate(store.list(), start=1):
        route = routing.of(stat.key)
        tally = tallies[route.name if route else UNROUTED]
        tally.add(stat)
        if route is None:
            tally.example(stat)
        if number % _REPORT_EVERY == 0:
            ctx.progress(number, unit="objects", note=shown_name(stat.key.rpartition("/")[0][:100]))
    return tallies


def _records(store: ObjectStore, tally: _Tally) -> int | None:
    """Records of a family: from its manifests where they say, else by lines where all of it is little; else None."""
    if not tally.objects:
        return 0
    if tally.manifests:
        told = [_from_manifest(store, key, tally) for key in tally.manifests]
        known = [count for count in told if count is not None]
        if len(known) == len(told):
            return sum(known)
    if tally.countable is None or tally.uncounted:
        return None
    counted = 0
    for key, data in store.read_many(tally.countable):
        try:
            counted += _count_lines(_unpacked(key, data))
        except (OSError, EOFError, zstandard.ZstdError):
            tally.problem(f"{key} cannot be unpacked")
    return counted


def _unpacked(key: str, data: bytes) -> BinaryIO:
    packed = io.BytesIO(data)
    if key.lower().endswith(".gz"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=packed))
    if key.lower().endswith(".zst"):
        return cast(BinaryIO, zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True))
    return packed


def _count_lines(stream: BinaryIO) -> int:
    """Lines with something in them, in the memory of a chunk however long a line is."""
    lines, begun = 0, False
    while chunk := stream.read(CHUNK):
        *ended, last = chunk.split(b"\n")
        for piece in ended:
            lines += begun or (not piece.isspace() and bool(piece))
            begun = False
        begun = begun or bool(last.strip())
    return lines + begun


def _from_manifest(store: ObjectStore, key: str, tally: _Tally) -> int | None:
    """The records that a manifest counts; what it lists and the store has not, or otherwise, is a problem."""
    try:
        if store.stat(key).size > _LARGEST_MANIFEST:
            return None
        manifest = json.loads(store.read(key))
    except (ObjectNotFound, ObjectStoreError, ValueError, RecursionError):
        tally.problem(f"{key} cannot be read")
        return None
    if not isinstance(manifest, dict):
        return None
    folder = key.removesuffix(_MANIFEST)
    listed = dict(_files_of(manifest))
    if listed:
        there = {stat.key.removeprefix(folder): stat.size for stat in store.list(folder)}
        for path, size in listed.items():
            if path not in there:
                tally.problem(f"{folder}{path} is in the manifest and not in the store")
            elif size is not None and there[path] != size:
                tally.problem(f"{folder}{path} has another size than in the manifest")
    counts = manifest.get("counts")
    for holder in (counts if isinstance(counts, dict) else {}, manifest):
        for name in ("total", "records", "total_records"):
            if isinstance(holder.get(name), int) and not isinstance(holder[name], bool) and holder[name] >= 0:
                return int(holder[name])
    return None


def _files_of(manifest: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    files = manifest.get("files")
    for entry in files if isinstance(files, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("path"), str):
            size = entry.get("bytes", entry.get("size"))
            yield entry["path"], size if isinstance(size, int) else None


def _write(name: str, tally: _Tally, records: int | None, routing: Routing, now: datetime) -> None:
    if name in taxonomy.FAMILIES:
        kind = InventoryEntry.Kind.FAMILY
    else:
        kind = InventoryEntry.Kind.UNROUTED if name == UNROUTED else InventoryEntry.Kind.AREA
    problems = tally.problems if kind == InventoryEntry.Kind.FAMILY else []
    status = InventoryEntry.Status.INCOMPLETE if problems else InventoryEntry.Status.PRESENT
    InventoryEntry.objects.update_or_create(
        family=name,
        defaults={
            "kind": kind,
            "status": status if tally.objects else InventoryEntry.Status.MISSING,
            "objects_count": tally.objects,
            "bytes_total": tally.bytes,
            "records_count": records,
            "newest": tally.newest,
            "refreshed_at": now,
            "detail": {"problems": problems, "paths": routing.paths_of(name), "examples": tally.examples},
        },
    )


def _report(tallies: dict[str, _Tally], counts: dict[str, int | None]) -> dict[str, Any]:
    families = {name: tallies[name] for name in taxonomy.FAMILIES}
    return {
        "objects": sum(tally.objects for tally in tallies.values()),
        "bytes": sum(tally.bytes for tally in tallies.values()),
        "present": sum(bool(t.objects) and not t.problems for t in families.values()),
        "incomplete": sum(bool(t.problems) for t in families.values()),
        "missing": sum(not t.objects for t in families.values()),
        "unrouted": tallies[UNROUTED].objects,
        "records": sum(count or 0 for count in counts.values()),
    }
