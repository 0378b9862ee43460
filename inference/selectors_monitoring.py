"""How safely and how fast a project was answered within a window: the reports' figures, read from counted slots.

A window begins at the border of a slot. What a page costs is bounded by the slots of its window, never by the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Q, Sum
from django.utils import timezone

from datasets_app.corpus.intervals import wilson
from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.engine.reports.buckets import quantiles_of, slot_of
from inference.engine.reports.performance import performance_measures
from inference.engine.reports.rules import Measure
from inference.engine.reports.safety import EVENTS, INVALID_STATUS, safety_measures
from inference.models import (
    AnswerSlot,
    Case,
    CaseEvent,
    CaseState,
    LoadSlot,
    MissedCase,
    MonitorWatch,
    RefusalSlot,
    ScoreBatch,
    Stretch,
)
from inference.selectors_drift import Drift, drift_of_project

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project

__all__ = ["WINDOWS", "Figures", "Window", "figures_of", "watch_state"]


@dataclass(frozen=True)
class Window:
    """A length of time up to now, the slots that it is read from, and the seconds that a point of a plot stands for."""

    name: str
    label: str
    length: timedelta
    stretch: int
    plotted: int

    def since(self, now: datetime) -> datetime:
        """Where it begins: the border of a slot."""
        return slot_of(now - self.length, self.stretch)


WINDOWS: Final[dict[str, Window]] = {
    window.name: window
    for window in (
        Window("1h", "hour", timedelta(hours=1), Stretch.SHORT, 300),
        Window("24h", "24 hours", timedelta(hours=24), Stretch.SHORT, 1800),
        Window("7d", "7 days", timedelta(days=7), Stretch.LONG, 3 * 3600),
        Window("30d", "30 days", timedelta(days=30), Stretch.LONG, 12 * 3600),
    )
}


@dataclass(frozen=True)
class Figures:
    """One window of a project. `safety` and `performance` have the parts of the reports over logs of the same names.

    `slots` are the counted answers in the order of time, for plots; `versions` the same figures by model version.
    `drift` is of the last day whatever the window; None where no version is in production.
    """

    window: Window
    since: datetime
    until: datetime
    safety: dict[str, Any]
    performance: dict[str, Any]
    overdue: int
    slots: list[AnswerSlot]
    refusals: dict[tuple[int, str], int]
    versions: dict[str, dict[str, Any]]
    load: dict[str, Any]
    drift: Drift | None

    @property
    def measures(self) -> dict[str, Measure]:
        """Every figure that has a rule, by the rule's name."""
        found = [*safety_measures(self.safety), *performance_measures(self.performance)]
        found.append(Measure("cases_overdue", self.overdue, self.overdue))
        told = [each.psi for each in self.drift.features if each.psi is not None] if self.drift else []
        found.append(Measure("drift_psi", max(told, default=None), self.drift.answers if self.drift else 0))
        return {measure.name: measure for measure in found}

    @property
    def alarms(self) -> int:
        """Answers that ask for a person."""
        return sum(self.safety["alert_levels"].get(level, 0) for level in ALERT_LEVELS[:3])

    @property
    def false_alarm_interval(self) -> tuple[float, float] | None:
        """Wilson's 95% interval of the share of false alarms; None where nobody has decided anything."""
        measure = self.measures["false_alarms_share"]
        return wilson(measure.part or 0, measure.of) if measure.of else None


def figures_of(project: Project, window: Window, *, now: datetime | None = None) -> Figures:
    """The figures of one window up to now."""
    now = now or timezone.now()
    since = window.since(now)
    within = Q(project=project, seconds=window.stretch, start__gte=since)
    slots = list(AnswerSlot.objects.filter(within).order_by("start", "model_version"))
    refused = RefusalSlot.objects.filter(within).values("status", "code").annotate(n=Sum("count")).order_by()
    refusals = {(row["status"], row["code"]): row["n"] for row in refused}
    return Figures(
        window=window,
        since=since,
        until=now,
        safety=_safety(slots, refusals, _events(project, since)),
        performance=_performance(slots, refusals, (now - since).total_seconds()),
        overdue=_overdue(project, now),
        slots=slots,
        refusals=refusals,
        versions=_versions(slots),
        load=_load(window, since),
        drift=drift_of_project(project, now),
    )


def watch_state() -> tuple[MonitorWatch | None, int]:
    """When somebody last counted and judged, and how many score rows are not in the figures yet."""
    left = ScoreBatch.objects.filter(counted=False).aggregate(n=Sum("count"))["n"] or 0
    return MonitorWatch.objects.filter(pk=1).first(), left


def _safety(
    slots: Iterable[AnswerSlot], refusals: dict[tuple[int, str], int], events: dict[str, int]
) -> dict[str, Any]:
    counts = dict.fromkeys(("answers", "degraded", "raised_by_rules", "gate_violations", "bias_findings"), 0)
    named: dict[str, Counter[str]] = {"verdicts": Counter(), "alert_levels": Counter(), "degraded_reasons": Counter()}
    for slot in slots:
        for name in counts:
            counts[name] += getattr(slot, name)
        named["verdicts"].update(slot.verdicts)
        named["alert_levels"].update(slot.levels)
        named["degraded_reasons"].update(slot.reasons)
    return {
        "requests": counts["answers"] + sum(refusals.values()),
        "invalid_content": sum(n for (status, _), n in refusals.items() if status in INVALID_STATUS),
        **counts,
        **{name: dict(sorted(counter.items())) for name, counter in named.items()},
        "events": events,
    }


def _performance(slots: Iterable[AnswerSlot], refusals: dict[tuple[int, str], int], seconds: float) -> dict[str, Any]:
    latencies: Counter[str] = Counter()
    answered = 0
    for slot in slots:
        latencies.update(slot.latencies)
        answered += slot.answers
    requests = answered + sum(refusals.values())
    errors = {kind: sum(n for (status, _), n in refusals.items() if status // 100 == kind) for kind in (4, 5)}
    return {
        "requests": requests,
        "answers": latencies.total(),
        "client_errors": errors[4],
        "server_errors": errors[5],
        "client_error_share": round(errors[4] / requests, 6) if requests else None,
        "server_error_share": round(errors[5] / requests, 6) if requests else None,
        "latency_ms": quantiles_of(latencies),
        "requests_per_second": round(requests / seconds, 3) if seconds else None,
    }


def _events(project: Project, since: datetime) -> dict[str, int]:
    happened = CaseEvent.objects.filter(case__project=project, at__gte=since, kind__in=EVENTS)
    events = {row["kind"]: row["n"] for row in happened.values("kind").annotate(n=Count("pk")).order_by()}
    missed = MissedCase.objects.filter(project=project, reported_at__gte=since).count()
    return dict(sorted({**events, **({"missed": missed} if missed else {})}.items()))


def _overdue(project: Project, now: datetime) -> int:
    late = Q(state=CaseState.OPEN, acknowledge_due__lt=now) | Q(state=CaseState.ACKNOWLEDGED, verify_due__lt=now)
    return Case.objects.filter(late, project=project).count()


def _versions(slots: Iterable[AnswerSlot]) -> dict[str, dict[str, Any]]:
    by_version: dict[str, list[AnswerSlot]] = {}
    for slot in slots:
        by_version.setdefault(slot.model_version, []).append(slot)
    return {
        version: {**_performance(members, {}, 0), "degraded": sum(slot.degraded for slot in members)}
        for version, members in sorted(by_version.items())
    }


def _load(window: Window, since: datetime) -> dict[str, Any]:
    times: Counter[str] = Counter()
    found = {"items": 0, "most_waiting": 0, "longest_wait_ms": 0.0}
    for slot in LoadSlot.objects.filter(seconds=window.stretch, start__gte=since):
        times.update(slot.batch_times)
        found["items"] += slot.items
        found["most_waiting"] = max(found["most_waiting"], slot.most_waiting)
        found["longest_wait_ms"] = max(found["longest_wait_ms"], slot.longest_wait_ms)
    return {**found, "batches": times.total(), "batch_ms": quantiles_of(times)}
