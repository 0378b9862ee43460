"""The age of the last backup as a metric."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pixelhub.backups.selectors import backup_age_seconds
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.catalogue import Metric

__all__ = ["backup_facts"]


def backup_facts(now: datetime) -> Iterator[tuple[Metric, dict[str, str], float]]:
    """Since when no whole backup was made; nothing where there was none yet."""
    age = backup_age_seconds(now)
    if age is not None:
        yield known.BACKUP_AGE, {}, max(0.0, age)
