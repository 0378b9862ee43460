"""Leads see how much a team carries: never what was read, how fast, or who opted out."""

import uuid
from datetime import timedelta

import pytest

from annotation import services
from annotation.errors import NotAllowed
from annotation.models import Break, HardMoment, TypeOptOut, WorkSession
from annotation.selectors import next_actions
from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from tests.annotation.clock import Clock
from tests.personas import World

LOAD = "/annotation/load/"


def read(
    person: User, world: World, clock: Clock, *, days_ago: int = 0, severe_minutes: int, other: bool = False
) -> None:
    at = clock.now - timedelta(days=days_ago)
    WorkSession.objects.create(
        annotator=person,
        project=world.other_project if other else world.project,
        started_at=at,
        last_seen_at=at,
        ended_at=at,
        severe_seconds=60 * severe_minutes,
    )


def tell(world: World, n: int, *, contact: bool = False) -> None:
    services.hard_moment_tell(
        project=world.project, annotator=world.user("annotator", n=n), client_uuid=uuid.uuid4(), wants_contact=contact
    )


def test_load_by_name_against_the_limits(world: World, clock: Clock) -> None:
    calm, near, over = (world.user("annotator", n=n) for n in (1, 2, 3))
    read(calm, world, clock, severe_minutes=50)
    read(calm, world, clock, days_ago=1, severe_minutes=90)
    read(calm, world, clock, days_ago=4, severe_minutes=300)  # last week
    read(calm, world, clock, severe_minutes=300, other=True)  # another project's lead sees that
    read(near, world, clock, days_ago=2, severe_minutes=96)
    read(over, world, clock, severe_minutes=60)
    read(over, world, clock, severe_minutes=60)
    for kind in ("due", "chosen", "offered"):
        Break.objects.create(
            annotator=near, project=world.project, kind=kind, started_at=clock.now, until=clock.now, ended_at=clock.now
        )
    page = world.client("pm").get(LOAD)
    found = {
        str(row.person): (row.level, row.today, row.heaviest, row.breaks_due, row.breaks_own)
        for row in page.context["people"]
    }
    assert found == {
        "Annotator 1": ("calm", 50, 90, 0, 0),
        "Annotator 2": ("near", 0, 96, 1, 2),
        "Annotator 3": ("over", 120, 120, 0, 0),
    }
    assert list(found) == sorted(found)
    assert "over the limit" in page.content.decode()


def test_who_sees_it(world: World, clock: Clock) -> None:
    tell(world, 1, contact=True)
    tell(world, 2)
    for role in ("pm", "qa", "clinical_lead", "data_engineer"):
        page = world.client(role).get(LOAD).content.decode()
        assert "I am talking to them" in page and "1 not looked at yet" in page
    for refused in (world.client("ml_engineer"), world.client("annotator"), world.client("annotator", n=2)):
        answer = refused.get(LOAD)
        assert answer.status_code == 403 and b"talking to them" not in answer.content
        assert refused.post(f"{LOAD}seen/", {"upto": "99"}).status_code == 403
    outside = world.outsider_client("clinical_lead").get(LOAD).content.decode()
    assert "talking to them" not in outside and "Annotator 1" not in outside and "not looked at" not in outside
    with pytest.raises(NotAllowed):
        services.hard_moments_see(project=world.project, actor=world.user("ml_engineer"), upto=99)
    assert not HardMoment.objects.filter(seen_at__isnull=False).exists()


def test_a_hard_moment_is_counted_without_a_name_and_a_wish_for_contact_has_one(world: World, clock: Clock) -> None:
    lead, client = world.user("clinical_lead"), world.client("clinical_lead")
    clock.forward(days=-7)
    tell(world, 3)
    clock.forward(days=7)
    for _ in range(2):
        tell(world, 2)
    tell(world, 1, contact=True)
    offered = {action.title: action.count for action in next_actions(lead, world.project)}
    assert (offered["Talk to somebody"], offered["Hard moments"]) == (1, 3)
    assert next_actions(world.user("annotator"), world.project) == []
    page = client.get(LOAD)
    assert [week["count"] for week in page.context["weeks"]] == [3, 1, 0, 0]
    said = page.content.decode()
    wish = said[: said.index("This week")]
    assert "Annotator 1" in wish and "Annotator 2" not in wish
    # Seen: what came after the page was shown is not.
    upto = page.context["upto"]
    tell(world, 2)
    client.post(f"{LOAD}seen/", {"upto": upto})
    assert [action.count for action in next_actions(lead, world.project) if action.title == "Hard moments"] == [1]
    moment = HardMoment.objects.get(wants_contact=True)
    assert moment.seen_at is None
    for _ in range(2):
        client.post(f"{LOAD}seen/", {"contact": moment.pk})
    moment.refresh_from_db()
    assert moment.seen_by == lead
    assert "I am talking to them" not in client.get(LOAD).content.decode()
    events = AuditEvent.objects.filter(action="hard_moment.see")
    assert [event.payload_json for event in events.order_by("seq")] == [
        '{"contact":false,"count":3}',
        '{"contact":true,"count":1}',
    ]
    for nonsense in ({}, {"upto": "-1"}, {"contact": "9" * 30}, {"upto": "١"}):
        assert client.post(f"{LOAD}seen/", nonsense).status_code == 400


def test_opt_outs_are_counted_from_three_people_on(world: World) -> None:
    client = world.client("pm")
    for n in (1, 2):
        TypeOptOut.objects.create(annotator=world.user("annotator", n=n), project=world.project, crisis_type="panic")
    assert "Shown from three people on" in client.get(LOAD).content.decode()
    world.user("annotator", n=3)
    page = client.get(LOAD).content.decode()
    assert "2 of 3 people take no samples of" in page
