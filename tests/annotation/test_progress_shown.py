"""The count on the labelling screen: one's own labels at once, those of others soon, and exact towards the end."""

import random

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import selectors_left, services
from annotation.selectors_assignment import left_for
from annotation.selectors_left import progress_shown
from tests.annotation.making import make_round, submit
from tests.annotation.making_gold import make_gold, watched_round
from tests.personas import World


def test_own_labels_and_skips_count_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors_left, "EXACT_BELOW", 0)  # from the kept figure, as in a large round
    round, person = make_round(world, samples=6), world.user("annotator")
    assert progress_shown(round, person) == {"done": 0, "left": 6}
    first, second, _ = services.slot_claim(round=round, annotator=person)
    submit(first, person)
    assert progress_shown(round, person) == {"done": 1, "left": 5}
    services.slot_skip(slot=second, annotator=person)
    assert progress_shown(round, person) == {"done": 1, "left": 4}


def test_the_end_is_exact_and_the_middle_is_not_counted_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    round = make_round(world, samples=4, annotators=3)
    one, two, three = (world.user("annotator", n=n) for n in (1, 2, 3))
    assert progress_shown(round, three)["left"] == 4
    for person in (one, two):
        submit(services.slot_claim(round=round, annotator=person, want=1)[0], person)
    assert progress_shown(round, three)["left"] == 3  # the first sample has its two labels
    monkeypatch.setattr(selectors_left, "EXACT_BELOW", 2)
    with CaptureQueriesContext(connection) as queries:
        assert progress_shown(round, three)["left"] == 3
    assert len(queries) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_large_round_counts_the_same_from_what_everybody_shares(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """With hidden samples, skips, held and finished ones: the shared count and the person's part make the exact one."""
    monkeypatch.setattr(selectors_left, "EXACT_BELOW", 0)
    make_gold(world, 4, "hidden")
    round = watched_round(world, samples=14, overlap=2, annotators=3, gold_share=0.2)
    people = [world.user("annotator", n=n) for n in (1, 2, 3)]
    rng = random.Random(seed)
    seen = set()
    for _ in range(30):
        person = rng.choice(people)
        held = services.slot_claim(round=round, annotator=person)
        if held and rng.random() < 0.8:
            if rng.random() < 0.3:
                services.slot_skip(slot=held[0], annotator=person)
            else:
                submit(held[0], person)
        cache.clear()
        for each in people:
            exact = left_for(round, each)
            assert progress_shown(round, each)["left"] == exact
            seen.add(exact)
    assert len(seen) > 5
