"""What the racing processes do; named by tests/pii_queue/test_races.py."""

from __future__ import annotations

import uuid
from typing import Any

from datasets_app.models import PiiLease, Record
from datasets_app.services.pii import ReviewRefused, pii_confirm
from datasets_app.services.pii_claims import pii_claim
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.services import project_create
from pixelhub.audit.models import AuditEvent
from tests.personas import World
from tests.pii_queue.making import accept_all, make_batch, said, screened, waiting


def own_world() -> World:
    """Projects and people of one race."""
    name = f"p{uuid.uuid4().hex[:8]}"
    return World(
        project=project_create(slug=name, name=name), other_project=project_create(slug=f"{name}-other", name=name)
    )


def prepare(records: int, people: int, pairs: int) -> dict[str, Any]:
    """Conversations that wait with their reviewers, and elsewhere pairs that read the same without their names."""
    world, twins = own_world(), own_world()
    waiting(world.project, records)
    names = ("Marta Holt", "Jonas Berg")
    texts = [said(f"My name is {name}. Day {n} was long.") for n in range(pairs) for name in names]
    return {
        "project": world.project.pk,
        "people": [world.user("data_engineer", n).pk for n in range(1, people + 1)],
        "twins": [record.pk for record in screened(make_batch(twins.project), *texts)],
        "two": [twins.user("data_engineer", n).pk for n in (1, 2)],
    }


def review_all(project_pk: int, person_pk: int) -> list[int]:
    """Claim and confirm until nothing is left; every id that this person was shown is told."""
    project, person = Project.objects.get(pk=project_pk), User.objects.get(pk=person_pk)
    shown: list[int] = []
    while held := pii_claim(project=project, actor=person, want=2):
        record = held[0]
        shown.append(record.pk)
        pii_confirm(record=record, actor=person, version=record.content_hash, decisions=accept_all(record))
    return shown


def confirm_these(person_pk: int, record_pks: list[int]) -> list[str]:
    """Confirm records whoever held them; what became of each."""
    person = User.objects.get(pk=person_pk)
    outcomes = []
    for pk in record_pks:
        record = Record.objects.get(pk=pk)
        try:
            done = pii_confirm(record=record, actor=person, version=record.content_hash, decisions=accept_all(record))
        except ReviewRefused as refused:
            outcomes.append(refused.code)
        else:
            outcomes.append("withdrawn" if done.withdrawn else "reviewed")
    return outcomes


def look(project_pk: int, twins: list[int]) -> dict[str, Any]:
    """What the races left behind."""
    records = Record.objects.filter(project=project_pk)
    states = dict(Record.objects.filter(pk__in=twins).values_list("pk", "state"))
    return {
        "states": sorted(set(records.values_list("pii_state", flat=True))),
        "texts": [message["content"] for record in records for message in record.messages],
        "events": AuditEvent.objects.filter(action="pii.review", project_id=project_pk).count(),
        "leases": PiiLease.objects.filter(record__project=project_pk).count(),
        "twins": [states[pk] for pk in twins],
    }
