"""What racers do with cases, each in a process of its own (tests/races.py)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from inference.models import Case, CaseEvent
from inference.services import (
    CaseRefused,
    case_acknowledge,
    case_close,
    case_verify,
    cases_watch,
    score_log_write,
)
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.services import project_create
from tests.inference.alarming import alarm, kinds_of, score_row
from tests.personas import World

_OLD = timedelta(hours=2)


def prepare() -> list[dict[str, Any]]:
    """Four projects with a case and six responders each; the case of the second one is verified."""
    made = []
    for slug in ("take", "close", "open", "watch"):
        project = project_create(slug=f"race-{slug}", name=slug)
        world = World(project=project, other_project=project)
        people = [world.user("qa", number) for number in range(1, 7)]
        case = alarm(project, "severe", conversation="chat", at=timezone.now() - _OLD)
        if slug == "close":
            case_acknowledge(case=case, actor=people[0])
            case_verify(case=case, actor=people[0])
        made.append({"case": case.pk, "project": str(project.pk), "people": [person.pk for person in people]})
    return made


def acknowledge(case: int, person: int) -> str:
    try:
        case_acknowledge(case=Case.objects.get(pk=case), actor=User.objects.get(pk=person))
    except CaseRefused as refused:
        return refused.code
    return "mine"


def close(case: int, person: int) -> str:
    found = Case.objects.get(pk=case)
    try:
        case_close(case=found, actor=User.objects.get(pk=person), text="done", seen=found.alarm_seq)
    except CaseRefused as refused:
        return refused.code
    return "won"


def close_or_score(case: int, project: str, person: int | None) -> str:
    """One closes; the others score new words of the same conversation."""
    if person is not None:
        return close(case, person)
    row = score_row(Project.objects.get(pk=project), "emergency", conversation="chat")
    score_log_write(rows=[row])
    return f"case {row.case_id}"


def open_many(project: str, keys: list[str]) -> list[int]:
    rows = [score_row(Project.objects.get(pk=project), "urgent", conversation=key) for key in keys]
    score_log_write(rows=rows)
    return [row.case_id for row in rows if row.case_id is not None]


def watch(project: str) -> int:
    """All of them look at all projects."""
    return cases_watch().escalated


def look() -> dict[str, dict[str, Any]]:
    """What is left, by project."""
    return {str(project.pk): _look(project) for project in Project.objects.filter(slug__startswith="race-")}


def _look(project: Project) -> dict[str, Any]:
    cases = list(Case.objects.filter(project=project).order_by("pk"))
    return {
        "states": [case.state for case in cases],
        "keys": [case.key for case in cases],
        "scores": sum(case.scores for case in cases),
        "kinds": [kinds_of(case) for case in cases],
        "tiers": [case.tier for case in cases],
        "in_order": all(
            list(CaseEvent.objects.filter(case=case).order_by("seq").values_list("seq", flat=True))
            == list(range(1, case.last_seq + 1))
            for case in cases
        ),
    }
