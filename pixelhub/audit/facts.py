"""The state of the audit trail as metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pixelhub.audit.models import AuditCheck
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.catalogue import Metric

__all__ = ["audit_facts"]


def audit_facts(now: datetime) -> Iterator[tuple[Metric, dict[str, str], float]]:
    """What the last check found and when; nothing where there was none."""
    last = AuditCheck.objects.order_by("-pk").only("at", "problems").first()
    if last is not None:
        yield known.AUDIT_INTACT, {}, float(not last.problems)
        yield known.AUDIT_CHECK_AGE, {}, max(0.0, (now - last.at).total_seconds())
