"""What the racing processes do; named by tests/pii_queue/test_races.py."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

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


def prepare(records: int, people: int) -> list[Any]:
    """A project with conversations that wait, and its reviewers."""
    world = own_world()
    waiting(world.project, records)
    return [world.project.pk, [world.user("data_engineer", n).pk for n in range(1, people + 1)]]


def prepare_twins(pairs: int) -> list[Any]:
    """Pairs of conversations that read the same once their names are gone, and two reviewers."""
    world = own_world()
    batch = make_batch(world.project)
    texts = [
        said(f"My name is {name}. Day {n} was long.") for n in range(pairs) for name in ("Marta Holt", "Jonas Berg")
    ]
    records = screened(batch, *texts)
    people = [world.user("data_engineer", n).pk for n in (1, 2)]
    return [people, [record.pk for record in records]]


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


def lapse() -> None:
    """Nobody has given a sign of life for a while."""
    PiiLease.objects.update(until=timezone.now() - timedelta(hours=1))


def look(project_pk: int) -> dict[str, Any]:
    """What the race left behind."""
    records = Record.objects.filter(project=project_pk)
    return {
        "states": sorted(set(records.values_list("pii_state", flat=True))),
        "texts": [message["content"] for record in records for message in record.messages],
        "events": AuditEvent.objects.filter(action="pii.review", project_id=project_pk).count(),
        "leases": PiiLease.objects.filter(record__project=project_pk).count(),
    }


def states(record_pks: list[int]) -> list[str]:
    """State of each record, in order."""
    found = dict(Record.objects.filter(pk__in=record_pks).values_list("pk", "state"))
    return [found[pk] for pk in record_pks]
