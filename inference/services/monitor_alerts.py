"""Judging the figures: an alert opens where one is past its limit, and ends by itself where it is well again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from inference.engine.reports.rules import Limits, Measure, State, state_of
from inference.models import Alert, AnswerSlot, Case, MissedCase, MonitorWatch, RefusalSlot, Stretch
from inference.refusals import AlertInvalid, AlertRefused
from inference.selectors_alerts import HUB_RULES, limits_of
from inference.selectors_monitoring import WINDOWS, figures_of
from inference.services.monitor_counts import slots_purge
from inference.topics import alerts_topic
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

__all__ = ["JUDGED_EVERY", "alert_acknowledge", "figures_judge", "figures_judge_when_due"]

#: So often figures are judged, whoever of the workers comes first.
JUDGED_EVERY: Final = timedelta(seconds=20)
#: A figure has to be well for so long before its alert ends: nothing that flickers is told as over.
_WELL_FOR: Final = timedelta(minutes=5)
#: An alert about which nothing can be said any more ends after this long.
_SILENT_FOR: Final = timedelta(days=1)
_NOTE: Final = Alert._meta.get_field("note").max_length or 0


def figures_judge_when_due(*, now: datetime | None = None) -> bool:
    """Judge every project that something happened in, where the last look is old; False where it is not."""
    now = now or timezone.now()
    if not MonitorWatch.objects.filter(pk=1).exists():
        MonitorWatch.objects.bulk_create([MonitorWatch(pk=1)], ignore_conflicts=True)
    due = Q(judged_at=None) | Q(judged_at__lte=now - JUDGED_EVERY) | Q(judged_at__gt=now)
    if not MonitorWatch.objects.filter(due, pk=1).update(judged_at=now):
        return False
    slots_purge(now=now)
    since = now - WINDOWS["7d"].length - timedelta(hours=1)
    busy: set[int] = set(Alert.objects.filter(ended_at=None).values_list("project_id", flat=True))
    for slots in (AnswerSlot, RefusalSlot):
        recent = slots._default_manager.filter(seconds=Stretch.LONG, start__gte=since)
        busy.update(recent.values_list("project_id", flat=True).distinct())
    busy.update(MissedCase.objects.filter(reported_at__gte=since).values_list("project_id", flat=True))
    busy.update(Case.objects.exclude(state="closed").values_list("project_id", flat=True).distinct())
    for project in Project.objects.filter(pk__in=busy).order_by("pk"):
        figures_judge(project=project, now=now)
    return True


@transaction.atomic
def figures_judge(*, project: Project, now: datetime | None = None) -> None:
    """Hold each figure of a project to its limits; open, change and end alerts."""
    now = now or timezone.now()
    measures = {name: figures_of(project, WINDOWS[name], now=now).measures for name in _windows_judged()}
    limits = limits_of(project)
    found = Alert.objects.select_for_update(no_key=True).filter(project=project, ended_at=None)
    lasting = {alert.rule: alert for alert in found}
    changed = [
        _judge(project, name, measures[judged.over][name], limits[name], lasting.get(name), now)
        for name, judged in HUB_RULES.items()
    ]
    if any(changed):
        touch(alerts_topic(project.pk))


def _windows_judged() -> list[str]:
    return sorted({judged.over for judged in HUB_RULES.values()})


def _judge(project: Project, name: str, measure: Measure, limits: Limits, alert: Alert | None, now: datetime) -> bool:
    """True where an alert opened or ended."""
    state = state_of(measure, HUB_RULES[name].rule, limits)
    if state in (State.OK, State.NOT_ENOUGH_DATA):
        return alert is not None and _calm(alert, state, measure, now)
    value = float(measure.value or 0)
    limit = limits.critical if state is State.CRITICAL else limits.warning
    if alert is not None and alert.level == Alert.Level.WARNING and state is State.CRITICAL:
        _end(alert, Alert.End.RAISED, now)
        alert = None
    if alert is None:
        opened = Alert.objects.create(
            project=project,
            rule=name,
            level=str(state),
            value=value,
            worst=value,
            latest=value,
            limit=float(limit or 0),
            opened_at=now,
            seen_at=now,
        )
        facts = {"rule": name, "level": str(state), "value": f"{value:.6g}", "limit": f"{opened.limit:.6g}"}
        record(action="alert.open", actor=None, project=project, target=opened, payload=facts)
        return True
    alert.worst, alert.latest, alert.seen_at, alert.well_since = max(alert.worst, value), value, now, None
    alert.save(update_fields=["worst", "latest", "seen_at", "well_since"])
    return False


def _calm(alert: Alert, state: State, measure: Measure, now: datetime) -> bool:
    """True where the alert ended."""
    if state is State.NOT_ENOUGH_DATA:
        if now - alert.seen_at < _SILENT_FOR:
            return False
        _end(alert, Alert.End.NO_DATA, now)
        return True
    alert.latest = float(measure.value or 0)
    alert.well_since = alert.well_since or now
    alert.save(update_fields=["latest", "well_since"])
    if now - alert.well_since < _WELL_FOR:
        return False
    _end(alert, Alert.End.WELL, now)
    return True


def _end(alert: Alert, why: Alert.End, now: datetime) -> None:
    alert.ended_at, alert.ended = max(now, alert.opened_at), why
    alert.save(update_fields=["ended_at", "ended"])
    facts = {"rule": alert.rule, "level": alert.level, "why": str(why)}
    record(action="alert.end", actor=None, project=alert.project, target=alert, payload=facts)


@transaction.atomic
def alert_acknowledge(*, alert: Alert, actor: User, note: str) -> Alert:
    """Say that somebody looks after it, and what they found. Raises `AlertInvalid`, `AlertRefused`."""
    require(actor, alert.project, Capability.ALERT_RESPOND)
    words = note.strip()
    if not words:
        raise AlertInvalid("note", "Say what you found or what you do about it.")
    if len(words) > _NOTE or "\x00" in words:
        raise AlertInvalid("note", f"At the most {_NOTE} characters, without control characters.")
    locked = Alert.objects.select_for_update(no_key=True).select_related("project").get(pk=alert.pk)
    if locked.acknowledged_at is not None:
        raise AlertRefused("acknowledged", "Somebody has acknowledged it already.")
    if not locked.is_open:
        raise AlertRefused("ended", "It is over: the figure is well again.")
    locked.acknowledged_at, locked.acknowledged_by, locked.note = timezone.now(), actor, words
    locked.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    facts = {"rule": locked.rule, "level": locked.level}
    record(action="alert.acknowledge", actor=actor, project=locked.project, target=locked, payload=facts)
    touch(alerts_topic(locked.project_id))
    return locked
