"""What was done to the plan: read from the audit trail, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from pixelhub.accounts.models import Project, User
from pixelhub.audit.models import AuditEvent
from review.evidence.program import gates, subtasks, tasks

__all__ = ["Change", "plan_history"]

ACTIONS = (
    "plan.start_set",
    "plan.days_set",
    "task.tick",
    "task.untick",
    "task.owner_assign",
    "task.owner_end",
    "gate.waive",
    "gate.waiver_withdraw",
    "gate.waiver_void",
    "phase.close",
    "phase.reopen",
)
MOST = 300


@dataclass(frozen=True, slots=True)
class Change:
    """One act on the plan, in words; `line` is the key of the gate, task or subtask that it was about."""

    at: datetime
    by: User | None
    text: str
    line: str = ""
    reason: str = ""


def plan_history(project: Project, line: str = "") -> list[Change]:
    """Everything that people did to the plan, or to one line of it (and the lines under it), at most `MOST` acts."""
    events = AuditEvent.objects.filter(project_id=project.pk, action__in=ACTIONS).order_by("-seq")
    rows = [(event, orjson.loads(event.payload_json)) for event in events[:MOST]]
    people = {user.pk: user for user in User.objects.filter(pk__in=_named(rows))}
    changes = [_change(event, payload, people) for event, payload in rows]
    return [change for change in changes if not line or change.line == line or change.line.startswith(f"{line}.")]


def _named(rows: list[tuple[AuditEvent, dict[str, Any]]]) -> set[int]:
    found = {event.actor_id for event, _ in rows} | {payload.get("person") for _, payload in rows}
    return {key for key in found if key is not None}


def _change(event: AuditEvent, payload: dict[str, Any], people: dict[int, User]) -> Change:
    text, line = _words(event.action, payload, people)
    at = datetime.fromisoformat(event.at)
    return Change(at, people.get(event.actor_id or 0), text, line, str(payload.get("reason", "")))


def _words(action: str, payload: dict[str, Any], people: dict[int, User]) -> tuple[str, str]:
    if action == "plan.start_set":
        former = f" instead of {payload['from']}" if payload.get("from") else ""
        return f"Day 1 is {payload['to']}{former}", ""
    if action == "plan.days_set":
        (first, last), (former, former_last) = payload["to"], payload["from"]
        title = _TITLES.get(payload["subtask"], payload["subtask"])
        return f"{title}: days {first} to {last} instead of {former} to {former_last}", payload["subtask"]
    if action.startswith("task."):
        title = _TITLES.get(payload["task"], payload["task"])
        person = people.get(payload.get("person") or 0)
        words = {
            "task.tick": "done, said by hand",
            "task.untick": "no longer done",
            "task.owner_assign": f"{person} answers for it",
            "task.owner_end": f"{person} no longer answers for it",
        }
        return f"{title}: {words[action]}", payload["task"]
    if action.startswith("gate."):
        words = {"gate.waive": "waived", "gate.waiver_withdraw": "waiver taken back", "gate.waiver_void": "waiver void"}
        seat = "PM" if payload["as"] == "pm" else "clinical lead"
        subject = f", {payload['subject']}" if payload["subject"] else ""
        return f"{_TITLES.get(payload['gate'], payload['gate'])}: {words[action]} as {seat}{subject}", payload["gate"]
    return f"Phase {payload['phase']} {'closed' if action == 'phase.close' else 'opened again'}", ""


_TITLES = {row.key: row.title for rows in (gates(), tasks(), subtasks()) for row in rows}
