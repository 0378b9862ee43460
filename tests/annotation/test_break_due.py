"""Limits of exposure: a break falls due, nothing is handed out in it, and nothing is lost by it."""

import json
from typing import Any

import pytest
from django.urls import reverse

from annotation import services
from annotation.errors import BreakDue, NotAllowed, Refused
from annotation.models import Break, Round, RoundItem, Slot, TypeOptOut, WorkSession
from annotation.selectors_care import day_start, standing_of, week_start
from tests.annotation.clock import Clock
from tests.annotation.making import HARM, NONE, make_round, submit
from tests.personas import World


def claim(round: Round, person: Any, **more: Any) -> list[Slot]:
    return services.slot_claim(round=round, annotator=person, **more)


def change(world: World, **changes: Any) -> None:
    services.policy_change(project=world.project, actor=world.user("qa"), changes=changes)


def hint(round: Round, severity: int | None, crisis_type: str = "panic", **where: Any) -> None:
    RoundItem.objects.filter(round=round, **where).update(hint_severity=severity, hint_type=crisis_type)


def test_after_25_minutes_without_a_pause_a_break_is_due(world: World, clock: Clock) -> None:
    round, person = make_round(world, samples=12), world.user("annotator")
    for minute in range(25):
        if minute % 4 == 0:
            submit(claim(round, person, want=1)[0], person, NONE)
        services.slot_heartbeat(round=round, annotator=person)
        clock.forward(minutes=1)
        offer = standing_of(person, world.project, clock.now).offer
        assert offer == ("minutes" if 20 <= minute + 1 < 25 else ""), minute
    with pytest.raises(BreakDue) as refused:
        claim(round, person)
    assert refused.value.code == "break_due" and "25 minutes" in str(refused.value)
    assert refused.value.details["seconds"] == 300
    assert Break.objects.get().reason == "minutes"


def test_after_20_hard_samples_a_break_is_due_and_the_current_one_can_still_be_submitted(
    world: World, clock: Clock
) -> None:
    change(world, break_after_severe=3)
    round = make_round(world, samples=8)
    person, colleague, client = world.user("annotator"), world.user("annotator", n=2), world.client("annotator")
    for _ in range(3):
        current, *ahead = claim(round, person)
        clock.forward(seconds=40)
        submit(current, person, HARM)
    address = reverse("annotation:api_claim", args=[round.pk])
    answer = client.post(address, json.dumps({"keep": [ahead[0].pk]}), content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (409, "break_due")
    assert answer.json()["seconds"] == 300 and "Nothing is lost" in answer.json()["message"]
    # What was held beyond the screen is free for others; the one on the screen waits, longer than the break.
    held = Slot.objects.get(annotator=person, state="leased")
    assert held == ahead[0] and held.lease_until and held.lease_until > Break.objects.get().until
    assert len(claim(round, colleague, want=3)) == 3
    clock.forward(minutes=2)
    with pytest.raises(BreakDue):
        claim(round, person)
    assert submit(held, person, NONE).replay is False
    assert Break.objects.count() == 1
    # The break ends, and a stretch of work begins anew.
    clock.forward(minutes=3)
    assert claim(round, person)
    assert Break.objects.get().ended_at == Break.objects.get().until
    fresh = WorkSession.objects.get(annotator=person, ended_at__isnull=True)
    assert (fresh.severe_items, fresh.started_at) == (0, clock.now)


def test_without_a_word_about_the_screen_the_oldest_stays(world: World, clock: Clock) -> None:
    change(world, break_after_severe=1)
    round, person = make_round(world, samples=6), world.user("annotator")
    first, second, third = claim(round, person)
    submit(first, person, HARM)
    with pytest.raises(BreakDue):
        claim(round, person, keep=[first.pk])
    assert [slot.pk for slot in Slot.objects.filter(annotator=person, state="leased")] == [second.pk]
    third.refresh_from_db()
    assert (third.state, third.annotator_id, third.lease_until) == ("free", None, None)


def test_a_pause_of_ones_own_counts_as_a_break(world: World, clock: Clock) -> None:
    change(world, break_after_severe=2)
    round, person = make_round(world, samples=8), world.user("annotator")
    for _ in range(4):
        submit(claim(round, person, want=1)[0], person, HARM)
        clock.forward(minutes=5)
    assert claim(round, person)
    assert not Break.objects.exists()


def test_a_due_break_holds_in_every_project_and_a_program_needs_none(world: World, clock: Clock) -> None:
    change(world, break_after_severe=1)
    round, person = make_round(world, samples=4), world.user("annotator")
    elsewhere = World(project=world.other_project, other_project=world.project)
    other = make_round(elsewhere, samples=2)
    other.round_annotators.create(annotator=person)
    submit(claim(round, person, want=1)[0], person, HARM)
    with pytest.raises(BreakDue):
        claim(round, person)
    with pytest.raises(BreakDue):
        claim(other, person)
    person.is_simulated = True
    assert claim(other, person)


def test_after_the_days_share_only_calm_samples_are_given_and_then_the_day_is_over(world: World, clock: Clock) -> None:
    round, person = make_round(world, samples=6), world.user("annotator")
    hint(round, 5, "immediate_harm")
    hint(round, 2, position=3)
    hint(round, None, "none", position=4)
    hint(round, None, "", position=5)  # nobody knows: not given on such a day
    held = claim(round, person)
    assert [slot.item.position for slot in held] == [1, 2, 3]
    WorkSession.objects.filter(annotator=person).update(severe_seconds=2 * 3600)
    clock.forward(seconds=1)
    again = claim(round, person, keep=[held[0].pk])
    assert [slot.item.position for slot in again] == [1, 3, 4]  # the one on the screen may be finished
    for slot in again:
        submit(slot, person, NONE)
    with pytest.raises(Refused, match="enough hard content for today") as refused:
        claim(round, person)
    assert refused.value.code == "day_full"
    clock.forward(hours=14)
    assert [slot.item.position for slot in claim(round, person)] == [2, 5, 6]


def test_what_somebody_opted_out_of_is_not_given_to_them_and_is_given_to_others(world: World, clock: Clock) -> None:
    round, person = make_round(world, samples=3), world.user("annotator")
    hint(round, 3, "self_harm", position=2)
    TypeOptOut.objects.create(annotator=person, project=world.project, crisis_type="self_harm")
    TypeOptOut.objects.create(annotator=person, project=world.other_project, crisis_type="panic")
    assert [slot.item.position for slot in claim(round, person)] == [1, 3]
    assert [slot.item.position for slot in claim(round, world.user("annotator", n=2))] == [1, 2, 3]


def test_somebody_without_a_seat_starts_no_work(world: World, clock: Clock) -> None:
    round = make_round(world, samples=2)
    with pytest.raises(NotAllowed):
        claim(round, world.user("annotator", n=3))
    assert not WorkSession.objects.exists()


def test_the_day_and_the_week_are_those_of_the_hub(settings: Any, clock: Clock) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"  # 23:00 on Wednesday
    assert day_start(clock.now).isoformat() == "2026-11-25T00:00:00+13:00"
    clock.forward(hours=1)
    assert day_start(clock.now).isoformat() == "2026-11-26T00:00:00+13:00"
    assert week_start(clock.now).isoformat() == "2026-11-23T00:00:00+13:00"
