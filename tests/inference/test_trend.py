"""The law of the trend: what rises is called rising, what stays is steady, and a fault is never relief."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.engine.trend import (
    EASING,
    FALLING,
    NOTABLE,
    RISING,
    RISING_FLOOR,
    STEADY,
    TREND_TURNS,
    Figure,
    Trend,
    raised_level,
    trend_of,
)

shares = st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 6))
series = st.lists(shares, min_size=2, max_size=12)


def figures(values: list[float | None], *, sure: bool = True) -> list[Figure]:
    return [Figure(turn, value, sure) for turn, value in enumerate(values, start=1)]


def rise_of(values: list[float]) -> float:
    return values[-1] - values[0]


@given(st.lists(shares, min_size=2, max_size=TREND_TURNS).map(sorted))
def test_scores_that_never_fall_are_rising_once_the_rise_is_clear(values: list[float]) -> None:
    trend = trend_of(figures(list(values)))
    back = trend_of(figures(values[::-1]))
    if rise_of(values) >= 0.15:
        assert (trend.direction, back.direction) == (RISING, EASING)
    if rise_of(values) < NOTABLE / 2:
        assert trend.direction == back.direction == STEADY
    assert trend.slope is not None and back.slope is not None
    assert trend.slope >= -1e-9 and trend.slope == pytest.approx(-back.slope, abs=1e-9)


@given(shares, st.integers(2, 12), st.randoms())
def test_equal_scores_in_any_order_are_steady(value: float, count: int, random: object) -> None:
    values = [value] * count
    random.shuffle(values)  # type: ignore[attr-defined]
    trend = trend_of(figures(list(values)))
    assert (trend.direction, trend.turns, trend.complete) == (STEADY, min(count, TREND_TURNS), True)
    assert trend.change == pytest.approx(0, abs=1e-9)


@given(series, st.integers(0, 1000))
def test_only_the_last_turns_count_and_where_they_stand_does_not(values: list[float], offset: int) -> None:
    whole = trend_of(figures(list(values)))
    later = [Figure(turn + offset, value) for turn, value in enumerate(values[-TREND_TURNS:])]
    shifted = trend_of(later)
    assert whole.slope == pytest.approx(shifted.slope, abs=1e-6)
    assert whole.turns == shifted.turns


@given(st.lists(shares, min_size=2, max_size=TREND_TURNS), st.integers(0, 11))
def test_a_turn_that_was_not_judged_never_reads_as_relief(values: list[float], missing: int) -> None:
    holed: list[float | None] = list(values)
    holed[missing % len(holed)] = None
    unsure = figures(list(values))
    unsure[-1] = Figure(unsure[-1].turn, unsure[-1].value, sure=False)
    for each in (figures(holed), unsure):
        trend = trend_of(each)
        assert trend.direction in (RISING, STEADY)
        assert not trend.complete


def test_little_is_steady_and_the_name_of_a_fall_is_the_caller_s() -> None:
    assert trend_of([]) == Trend(STEADY, None, None, 0, True)
    assert trend_of(figures([0.9])).direction == STEADY
    assert trend_of(figures([0.9, 0.1]), down=FALLING).direction == FALLING
    assert trend_of(figures([0.1, 0.2])).direction == RISING  # exactly what counts as notable
    gap = trend_of([Figure(1, 0.1), Figure(5, 0.5)])
    assert (gap.slope, gap.change) == (pytest.approx(0.1), pytest.approx(0.4))
    assert gap.as_json() == {"direction": "rising", "slope": 0.1, "change": 0.4, "turns": 2, "complete": True}


@given(st.sampled_from(ALERT_LEVELS), series, st.none() | shares)
def test_the_trend_only_ever_raises_and_only_out_of_none(level: str, values: list[float], score: float | None) -> None:
    raised = raised_level(level, trend_of(figures(list(values))), score)
    if level != "none":
        assert raised == level
    else:
        rises = trend_of(figures(list(values))).direction == RISING and (score or 0) >= RISING_FLOOR
        assert raised == ("concern" if rises else "none")


def test_two_figures_of_one_turn_are_no_trend_and_no_fault() -> None:
    """What a writer sees while another one takes the same place; it is written again under the next."""
    assert trend_of([Figure(3, 0.1), Figure(3, 0.9)]) == Trend(STEADY, 0.0, 0.0, 2, True)
