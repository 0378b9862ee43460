"""The phase board: the program's lines, each answered by a fact, with its verdict and its dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson

from pixelhub.accounts.models import Project, User
from pixelhub.audit.models import AuditEvent
from review.evidence.estimates import Verdict, verdict_against
from review.evidence.program import METRICS, PHASES, Gate, Metric, Phase, Subtask, Target, Task, format_value
from review.facts import Fact, project_facts
from review.models import TaskTick

__all__ = ["Board", "board_of", "plan_history"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact held against a target, ready to be shown."""

    fact: Fact
    verdict: Verdict
    value: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class SubtaskRow:
    subtask: Subtask
    reading: Reading | None  # None: ticked by hand
    tick: TaskTick | None
    due: date | None
    late: bool

    @property
    def done(self) -> bool:
        return self.tick is not None if self.reading is None else self.reading.verdict is Verdict.PASS


@dataclass(frozen=True, slots=True)
class TaskRow:
    task: Task
    rows: tuple[SubtaskRow, ...]

    @property
    def done(self) -> int:
        return sum(row.done for row in self.rows)


@dataclass(frozen=True, slots=True)
class GateRow:
    gate: Gate
    reading: Reading


@dataclass(frozen=True, slots=True)
class PhaseRow:
    phase: Phase
    tasks: tuple[TaskRow, ...]
    gates: tuple[GateRow, ...]
    first: date | None
    due: date | None

    @property
    def passed(self) -> int:
        return sum(row.reading.verdict is Verdict.PASS for row in self.gates)


@dataclass(frozen=True, slots=True)
class MetricRow:
    metric: Metric
    reading: Reading
    due: date | None


@dataclass(frozen=True, slots=True)
class Board:
    start: date | None
    phases: tuple[PhaseRow, ...]
    metrics: tuple[MetricRow, ...]

    @property
    def gates_passed(self) -> int:
        return sum(phase.passed for phase in self.phases)

    @property
    def caveats(self) -> list[str]:
        """Which synthetic or simulated origins stand behind figures of this board."""
        readings = [row.reading for row in self.metrics] + [row.reading for phase in self.phases for row in phase.gates]
        parts = {part for reading in readings for part in reading.fact.caveat.split(", ")}
        return sorted(parts - {""})


def board_of(project: Project, *, today: date) -> Board:
    """The whole board from the data of this moment."""
    facts = project_facts(project)
    ticks = {
        tick.task: tick for tick in TaskTick.objects.filter(project=project, undone_at=None).select_related("done_by")
    }
    start = project.starts_on
    return Board(
        start=start,
        phases=tuple(_phase(phase, facts, ticks, start, today) for phase in PHASES),
        metrics=tuple(
            MetricRow(metric, read(facts[metric.fact], metric.target), day(start, metric.due_day)) for metric in METRICS
        ),
    )


def _phase(
    phase: Phase, facts: dict[str, Fact], ticks: dict[str, TaskTick], start: date | None, today: date
) -> PhaseRow:
    tasks = tuple(
        TaskRow(task, tuple(_subtask(row, phase, facts, ticks, start, today) for row in task.subtasks))
        for task in phase.tasks
    )
    gates = tuple(GateRow(gate, read(facts[gate.fact], gate.target)) for gate in phase.gates)
    return PhaseRow(phase, tasks, gates, day(start, phase.first_day), day(start, phase.due_day))


def _subtask(
    subtask: Subtask,
    phase: Phase,
    facts: dict[str, Fact],
    ticks: dict[str, TaskTick],
    start: date | None,
    today: date,
) -> SubtaskRow:
    due = day(start, phase.first_day + subtask.last_day - 1)
    reading = None
    if subtask.fact is not None and subtask.target is not None:
        reading = read(facts[subtask.fact], subtask.target)
    tick = ticks.get(subtask.key)
    done = tick is not None if reading is None else reading.verdict is Verdict.PASS
    return SubtaskRow(subtask, reading, tick, due, late=due is not None and due < today and not done)


def read(fact: Fact, target: Target) -> Reading:
    """Hold a fact against a target; a verdict that its own floor gave stands."""
    verdict = fact.verdict or verdict_against(
        fact.value,
        target=target.value,
        low=fact.low,
        high=fact.high,
        above=target.above,
        inclusive=target.inclusive,
    )
    # Work that has only begun is not a failure: a count on its way up is "not yet".
    if verdict is Verdict.FAIL and target.unit == "count" and target.above:
        verdict = Verdict.NOT_YET

    def shown(figure: float | None) -> str:
        return "" if figure is None else format_value(figure, target.unit)

    return Reading(fact, verdict, shown(fact.value), shown(fact.low), shown(fact.high))


def day(start: date | None, number: int) -> date | None:
    """Day 1 is the start date itself."""
    return start + timedelta(days=number - 1) if start else None


def plan_history(project: Project) -> list[dict[str, Any]]:
    """Every start date that was set, newest first: who, when, from, to. Read from the audit trail."""
    events = AuditEvent.objects.filter(project_id=project.pk, action="plan.start_set").order_by("-seq")
    people = {user.pk: user for user in User.objects.filter(pk__in=events.values_list("actor_id", flat=True))}
    return [
        {"at": event.at, "by": people.get(event.actor_id or 0), **orjson.loads(event.payload_json)} for event in events
    ]
