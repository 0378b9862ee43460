"""What the database says of safety, jobs and workers, as metrics: counts over all projects, no name and no text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Final

from django.db.models import Count, Q
from django.utils import timezone

from inference.models import Case, CaseEvent, CaseState, CaseWatch, EscalationTier, MissedCase, Webhook
from inference.selectors_drift import drift_facts
from pixelhub.audit.facts import audit_facts
from pixelhub.backups.facts import backup_facts
from pixelhub.jobs.facts import job_facts
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.catalogue import Metric

__all__ = ["case_facts", "facts"]

_TIERS: Final = {
    EscalationTier.ON_CALL: "on_call",
    EscalationTier.CLINICAL_LEAD: "clinical_lead",
    EscalationTier.ADMINISTRATORS: "administrators",
}
Fact = tuple[Metric, dict[str, str], float]


def facts() -> dict[tuple[str, ...], float]:
    """All facts as series: (metric, values of its labels) -> value."""
    series: defaultdict[tuple[str, ...], float] = defaultdict(float)
    now = timezone.now()
    told = (job_facts(now), case_facts(now), audit_facts(now), backup_facts(now), drift_facts(now))
    for metric, labels, value in chain.from_iterable(told):
        series[metric.name, *metric.values_of(labels)] += value
    return {**series, (known.FACTS_READABLE.name,): 1.0}


def case_facts(now: datetime) -> Iterator[Fact]:
    """Cases that wait, what happened to cases, crises that were missed, and webhooks that are off."""
    watch = CaseWatch.objects.filter(pk=1).first()
    if watch is not None:
        yield known.CASE_WATCH_AGE, {}, max(0.0, (now - watch.looked_at).total_seconds())
    unclosed = Case.objects.exclude(state=CaseState.CLOSED)
    for state in unclosed.values("level", "state").annotate(n=Count("pk")).order_by():
        yield known.CASES, {"level": state["level"], "state": state["state"]}, state["n"]
    overdue = dict.fromkeys(EscalationTier, 0)
    late = Q(state=CaseState.OPEN, acknowledge_due__lt=now) | Q(state=CaseState.ACKNOWLEDGED, verify_due__lt=now)
    for asked in unclosed.filter(late).values("tier").annotate(n=Count("pk")).order_by():
        overdue[EscalationTier(asked["tier"])] = asked["n"]
    for tier, count in overdue.items():
        yield known.CASES_OVERDUE, {"tier": _TIERS[tier]}, count
    happened = dict.fromkeys(CaseEvent.Kind.values, 0)
    happened |= {row["kind"]: row["n"] for row in CaseEvent.objects.values("kind").annotate(n=Count("pk")).order_by()}
    for kind, count in happened.items():
        yield known.CASE_EVENTS, {"kind": kind}, count
    missed = dict.fromkeys(("emergency", "urgent", "severe"), 0)
    missed |= {row["level"]: row["n"] for row in MissedCase.objects.values("level").annotate(n=Count("pk")).order_by()}
    for level, count in missed.items():
        yield known.MISSED, {"level": level}, count
    off = Webhook.objects.filter(disabled_at__isnull=False, removed_at__isnull=True)
    yield known.WEBHOOKS_DISABLED, {}, off.count()
