"""The daily digest of one person, in plain text: what is theirs to do, what moved, what is late.

It names lines, gates, figures, counts of acts and owners; no words of conversations, nothing of who labels what.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.selectors import roles_in
from pixelhub.audit.acts import GROUPS, act_of
from pixelhub.audit.models import AuditEvent
from review.board import Board, SubtaskRow, board_of
from review.evidence.program import Target
from review.home import actions_for
from review.models import DigestSubscription
from review.readings import Reading

__all__ = ["Digest", "digest_of", "gates_now", "local_day"]

SHOWN: Final = 10
#: What the digest itself leaves in the trail is no news.
OWN_ACTS: Final = ("digest.subscribe", "digest.send", "digest.unsubscribe")
#: Groups of acts whose counts everybody who sees the board may know: nothing of cases, sign-ins or texts read.
TOLD_GROUPS: Final = (
    *("label", "adjudication", "pii", "release", "training", "signoff", "promotion"),
    *("data", "annotation", "quality", "model", "review", "plan"),
)


@dataclass(frozen=True, slots=True)
class Digest:
    """Ready to send; `gates` and `done` are what the next one is compared with."""

    subject: str
    body: str
    gates: dict[str, str]
    done: int


@dataclass(frozen=True, slots=True)
class _Told:
    """What a person knows already."""

    at: datetime
    gates: dict[str, str]
    done: int
    zone: ZoneInfo

    @property
    def day(self) -> str:
        return f"{self.at.astimezone(self.zone):%d %b, %H:%M}"


def local_day(now: datetime, zone: str) -> date:
    """The day that it is in a zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def gates_now(board: Board) -> dict[str, str]:
    """How every gate stands, by its key."""
    return {row.gate.key: row.state for phase in board.phases for row in phase.gates}


def digest_of(
    project: Project,
    person: User,
    *,
    now: datetime,
    told: DigestSubscription | None = None,
    board: Board | None = None,
) -> Digest:
    """The digest of this moment. Without a subscription nothing was told before, and the hub's time zone counts.

    `board` is one made just now for the same day, so that many people's digests share it.
    """
    zone = told.zone if told else settings.TIME_ZONE
    board = board or board_of(project, today=local_day(now, zone))
    before = _Told(told.told_at, told.gates, told.done, ZoneInfo(zone)) if told else None
    gates = gates_now(board)
    done = sum(row.done for row in board.subtasks)
    since = f"since {before.day}" if before else ""
    parts = [
        _head(board),
        _section("Next for you", _mine(project, person, board)),
        *([_section(f"Gates that changed {since}", _moved(board, before))] if before else []),
        _section("Late", [_line(row, f"{row.days_late} day{'s' * (row.days_late > 1)} late") for row in board.late]),
        _section(*_holding(board)),
        _section("Under way and next", [_line(row, f"due {row.due:%d %b}") for row in board.soon if row.due]),
        _section("Success metrics", [_read(row.metric.title, row.reading, row.metric.target) for row in board.metrics]),
        *([_section(f"Done {since}", _acts(project, before, done))] if before else []),
    ]
    if board.caveats:
        parts.append(f"Not real data alone: figures rest on {'; '.join(board.caveats)}.")
    parts.append(f"You asked for this once a day. Change or end it under Program board, Daily digest{_link() or '.'}")
    subject = f"{project.name}: {len(board.late)} late, {board.gates_passed} of {len(gates)} gates pass"
    return Digest(" ".join(subject.split()), "\n\n".join(parts) + "\n", gates, done)


def _head(board: Board) -> str:
    phase = f"phase {board.current.phase.number}, {board.current.phase.title}" if board.current else "all phases closed"
    day = f"Day {board.day}" if board.start else "No start date yet"
    return f"{day}; {phase}. {board.gates_passed} gates pass."


def _section(title: str, lines: list[str]) -> str:
    shown = [f"- {line}" for line in lines[:SHOWN]] or ["- nothing"]
    if len(lines) > SHOWN:
        shown.append(f"- and {len(lines) - SHOWN} more")
    return "\n".join([title, *shown])


def _mine(project: Project, person: User, board: Board) -> list[str]:
    """The home page's actions of this person, the most urgent first, then lines of the plan that are theirs.

    A line is somebody's who is named for its task; where nobody is named, it is of those who hold one of its roles.
    """
    actions = [
        f"{action.title}{f' ({action.count:,})' if action.count else ''}{_link(action.url)}"
        for action in actions_for(person, project)
    ]
    roles = set(roles_in(person, project))
    rows = [row for row in (*board.late, *board.soon) if _is_theirs(row, person, roles)]
    return actions + [f"{row.subtask.key} {row.subtask.title}{' (late)' * row.late}" for row in rows]


def _is_theirs(row: SubtaskRow, person: User, roles: set[str]) -> bool:
    if row.owners:
        return any(owner.person_id == person.pk for owner in row.owners)
    return bool(roles.intersection(row.task.owners))


def _line(row: SubtaskRow, when: str) -> str:
    people = ", ".join(str(owner.person) for owner in row.owners)
    who = people or f"{', '.join(str(Role(role).label) for role in row.task.owners)}, nobody named"
    return f"{row.subtask.key} {row.subtask.title}: {when} ({who})"


def _holding(board: Board) -> tuple[str, list[str]]:
    if board.current is None:
        return "Holds a phase open", []
    title = f"Holds phase {board.current.phase.number} open"
    return title, [_read(row.gate.title, row.reading, row.gate.target) for row in board.current.holding]


def _read(title: str, reading: Reading, target: Target) -> str:
    interval = f" ({reading.low} to {reading.high})" if reading.low and reading.high else ""
    verdict = reading.verdict.value.replace("_", " ")
    return f"{title}: {reading.value or 'no figure yet'}{interval}, target {target.text}, {verdict}"


def _moved(board: Board, before: _Told) -> list[str]:
    return [
        f"{row.gate.title}: {before.gates[row.gate.key]} before, {row.state} now".replace("_", " ")
        for phase in board.phases
        for row in phase.gates
        if before.gates.get(row.gate.key, row.state) != row.state
    ]


def _acts(project: Project, before: _Told, done: int) -> list[str]:
    """Lines of the plan that were finished, then acts by group, the most frequent first: never who did how much."""
    at = before.at.astimezone(UTC).isoformat(timespec="microseconds")
    events = AuditEvent.objects.filter(project_id=project.pk, at__gte=at).exclude(action__in=OWN_ACTS)
    counted: Counter[str] = Counter()
    for action, count in events.order_by().values_list("action").annotate(count=Count("pk")):
        counted[act_of(action).group] += count
    found = [f"Lines of the plan: {before.done} done before, {done} now"] if done != before.done else []
    return found + [
        f"{GROUPS[group]}: {count:,} act{'s' * (count > 1)}"
        for group, count in counted.most_common()
        if group in TOLD_GROUPS
    ]


def _link(path: str = "") -> str:
    """` <address>` where the hub knows its own (HUB_URL), else nothing: a path alone leads nowhere from a mail."""
    return f": {settings.HUB_URL}{path or reverse('review:digest')}" if settings.HUB_URL else ""
