"""The plan as other tools take it: a checklist in Markdown, and CSV that Jira and Linear import.

Jira: header row without punctuation, `Summary` always; parents by `Issue Id` and above their children (Atlassian,
"Keep work parent-child relationships during CSV import"); dates as yyyy-MM-dd, which the importer asks for; labels
without spaces. Linear: the columns of its own CSV export, as its importer reads them (`@linear/import`, LinearCsv):
priorities by name, labels joined by ", ", a leading apostrophe before what looks like a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Role
from pixelhub.csv_cells import csv_text
from review.board import Board, PhaseRow, SubtaskRow, TaskRow
from review.gates import GateStanding
from review.readings import Reading

__all__ = ["FORMS", "checklist_markdown", "jira_csv", "linear_csv"]

JIRA_COLUMNS: Final = (
    "Issue Type",
    "Issue Id",
    "Parent",
    "Summary",
    "Description",
    "Status",
    "Assignee",
    "Due Date",
    "Labels",
)
LINEAR_COLUMNS: Final = (
    "ID",
    "Team",
    "Title",
    "Description",
    "Status",
    "Estimate",
    "Priority",
    "Project",
    "Creator",
    "Assignee",
    "Labels",
    "Cycle Number",
    "Cycle Name",
    "Cycle Start",
    "Cycle End",
    "Created",
    "Updated",
    "Started",
    "Completed",
    "Canceled",
    "Archived",
    "Due Date",
    "Parent issue",
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the plan, whichever tool takes it."""

    kind: str  # phase, task or subtask
    number: int
    parent: int | None
    key: str
    title: str
    text: str
    state: str  # todo, doing or done
    late: bool
    due: date | None
    assignee: str
    labels: tuple[str, ...]


def jira_csv(board: Board, project: Project) -> str:
    """Phases as epics, tasks as tasks, lines as sub-tasks: every parent above its children."""
    types = {"phase": "Epic", "task": "Task", "subtask": "Sub-task"}
    status = {"todo": "To Do", "doing": "In Progress", "done": "Done"}
    lines = sorted(_lines(board), key=lambda line: list(types).index(line.kind))
    rows: list[tuple[object, ...]] = [JIRA_COLUMNS]
    for line in lines:
        rows.append(
            (
                types[line.kind],
                line.number,
                line.parent,
                line.title,
                line.text,
                status[line.state],
                line.assignee,
                _iso(line.due),
                " ".join(label.replace(" ", "-") for label in ("pixel-hub", project.slug, *line.labels)),
            )
        )
    return csv_text(rows)


def linear_csv(board: Board, project: Project) -> str:
    """Every line as an issue of one project; its parent is named by id."""
    status = {"todo": "Todo", "doing": "In Progress", "done": "Done"}
    rows: list[tuple[object, ...]] = [LINEAR_COLUMNS]
    for line in _lines(board):
        cells: dict[str, object] = {
            "ID": f"HUB-{line.number}",
            "Team": "Pixel Hub",
            "Title": line.title,
            "Description": line.text,
            "Status": status[line.state],
            "Priority": "High" if line.late else "No priority",
            "Project": project.name,
            "Assignee": line.assignee,
            "Labels": ", ".join((line.kind, *line.labels)),
            "Due Date": _iso(line.due),
            "Parent issue": f"HUB-{line.parent}" if line.parent else "",
        }
        rows.append(tuple(cells.get(column, "") for column in LINEAR_COLUMNS))
    return csv_text(rows)


def checklist_markdown(board: Board, project: Project) -> str:
    """The whole plan as a checklist: gates and lines with what they read, who answers for them, and by when."""
    start = f"Day 1 is {board.start:%d %b %Y}; today is day {board.day}." if board.start else "No start date is set."
    parts = [f"# Programme of {_plain(project.name)}", f"As of {board.today:%d %b %Y}. {start}"]
    if board.caveats:
        parts.append(f"**Not real data alone:** figures rest on {'; '.join(board.caveats)}.")
    parts.append("## Success metrics")
    parts.append(
        "\n".join(
            f"- {_box(row.reading)} {row.metric.title}: {_reads(row.reading, row.metric.target.text)}"
            for row in board.metrics
        )
    )
    for phase in board.phases:
        parts += _phase_markdown(phase)
    return "\n\n".join(parts) + "\n"


def _phase_markdown(phase: PhaseRow) -> Iterator[str]:
    closed = "open"
    if phase.closing:
        closed = f"closed by {_plain(phase.closing.closed_by)} on {phase.closing.closed_at:%d %b %Y}"
    yield f"## Phase {phase.phase.number}: {phase.phase.title} ({closed})"
    yield "Gates:\n\n" + "\n".join(_gate_markdown(row) for row in phase.gates)
    for task in phase.tasks:
        yield f"### {task.task.key} {task.task.title}\n\n{_who(task)}. Success: {task.task.success}."
        yield "\n".join(_line_markdown(row) for row in task.rows)


def _gate_markdown(row: GateStanding) -> str:
    waived = ""
    if row.waived:
        waived = "; waived by " + " and ".join(
            f"{_plain(half.person)} ({half.get_seat_display()})" for half in row.halves
        )
    return f"- [{'x' if row.stands else ' '}] {row.gate.title}: {_reads(row.reading, row.gate.target.text)}{waived}"


def _line_markdown(row: SubtaskRow) -> str:
    days = f"days {row.first_day}-{row.last_day}" + (f", due {row.due:%d %b}" if row.due else "")
    if row.reading is not None and row.subtask.target is not None:
        said = _reads(row.reading, row.subtask.target.text)
    elif row.tick:
        note = f": {_plain(row.tick.note)}" if row.tick.note else ""
        said = f"done, says {_plain(row.tick.done_by)} on {row.tick.done_at:%d %b %Y}{note}"
    else:
        said = "ticked by hand"
    late = " **late**" if row.late else ""
    return f"- [{'x' if row.done else ' '}] {row.subtask.title} ({days}){late}: {said}"


def _reads(reading: Reading, target: str) -> str:
    interval = f" ({reading.low} to {reading.high})" if reading.low else ""
    return f"{reading.value or 'no figure yet'}{interval}, target {target}, {reading.verdict.value.replace('_', ' ')}"


def _box(reading: Reading) -> str:
    return f"[{'x' if reading.verdict.value == 'pass' else ' '}]"


def _who(task: TaskRow) -> str:
    names = [_plain(owner.person) for owner in task.owners]
    return "Owner: " + (", ".join(names) if names else f"nobody named ({_roles(task)})")


def _roles(task: TaskRow) -> str:
    return ", ".join(str(Role(role).label) for role in task.task.owners)


def _plain(text: object) -> str:
    """Text that people wrote, so that Markdown shows it and doesn't read it; on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _lines(board: Board) -> Iterator[_Line]:
    number = 0
    for phase in board.phases:
        number += 1
        epic = number
        done = phase.closing is not None
        begun = any(task.done for task in phase.tasks)
        gates = "\n".join(_gate_markdown(row)[2:] for row in phase.gates)
        yield _Line(
            "phase", epic, None, str(phase.phase.number), f"Phase {phase.phase.number}: {phase.phase.title}",
            f"Gates:\n{gates}", _state(done, begun), False, phase.due, "", (),
        )  # fmt: skip
        for task in phase.tasks:
            number += 1
            parent = number
            state = _state(task.done == len(task.rows), bool(task.done))
            due = max((row.due for row in task.rows if row.due), default=None)
            yield _Line(
                "task", parent, epic, task.task.key, f"{task.task.key} {task.task.title}",
                f"{_who(task)}. Success: {task.task.success}.", state, bool(task.late), due, _assignee(task),
                task.task.owners,
            )  # fmt: skip
            for row in task.rows:
                number += 1
                state = _state(row.done, row.soon)
                yield _Line(
                    "subtask", number, parent, row.subtask.key, row.subtask.title, _line_markdown(row)[6:], state,
                    row.late, row.due, _assignee(task), task.task.owners,
                )  # fmt: skip


def _assignee(task: TaskRow) -> str:
    """The first owner's e-mail address, by which both tools know people; empty where the hub has none."""
    return next((owner.person.email for owner in task.owners if owner.person.email), "")


def _state(done: bool, begun: bool) -> str:
    return "done" if done else "doing" if begun else "todo"


#: By the name in the address: (file name, content type, writer).
FORMS: Final = {
    "checklist": ("programme.md", "text/markdown; charset=utf-8", checklist_markdown),
    "jira": ("programme-jira.csv", "text/csv; charset=utf-8", jira_csv),
    "linear": ("programme-linear.csv", "text/csv; charset=utf-8", linear_csv),
}
