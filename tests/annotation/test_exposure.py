"""What was read is counted: once, as heavy as it was, and never longer than the clock ran."""

import dataclasses
import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation import services
from annotation.errors import Refused
from annotation.exposure import WEIGHTS, Level, added, is_severe, level_of, seconds_counted
from annotation.labels import LabelInput
from annotation.models import Round, WorkSession
from tests.annotation.clock import Clock
from tests.annotation.making import make_round, submit
from tests.personas import World

FIELDS = ("items", "severe_items", "seconds", "severe_seconds", "points")
severities = st.sampled_from([None, 1, 2, 3, 4, 5])


def label(severity: int | None, seconds: int = 0) -> LabelInput:
    return LabelInput("panic" if severity else "none", severity, 0.7, seconds_spent=seconds)


def sums(person: Any) -> dict[str, float]:
    sessions = WorkSession.objects.filter(annotator=person)
    return {field: sum(getattr(session, field) for session in sessions) for field in FIELDS}


def next_slot(round: Round, person: Any) -> Any:
    return services.slot_claim(round=round, annotator=person, want=1)[0]


@given(st.lists(st.lists(severities, min_size=1, max_size=4), max_size=12), st.randoms())
def test_any_order_of_labels_and_edits_gives_the_same_sum(conversations: list[list[Any]], order: random.Random) -> None:
    """Each inner list is the history of one conversation's label; histories of several interleave freely."""
    turns = [index for index, history in enumerate(conversations) for _ in history]
    totals = []
    for _ in range(2):
        order.shuffle(turns)
        seen: list[list[Any]] = [[] for _ in conversations]
        rest = [order.sample(history, len(history)) for history in conversations]
        total = [0, 0, 0.0]
        for index in turns:
            severity = rest[index].pop()
            new = added(severity, seen[index])
            seen[index].append(severity)
            total = [old + more for old, more in zip(total, dataclasses.astuple(new), strict=True)]
        totals.append(total)
    highest = [max(history, key=WEIGHTS.__getitem__) for history in conversations]
    expected = [len(highest), sum(map(is_severe, highest)), sum(WEIGHTS[severity] for severity in highest)]
    assert totals == [expected, expected]


@given(st.lists(st.tuples(st.integers(0, 2_000_000), st.integers(0, 4000)), max_size=30))
def test_seconds_never_outrun_the_clock_and_are_not_hidden(readings: list[tuple[int, int]]) -> None:
    start = Clock().now
    now, already = start, 0
    for sent, passed in readings:
        now += timedelta(seconds=passed)
        counted = seconds_counted(sent, since=start, now=now, already=already)
        assert 0 <= counted <= 900
        assert counted >= min(2, (now - start).total_seconds() - already)
        already += counted
        assert already <= (now - start).total_seconds()


def test_levels() -> None:
    assert [level_of(value, 20, 0.8) for value in (0, 15, 16, 19, 20, 21)] == [
        Level.CALM, Level.CALM, Level.NEAR, Level.NEAR, Level.OVER, Level.OVER,
    ]  # fmt: skip


# The fixtures live through all examples: each makes a round of its own, and time goes on.
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_replays_and_edits_of_stored_labels_keep_the_law(data: st.DataObject, world: World, clock: Clock) -> None:
    """Through the service: what the sessions hold is what the labels say, however often each request came."""
    round, person = make_round(world, samples=4), world.user("annotator")
    for history in data.draw(st.lists(st.lists(severities, min_size=1, max_size=3), min_size=1, max_size=4)):
        slot = next_slot(round, person)
        highest = max(history, key=WEIGHTS.__getitem__)
        before = sums(person)
        for revision, severity in enumerate(history):
            clock.forward(seconds=10)
            sent = {"client_uuid": uuid.uuid4(), "base_revision": revision or None}
            for _ in range(data.draw(st.integers(1, 3))):
                submit(slot, person, label(severity, 8), **sent)
        after = sums(person)
        assert after["items"] - before["items"] == 1
        assert after["severe_items"] - before["severe_items"] == int(is_severe(highest))
        assert after["points"] - before["points"] == WEIGHTS[highest]
        assert after["seconds"] - before["seconds"] == 8 * len(history)
        assert after["severe_seconds"] - before["severe_seconds"] == 8 * sum(map(is_severe, history))
    services.round_close(round=round, actor=world.user("qa"))


def test_a_refused_label_counts_nothing_and_a_program_reads_nothing(world: World, clock: Clock) -> None:
    round, person = make_round(world, samples=2), world.user("annotator")
    slot = next_slot(round, person)
    submit(slot, person, label(5))
    with pytest.raises(Refused):
        submit(slot, person, label(5))
    assert sums(person)["items"] == 1
    program = world.user("annotator", n=2)
    program.is_simulated = True
    program.save()
    slot = next_slot(round, program)
    slot.annotator = program
    submit(slot, program, label(5))
    assert not WorkSession.objects.filter(annotator=program).exists()


def test_time_counts_from_the_claim_and_labels_of_a_lost_network_count_in_full(
    world: World,
    clock: Clock,
) -> None:
    round, person = make_round(world, samples=6), world.user("annotator")
    slots = services.slot_claim(round=round, annotator=person)
    clock.forward(seconds=30)
    submit(slots[0], person, label(4, 500))  # says 500 seconds, thirty after the claim
    assert sums(person)["severe_seconds"] == 30
    # Ten minutes without a network, then two labels at once: both are counted, in one stretch.
    clock.forward(minutes=10)
    submit(slots[1], person, label(5, 250))
    submit(slots[2], person, label(5, 280))
    assert sums(person) == {"items": 3, "severe_items": 3, "seconds": 560, "severe_seconds": 560, "points": 20.0}
    # A pause of a break's length begins a new stretch.
    next_slot(round, person)
    clock.forward(minutes=5)
    next_slot(round, person)
    assert WorkSession.objects.filter(annotator=person, ended_at__isnull=True).get().items == 0
    assert WorkSession.objects.filter(annotator=person, ended_at__isnull=False).count() == 2
