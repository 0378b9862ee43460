"""Proving what stands after a restore, and telling of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from pixelhub.audit.models import AuditEvent
from pixelhub.audit.services import record
from pixelhub.backups import postgres, sqlitefile
from pixelhub.backups.fitting import standing_key
from pixelhub.backups.layout import read_manifest
from pixelhub.objects import ObjectStore

__all__ = ["Restored", "prove", "report_of", "restored_checks"]

_MIGRATE: Final = "The code is newer than this backup: run `manage.py migrate`, then `manage.py restore NAME --check`."


@dataclass
class Restored:
    """What a restore did. `checks` are [what, how many, problems]; `problems` is all that is wrong, empty when well.

    `went_on_from` are the objects that an earlier attempt, killed on its way, had put back already.
    """

    name: str
    dry_run: bool
    objects: int
    rows: int
    bytes: int
    went_on_from: int = 0
    keys: list[str] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    to_do: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        return [problem for check in self.checks for problem in check["problems"]]


def restored_checks(*, place: ObjectStore, name: str) -> Restored:
    """The checks after a restore alone, for one that had to migrate first: rows are not compared then."""
    document = read_manifest(place, name, trusted=standing_key(place, name))
    report = report_of(document, dry_run=False)
    if _lacks_migrations():
        report.to_do = _MIGRATE
        return report
    report.checks = _asked()
    later = AuditEvent.objects.filter(action="backup.restore", seq__gt=document["database"]["audit"]["seq"])
    if not later.exists():  # it had to migrate before it could write one, or was killed between database and event
        _tell(document, report)
    return report


def report_of(document: dict[str, Any], dry_run: bool) -> Restored:
    """What a backup holds, before anything was done with it."""
    size = sum(entry["bytes"] for entry in document["objects"]) + document["database"]["bytes"]
    rows = sum(document["database"]["tables"].values())
    return Restored(document["name"], dry_run, len(document["objects"]), rows, size)


def prove(document: dict[str, Any], report: Restored) -> None:
    """Rows as of the backup, before anything is written here; then what the apps know to ask; then an event."""
    counted = postgres.counts() if connection.vendor == "postgresql" else sqlitefile.counts()
    expected = document["database"]["tables"]
    different = sorted(table for table in expected.keys() | counted.keys() if expected.get(table) != counted.get(table))
    wrong = [f"{table}: {counted.get(table)} rows, not {expected.get(table)}" for table in different]
    report.checks.append({"what": "rows of every table", "checked": sum(counted.values()), "problems": wrong})
    if _lacks_migrations():
        report.to_do = _MIGRATE
        return
    report.checks += _asked()
    _tell(document, report)


def _lacks_migrations() -> bool:
    """Whether the code here has migrations that the database has not."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _tell(document: dict[str, Any], report: Restored) -> None:
    """The event that everything after it happened on a restored hub."""
    with transaction.atomic():
        payload = {"name": document["name"], "audit_seq": document["database"]["audit"]["seq"]}
        record(action="backup.restore", payload={**payload, "problems": len(report.problems)})


def _asked() -> list[dict[str, Any]]:
    checks: list[Callable[[], tuple[str, int, list[str]]]] = [import_string(name) for name in settings.BACKUP_CHECKS]
    answers = [check() for check in checks]
    return [{"what": what, "checked": checked, "problems": problems} for what, checked, problems in answers]
