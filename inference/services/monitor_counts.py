"""Counting for the monitoring page: score rows into slots, each once, and what services counted themselves.

Pages read slots, never the log: what a page costs does not grow with what was scored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inference.engine.reports.buckets import bucket_of, slot_of
from inference.engine.reports.safety import reasons_in
from inference.models import AnswerSlot, LoadSlot, MonitorWatch, RefusalSlot, ScoreBatch, ScoreLog, Stretch
from inference.topics import monitoring_topic
from pixelhub.live.services import touch

__all__ = ["Load", "RefusalKey", "answers_count", "slots_purge", "traffic_record"]

#: Rows that one look counts at the most: a worker looks every few seconds, and has more to do.
_AT_ONCE: Final = 5000
#: How long slots are kept: as long as a page shows them, and a little.
KEPT: Final = {Stretch.SHORT: timedelta(days=2), Stretch.LONG: timedelta(days=40)}

_COLUMNS: Final = ("at", "model_version", "latency_ms", "reason", "crisis", "alert_level")
_FLAGS: Final = {
    "degraded": "degraded",
    "raised_by_rules": "raised_by_rules",
    "gate_violation": "gate_violations",
    "bias_found": "bias_findings",
}
_VERDICT: Final = {True: "crisis", False: "no_crisis", None: "unknown"}
_COUNTED: Final = ("verdicts", "levels", "reasons", "latencies")
RefusalKey = tuple[int, datetime, int, str]


@dataclass
class Load:
    """What a process saw of its model within a short stretch of time."""

    items: int = 0
    batch_times: Counter[str] = field(default_factory=Counter)
    most_waiting: int = 0
    longest_wait_ms: float = 0.0


@dataclass
class _Tally:
    answers: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    names: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def answers_count(*, now: datetime | None = None) -> int:
    """Count score rows that are not in the figures yet, the oldest first; answers how many. Safe in several workers."""
    # A look every few seconds takes no lock where there is nothing to do.
    return _count(now or timezone.now()) if ScoreBatch.objects.filter(counted=False).exists() else 0


@transaction.atomic
def _count(now: datetime) -> int:
    _hold_watch(now)
    batches, rows = [], 0
    for pk, count in ScoreBatch.objects.filter(counted=False).order_by("created_at").values_list("pk", "count")[:500]:
        batches.append(pk)
        rows += count
        if rows >= _AT_ONCE:
            break
    if not batches:
        return 0
    tallies: defaultdict[tuple[int, int, datetime, str], _Tally] = defaultdict(_Tally)
    scores = ScoreLog.objects.filter(batch_id__in=batches).order_by()
    for project, *values in scores.values_list("project_id", *_COLUMNS, *_FLAGS):
        row = dict(zip((*_COLUMNS, *_FLAGS), values, strict=True))
        for stretch, kept in KEPT.items():
            start = slot_of(row["at"], stretch)
            if start >= now - kept:
                _add(tallies[project, int(stretch), start, row["model_version"]], row)
    for (project, seconds, start, version), tally in sorted(tallies.items()):
        slot, _ = AnswerSlot.objects.get_or_create(
            project_id=project, seconds=seconds, start=start, model_version=version
        )
        _merge(slot, tally)
        slot.save()
    ScoreBatch.objects.filter(pk__in=batches).update(counted=True)
    for project in sorted({key[0] for key in tallies}):
        touch(monitoring_topic(project))
    return rows


def _add(tally: _Tally, row: Mapping[str, object]) -> None:
    tally.answers += 1
    tally.flags.update(column for flag, column in _FLAGS.items() if row[flag])
    tally.names["verdicts"][_VERDICT[row["crisis"]]] += 1  # type: ignore[index]
    tally.names["levels"][str(row["alert_level"])] += 1
    if row["degraded"]:
        tally.names["reasons"].update(reasons_in(row["reason"]))
    if bucket := bucket_of(row["latency_ms"]):  # type: ignore[arg-type]
        tally.names["latencies"][bucket] += 1


def _merge(slot: AnswerSlot, tally: _Tally) -> None:
    slot.answers += tally.answers
    for column, count in tally.flags.items():
        setattr(slot, column, getattr(slot, column) + count)
    for column in _COUNTED:
        setattr(slot, column, dict(Counter(getattr(slot, column)) + tally.names[column]))


@transaction.atomic
def traffic_record(*, refusals: Mapping[RefusalKey, int], load: Mapping[datetime, Load]) -> None:
    """Add what one process refused and how busy it was. The keys' moments are begins of short stretches."""
    for (project, short, status, code), count in sorted(refusals.items()):
        for seconds in Stretch:
            place = {"project_id": project, "seconds": seconds, "start": slot_of(short, seconds)}
            place |= {"status": status, "code": code}
            if not RefusalSlot.objects.filter(**place).update(count=F("count") + count):
                # ON CONFLICT DO NOTHING: whoever lost the race for the row adds to it as well.
                RefusalSlot.objects.bulk_create([RefusalSlot(**place)], ignore_conflicts=True)
                RefusalSlot.objects.filter(**place).update(count=F("count") + count)
    for short, seen in sorted(load.items()):
        for seconds in Stretch:
            start = slot_of(short, seconds)
            LoadSlot.objects.bulk_create([LoadSlot(seconds=seconds, start=start)], ignore_conflicts=True)
            slot = LoadSlot.objects.select_for_update(no_key=True).get(seconds=seconds, start=start)
            slot.items += seen.items
            slot.batch_times = dict(Counter(slot.batch_times) + seen.batch_times)
            slot.most_waiting = max(slot.most_waiting, seen.most_waiting)
            slot.longest_wait_ms = max(slot.longest_wait_ms, seen.longest_wait_ms)
            slot.save()


def slots_purge(*, now: datetime) -> None:
    """Forget slots that no page shows any more; the score log keeps every row."""
    for seconds, kept in KEPT.items():
        for slots in (AnswerSlot, RefusalSlot, LoadSlot):
            slots.objects.filter(seconds=seconds, start__lt=now - kept).delete()


def _hold_watch(now: datetime) -> None:
    """Take the one row of the watch: whoever comes second in the same moment waits, and then sees what was done."""
    MonitorWatch.objects.bulk_create([MonitorWatch(pk=1)], ignore_conflicts=True)
    MonitorWatch.objects.filter(pk=1).update(counted_at=now)
