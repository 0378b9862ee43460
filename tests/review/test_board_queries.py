"""The board, the homes and the digest ask as many questions of 10,000 conversations as of some hundreds."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from datasets_app.models import Record
from pixelhub.accounts.models import User
from review import services
from review.digest import digest_of
from review.evidence.program import planned_days, tasks
from review.selectors_programme import people_for
from tests.personas import World
from tests.review.board_states import half_way, more_records

pytestmark = pytest.mark.django_db
#: What is measured today and a little more; a page that asks more often has to say why.
CAPS = {"board": 60, "home": 75, "digest": 80}


def queries(client: Client, person: User, world: World) -> dict[str, int]:
    """How many queries each of the three takes for this person."""
    found = {}
    for name, act in {
        "board": lambda: client.get(reverse("review:board")),
        "home": lambda: client.get(reverse("home")),
        "digest": lambda: digest_of(world.project, User.objects.get(pk=person.pk), now=timezone.now()),
    }.items():
        with CaptureQueriesContext(connection) as seen:
            act()
        found[name] = len(seen)
    return found


def test_ten_thousand_conversations_and_fifty_lines_cost_no_more_queries(world: World) -> None:
    half_way(world, synthetic=100)
    pm = world.user("pm")
    people = [world.user(role) for role in ("data_engineer", "ml_engineer", "clinical_lead", "qa")]
    clients = {role: world.client(role) for role in ("pm", "clinical_lead", "ml_engineer", "data_engineer", "qa")}
    before = {role: queries(client, world.user(role), world) for role, client in clients.items()}
    more_records(world, 10_000)
    for task in tasks():
        for person in set(people).intersection(people_for(world.project, task)):
            services.owner_assign(project=world.project, actor=pm, task=task.key, person=person)
    for key, (first, last) in planned_days().items():
        services.subtask_move(
            project=world.project, actor=pm, subtask=key, first_day=first, last_day=last + 1, reason="Later."
        )
    assert Record.objects.filter(project=world.project).count() > 10_000
    after = {role: queries(client, world.user(role), world) for role, client in clients.items()}
    assert after == before
    most = {name: max(row[name] for row in after.values()) for name in CAPS}
    assert all(most[name] <= cap for name, cap in CAPS.items()), most
