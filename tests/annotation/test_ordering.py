"""The laws of the order in which samples are handed out."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from annotation.ordering import (
    Sample,
    calm_order,
    disagreement,
    longest_severe_run,
    overlap_chosen,
    rarity,
    smart_order,
    uncertainty,
)

SEVERITIES = st.lists(st.one_of(st.none(), st.integers(1, 5)), max_size=60)


def samples_of(severities: list[int | None]) -> list[Sample]:
    return [Sample(key, severity) for key, severity in enumerate(severities)]


@given(SEVERITIES, st.integers(1, 4), st.integers(0, 3))
def test_calm_order_moves_nothing_out_and_keeps_runs_short_where_possible(
    severities: list[int | None], in_a_row: int, run: int
) -> None:
    given_order = samples_of(severities)
    ordered = calm_order(given_order, in_a_row, run)
    assert sorted(sample.key for sample in ordered) == list(range(len(severities)))
    severe = sum(sample.severe for sample in given_order)
    gaps = len(given_order) - severe + 1
    if severe <= in_a_row * (gaps - 1) + max(0, in_a_row - run):
        before = [Sample(-1 - n, 5) for n in range(min(run, in_a_row))]
        assert longest_severe_run([*before, *ordered]) <= in_a_row
    else:
        assert longest_severe_run(ordered) == math.ceil(severe / gaps)
    for group in (True, False):  # within each kind the given order stays
        keys = [sample.key for sample in ordered if sample.severe is group]
        assert keys == sorted(keys)


@given(SEVERITIES)
def test_an_order_that_is_calm_already_stays(severities: list[int | None]) -> None:
    given_order = samples_of(severities)
    longest = max(1, longest_severe_run(given_order))
    assert calm_order(given_order, longest) == given_order


@given(
    st.dictionaries(st.integers(0, 400), st.sampled_from("abcd"), min_size=1, max_size=80),
    st.floats(0, 1),
    st.integers(0, 9),
)
def test_the_share_with_overlap_is_exact_and_every_stratum_has_its_part(
    strata: dict[int, str], share: float, seed: int
) -> None:
    chosen = overlap_chosen(strata, share, seed)
    wanted = math.floor(share * len(strata) + 0.5)
    assert len(chosen) == wanted and chosen <= set(strata)
    sizes, taken = Counter(strata.values()), Counter(strata[key] for key in chosen)
    assert all(abs(taken[name] - wanted * size / len(strata)) < 1 for name, size in sizes.items())
    assert chosen == overlap_chosen(strata, share, seed)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(0, 9))
def test_a_smart_order_is_by_score_but_for_a_random_fifth(scores: list[float], seed: int) -> None:
    given_order = [Sample(key, score=score) for key, score in enumerate(scores)]
    ordered, by_chance = smart_order(given_order, seed)
    assert sorted(sample.key for sample in ordered) == list(range(len(scores)))
    assert len(by_chance) == math.floor(0.2 * len(scores) + 0.5)
    scored = [sample.score for sample in ordered if sample.key not in by_chance]
    assert scored == sorted(scored, reverse=True)


def test_the_random_fifth_is_fair_at_any_moment() -> None:
    """Among the random ones handed out in the first tenth, high scores are as frequent as everywhere."""
    high = total = 0
    for seed in range(60):
        ordered, by_chance = smart_order([Sample(key, score=key / 500) for key in range(500)], seed)
        early = [sample for sample in ordered[:50] if sample.key in by_chance]
        high += sum(sample.score >= 0.5 for sample in early)
        total += len(early)
    assert total > 400 and abs(high / total - 0.5) < 0.08


def test_uncertainty_is_entropy_where_there_are_probabilities() -> None:
    assert uncertainty({"a": 0.5, "b": 0.5}, None) == 1.0
    assert uncertainty({"a": 1.0, "b": 0.0}, None) == 0.0
    assert uncertainty({}, 0.75) == 0.25
    assert uncertainty({}, None) is None
    unsure, sure = uncertainty({"a": 0.4, "b": 0.3, "c": 0.3}, 0.9), uncertainty({"a": 0.9, "b": 0.05, "c": 0.05}, 0.9)
    assert unsure is not None and sure is not None and unsure > sure


def test_disagreement_and_rarity_are_shares() -> None:
    assert disagreement(["panic"]) == disagreement(["panic", "panic"]) == 0.0
    assert disagreement(["panic", "none"]) == 1.0
    assert round(disagreement(["panic", "panic", "none"]), 3) == 0.667
    assert rarity({1: "none", 2: "none", 3: "none", 4: "psychotic", 5: ""}) == {
        1: 0.25,
        2: 0.25,
        3: 0.25,
        4: 0.75,
        5: 0.0,
    }
