"""Choosing: balanced, within 8 to 20 percent, repeatable, and clear about what is missing."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.expertset.choosing import (
    Candidate,
    TooFew,
    asked_by_type,
    choose,
    crisis_bounds,
    share_problem,
)
from datasets_app.corpus.taxonomy import CRISIS_TYPES, DIFFICULTIES, SIX_TYPES


class Free:
    """Everything stands apart."""

    def takes(self, candidate: Candidate) -> bool:
        return True


def pool(count: int, seed: int = 1) -> list[Candidate]:
    """Skewed as real data is: most without a crisis, one family in two, difficulties unevenly."""
    rng = random.Random(seed)
    kinds = [*SIX_TYPES, *["none"] * 12]
    families = ["work", "work", "work", "loss", "youth"]
    return [Candidate(f"k{n}", rng.choice(kinds), rng.choice(families), rng.choice(DIFFICULTIES)) for n in range(count)]


def test_a_full_set_is_even_over_types_families_and_difficulties() -> None:
    candidates = pool(9000)
    chosen = choose(candidates, size=1000, crisis_share=0.18, seed=7, apart=Free())
    by_key = {one.key: one for one in candidates}
    assert (len(chosen.keys), len(set(chosen.keys)), chosen.missing) == (1000, 1000, {})
    assert chosen.found == asked_by_type(1000, 0.18) == {kind: 30 for kind in SIX_TYPES} | {"none": 820}
    for kind in CRISIS_TYPES:
        taken = [by_key[key] for key in chosen.keys if by_key[key].crisis_type == kind]
        cells = Counter((one.family, one.difficulty) for one in taken)
        families = Counter(family for family, _ in cells.elements())
        assert max(families.values()) - min(families.values()) <= 1, (kind, families)
        assert max(cells.values()) - min(cells.values()) <= 2, (kind, cells)
    # The place of a conversation says nothing of its label.
    early = sum(by_key[key].crisis_type != "none" for key in chosen.keys[:500])
    assert 60 <= early <= 120


def test_order_does_not_matter_and_the_seed_does() -> None:
    candidates = pool(3000)
    shuffled = random.Random(3).sample(candidates, len(candidates))
    first = choose(candidates, size=500, crisis_share=0.1, seed=1, apart=Free())
    assert choose(shuffled, size=500, crisis_share=0.1, seed=1, apart=Free()) == first
    assert set(choose(candidates, size=500, crisis_share=0.1, seed=2, apart=Free()).keys) != set(first.keys)


def test_others_stand_in_for_a_type_that_runs_out_and_it_is_said() -> None:
    few = [*[one for one in pool(4000) if one.crisis_type != "psychotic"][:3500], Candidate("p", "psychotic")]
    chosen = choose(few, size=600, crisis_share=0.15, seed=1, apart=Free())
    assert chosen.missing == {"psychotic": 14}
    assert sum(chosen.found[kind] for kind in SIX_TYPES) == 90


def test_too_few_are_refused_with_how_many_of_which_are_missing() -> None:
    calm = [Candidate(f"n{n}", "none") for n in range(600)]
    crises = [Candidate(f"c{n}", "panic") for n in range(40)]
    with pytest.raises(TooFew, match="35 of 75 conversations with a crisis are missing") as refused:
        choose(calm + crises, size=500, crisis_share=0.15, seed=1, apart=Free())
    assert refused.value.missing == {
        "immediate_harm": 13, "self_harm": 13, "substance": 13, "psychotic": 12, "passive_ideation": 12,
    }  # fmt: skip
    assert len(choose(calm + crises, size=500, crisis_share=0.08, seed=1, apart=Free()).keys) == 500
    with pytest.raises(TooFew, match="25 of 425 conversations without a crisis"):
        choose(calm[:400] + pool(3000)[:0] + [Candidate(f"x{n}", SIX_TYPES[n % 6]) for n in range(99)],
               size=500, crisis_share=0.15, seed=1, apart=Free())  # fmt: skip


@given(size=st.integers(10, 1000), share=st.floats(0.08, 0.2))
@settings(max_examples=200)
def test_every_share_that_may_be_asked_for_gives_one_within_the_bounds(size: int, share: float) -> None:
    least, most = crisis_bounds(size)
    asked = asked_by_type(size, share)
    crises = size - asked["none"]
    assert least <= crises <= most and sum(asked.values()) == size
    assert max(asked[kind] for kind in SIX_TYPES) - min(asked[kind] for kind in SIX_TYPES) <= 1
    labels = ["panic"] * crises + ["none"] * asked["none"]
    assert share_problem(labels) == ""
    assert "too many" in share_problem(labels + ["panic"] * size)


@pytest.mark.parametrize("share", [0.0, 0.0799, 0.2001, 1.0])
def test_another_share_is_none(share: float) -> None:
    with pytest.raises(ValueError, match="between 8% and 20%"):
        asked_by_type(500, share)
