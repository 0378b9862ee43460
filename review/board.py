"""The phase board: the program's lines, each answered by a fact, with its verdict, its days and its people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pixelhub.accounts.models import Project
from review.evidence.estimates import Verdict
from review.evidence.program import METRICS, PHASES, Metric, Phase, Subtask, Task, planned_days
from review.facts import Fact, project_facts
from review.gates import GateStanding, standings_from
from review.models import PhaseClosing, PlannedDays, TaskOwner, TaskTick
from review.readings import Reading, read

__all__ = ["Board", "MetricRow", "PhaseRow", "SubtaskRow", "TaskRow", "board_of", "day"]

#: What comes up at a stand-up: lines due within this many days.
SOON = 3


@dataclass(frozen=True, slots=True)
class SubtaskRow:
    subtask: Subtask
    task: Task
    reading: Reading | None  # None: ticked by hand
    tick: TaskTick | None
    first_day: int  # from the start date, which is day 1
    last_day: int
    moved: PlannedDays | None
    first: date | None
    due: date | None
    today: date
    owners: tuple[TaskOwner, ...]

    @property
    def done(self) -> bool:
        return self.tick is not None if self.reading is None else self.reading.verdict is Verdict.PASS

    @property
    def late(self) -> bool:
        return self.due is not None and self.due < self.today and not self.done

    @property
    def days_late(self) -> int:
        return (self.today - self.due).days if self.due and self.late else 0

    @property
    def soon(self) -> bool:
        """Under way or due within days, and neither done nor late."""
        if self.done or self.late or self.due is None or self.first is None:
            return False
        return self.first <= self.today or self.due <= self.today + timedelta(days=SOON)


@dataclass(frozen=True, slots=True)
class TaskRow:
    task: Task
    rows: tuple[SubtaskRow, ...]
    owners: tuple[TaskOwner, ...]

    @property
    def done(self) -> int:
        return sum(row.done for row in self.rows)

    @property
    def late(self) -> int:
        return sum(row.late for row in self.rows)

    @property
    def state(self) -> str:
        """For a badge: done, late, in progress or not yet."""
        if self.done == len(self.rows):
            return "done"
        if self.late:
            return "late"
        return "in_progress" if self.done else "not_yet"


@dataclass(frozen=True, slots=True)
class PhaseRow:
    phase: Phase
    tasks: tuple[TaskRow, ...]
    gates: tuple[GateStanding, ...]
    closing: PhaseClosing | None
    first: date | None
    due: date | None

    @property
    def passed(self) -> int:
        return sum(row.passes for row in self.gates)

    @property
    def waived(self) -> int:
        return sum(row.waived for row in self.gates)

    @property
    def holding(self) -> list[GateStanding]:
        """The gates over which the phase cannot be closed; of a closed one, those that would not stand today."""
        return [row for row in self.gates if not row.stands]

    @property
    def open_lines(self) -> int:
        return sum(not row.done for task in self.tasks for row in task.rows)

    @property
    def lines(self) -> int:
        return sum(len(task.rows) for task in self.tasks)


@dataclass(frozen=True, slots=True)
class MetricRow:
    metric: Metric
    reading: Reading
    due: date | None


@dataclass(frozen=True, slots=True)
class Board:
    start: date | None
    today: date
    phases: tuple[PhaseRow, ...]
    metrics: tuple[MetricRow, ...]

    @property
    def gates_passed(self) -> int:
        return sum(phase.passed for phase in self.phases)

    @property
    def day(self) -> int | None:
        """Today's number, day 1 being the start date; None without one."""
        return (self.today - self.start).days + 1 if self.start else None

    @property
    def current(self) -> PhaseRow | None:
        """The first phase that is not closed."""
        return next((phase for phase in self.phases if phase.closing is None), None)

    @property
    def subtasks(self) -> Iterator[SubtaskRow]:
        return (row for phase in self.phases for task in phase.tasks for row in task.rows)

    @property
    def late(self) -> list[SubtaskRow]:
        """What should have been done, the longest overdue first."""
        return sorted((row for row in self.subtasks if row.late), key=lambda row: (row.last_day, row.subtask.key))

    @property
    def soon(self) -> list[SubtaskRow]:
        """What is under way or due within days, in the order of its days."""
        return sorted((row for row in self.subtasks if row.soon), key=lambda row: (row.last_day, row.subtask.key))

    @property
    def caveats(self) -> list[str]:
        """Which synthetic or simulated origins stand behind figures of this board."""
        readings = [row.reading for row in self.metrics] + [row.reading for phase in self.phases for row in phase.gates]
        parts = {part for reading in readings for part in reading.fact.caveat.split(", ")}
        return sorted(parts - {""})


@dataclass(frozen=True, slots=True)
class _Plan:
    """What people have put into the plan, by key."""

    start: date | None
    today: date
    ticks: dict[str, TaskTick]
    moves: dict[str, PlannedDays]
    owners: dict[str, list[TaskOwner]]
    closings: dict[int, PhaseClosing]


def board_of(project: Project, *, today: date) -> Board:
    """The whole board from the data of this moment."""
    facts = project_facts(project)
    standings = standings_from(project, facts)
    plan = _plan(project, today)
    return Board(
        start=plan.start,
        today=today,
        phases=tuple(_phase(phase, facts, standings, plan) for phase in PHASES),
        metrics=tuple(
            MetricRow(metric, read(facts[metric.fact], metric.target), day(plan.start, metric.due_day))
            for metric in METRICS
        ),
    )


def _plan(project: Project, today: date) -> _Plan:
    ticks = TaskTick.objects.filter(project=project, undone_at=None).select_related("done_by")
    owners: dict[str, list[TaskOwner]] = defaultdict(list)
    for owner in TaskOwner.objects.filter(project=project, ended_at=None).select_related("person"):
        owners[owner.task].append(owner)
    moves = PlannedDays.objects.filter(project=project).select_related("moved_by").order_by("pk")
    closings = PhaseClosing.objects.filter(project=project, reopened_at=None).select_related("closed_by")
    return _Plan(
        start=project.starts_on,
        today=today,
        ticks={tick.task: tick for tick in ticks},
        moves={move.subtask: move for move in moves},
        owners=owners,
        closings={closing.phase: closing for closing in closings.prefetch_related("gates")},
    )


def _phase(phase: Phase, facts: dict[str, Fact], standings: dict[str, GateStanding], plan: _Plan) -> PhaseRow:
    tasks = tuple(
        TaskRow(
            task, tuple(_subtask(row, task, facts, plan) for row in task.subtasks), tuple(plan.owners.get(task.key, ()))
        )
        for task in phase.tasks
    )
    return PhaseRow(
        phase,
        tasks,
        tuple(standings[gate.key] for gate in phase.gates),
        plan.closings.get(phase.number),
        day(plan.start, phase.first_day),
        day(plan.start, phase.due_day),
    )


def _subtask(subtask: Subtask, task: Task, facts: dict[str, Fact], plan: _Plan) -> SubtaskRow:
    move = plan.moves.get(subtask.key)
    first, last = (move.first_day, move.last_day) if move else planned_days()[subtask.key]
    reading = None
    if subtask.fact is not None and subtask.target is not None:
        reading = read(facts[subtask.fact], subtask.target)
    return SubtaskRow(
        subtask=subtask,
        task=task,
        reading=reading,
        tick=plan.ticks.get(subtask.key),
        first_day=first,
        last_day=last,
        moved=move,
        first=day(plan.start, first),
        due=day(plan.start, last),
        today=plan.today,
        owners=tuple(plan.owners.get(task.key, ())),
    )


def day(start: date | None, number: int) -> date | None:
    """Day 1 is the start date itself."""
    return start + timedelta(days=number - 1) if start else None
