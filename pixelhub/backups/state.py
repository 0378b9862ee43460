"""What an administrator is told of backups, as the page says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings

from pixelhub.backups.selectors import BackupEvent, backup_events, last_backup

__all__ = ["BackupState", "backup_state"]

#: A night was missed, and half a day was there to notice it.
LATE: Final = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class BackupState:
    """`failed` is the newest failure since the last whole backup; `is_late` says that the last one is old or none."""

    last: BackupEvent | None
    failed: BackupEvent | None
    is_late: bool
    is_set_up: bool


def backup_state(now: datetime | None = None) -> BackupState:
    """The last whole backup, and what has gone wrong since."""
    last = last_backup()
    newest = next((event for event in backup_events(most=5) if event.action != "backup.restore"), None)
    return BackupState(
        last=last,
        failed=newest if newest is not None and not newest.made else None,
        is_late=last is None or (now or datetime.now(UTC)) - last.at > LATE,
        is_set_up=bool(settings.BACKUP_URL),
    )
