"""What the processes of benchmarks.backup_drill do, each in the configuration of the hub at hand."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from benchmarks.labelling_setup import make_records
from pixelhub.accounts.services import project_create
from pixelhub.audit.services import Act, record, record_all
from pixelhub.backups.layout import named, open_place, read_manifest
from pixelhub.backups.restoring import backup_restore
from pixelhub.backups.services import backup_make
from pixelhub.backups.verifying import backup_problems
from pixelhub.canonical import sha256_json
from pixelhub.objects import get_store

_BLOCK: Final = 500
#: Seconds that writers write alone first: what their waits during the backup are compared with.
ALONE_S: Final = 5.0


def fill(conversations: int, events: int, objects: int, kib: int) -> None:
    """A project's conversations, events of the trail, and objects, each of its own content."""
    store = get_store()
    store.put("imports/benchmark.jsonl", b"{}\n")
    make_records(project_create(slug="drill", name="Drill"), conversations)
    for start in range(0, events, _BLOCK):
        count = min(_BLOCK, events - start)
        with transaction.atomic():
            record_all([Act(action="drill.write", payload={"number": start + n}) for n in range(count)])
    for number in range(objects):
        store.put(f"drill/{number // 100}/{number}.bin", os.urandom(kib << 10))


def take_part(folder: str, place: str, role: str) -> Any:
    """One of those at work at once: "backup", or a writer's name."""
    return back_up(folder, place) if role == "backup" else write_until(folder, role)


def back_up(folder: str, place: str) -> dict[str, Any]:
    """A backup beside writers that have written alone for a while; when it began and ended, by the machine's clock."""
    try:
        time.sleep(ALONE_S)
        began = time.monotonic()
        report = backup_make(place=open_place(place), actor=None)
        return report | {"began": began, "ended": time.monotonic()}
    finally:
        Path(folder, "stop").touch()


def write_until(folder: str, name: str) -> list[tuple[float, float]]:
    """An object and the row that tells of it, again and again; when each began, and the seconds until both stood."""
    store, waits = get_store(), []
    while not Path(folder, "stop").exists():
        began = time.monotonic()
        store.put(f"live/{name}/{len(waits)}.bin", os.urandom(512))
        with transaction.atomic():
            record(action="drill.write", payload={"live": len(waits)})
        waits.append((began, time.monotonic() - began))
        time.sleep(0.02)
    return waits


def again(place: str) -> dict[str, Any]:
    """A second backup that nobody writes beside, every byte of it read, and what the store holds."""
    where = open_place(place)
    report = backup_make(place=where, actor=None)
    began = time.monotonic()
    problems = backup_problems(where, read_manifest(where, report["name"]))
    return {"report": report, "verify_s": round(time.monotonic() - began, 3), "problems": problems, "held": held()}


def restore(place: str) -> dict[str, Any]:
    """The newest backup into this empty place: seconds of each part, what was checked, and what the store holds."""
    where = open_place(place)
    report = backup_restore(place=where, name=named(where, "last"))
    return {"seconds": report.seconds, "checks": report.checks, "problems": report.problems, "held": held()}


def held() -> str:
    """A digest over every key and the SHA-256 of its content."""
    store = get_store()
    return sha256_json({stat.key: store.sha256(stat.key) for stat in store.list()})
