"""When the last backup was made, as the trail tells: a place of backups may be slow, or away."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pixelhub.audit.models import AuditEvent

__all__ = ["BackupEvent", "backup_age_seconds", "backup_events", "last_backup"]


@dataclass(frozen=True, slots=True)
class BackupEvent:
    """One backup that was made, failed or restored. `facts` is what the event holds."""

    at: datetime
    action: str
    facts: dict[str, Any]

    @property
    def made(self) -> bool:
        return self.action == "backup.make"


def backup_events(*, most: int = 20) -> list[BackupEvent]:
    """The newest events of backups, newest first."""
    actions = ("backup.make", "backup.fail", "backup.restore")
    rows = AuditEvent.objects.filter(action__in=actions).order_by("-seq").values_list("at", "action", "payload_json")
    return [BackupEvent(datetime.fromisoformat(at), action, json.loads(facts)) for at, action, facts in rows[:most]]


def last_backup() -> BackupEvent | None:
    """The newest backup that was made whole; None where there was none yet."""
    row = AuditEvent.objects.filter(action="backup.make").order_by("-seq").values_list("at", "payload_json").first()
    return BackupEvent(datetime.fromisoformat(row[0]), "backup.make", json.loads(row[1])) if row else None


def backup_age_seconds(now: datetime | None = None) -> float | None:
    """Seconds since the newest whole backup was made, for a gauge; None where there was none yet."""
    last = last_backup()
    return None if last is None else ((now or datetime.now(UTC)) - last.at).total_seconds()
