"""ICC against the published table, and the laws that hold for any table."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotation.agreement.icc import icc_complete, icc_with_gaps

# Shrout & Fleiss (1979), table 2: six targets, four judges; the coefficients are their table 4.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
PUBLISHED = {"icc1": 0.17, "icc2": 0.29, "icc3": 0.71, "icc1k": 0.44, "icc2k": 0.62, "icc3k": 0.91}
# Of the same data, by R's psych::ICC (its manual's example), which follows McGraw & Wong (1996).
INTERVALS = {
    "icc1": (-0.13, 0.72),
    "icc2": (0.02, 0.76),
    "icc3": (0.34, 0.95),
    "icc1k": (-0.88, 0.91),
    "icc2k": (0.07, 0.93),
    "icc3k": (0.68, 0.99),
}
TABLES = st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=4, max_size=15).map(
    lambda rows: np.array(rows, dtype=float)
)


def estimates(table: np.ndarray) -> dict[str, float]:
    return {name: found.estimate for name, found in icc_complete(table).items()}


def test_shrout_and_fleiss_1979() -> None:
    found = icc_complete(SHROUT_FLEISS)
    assert {name: round(entry.estimate, 2) for name, entry in found.items()} == PUBLISHED
    assert {name: (round(entry.low, 2), round(entry.high, 2)) for name, entry in found.items()} == INTERVALS
    assert all(entry.items == 6 for entry in found.values())


@settings(max_examples=60)
@example(np.array([[1.0, 1.0, 2.0]] * 4), [0, 1, 2], 1.0, 1.0)  # a steady difference alone
@example(np.array([[1.0, 1, 1], [1, 1, 2], [1, 2, 1], [2, 1, 1]]), [0, 1, 2], 1.0, 1.0)  # the mean's pole
@given(TABLES, st.permutations(range(3)), st.floats(0.5, 4), st.floats(-3, 3))
def test_names_of_raters_and_units_of_the_scale_change_nothing(
    table: np.ndarray, order: list[int], scale: float, shift: float
) -> None:
    assert estimates(table[:, order] * scale + shift) == pytest.approx(estimates(table), abs=1e-6)


@settings(max_examples=60)
@given(TABLES)
def test_variance_components_equal_the_analysis_of_variance_without_gaps(table: np.ndarray) -> None:
    whole, gaps = icc_complete(table), icc_with_gaps(table, replicates=0, seed=0)
    for name, published in (("agreement", "icc2"), ("consistency", "icc3")):
        if name in gaps and published in whole:
            assert gaps[name].estimate == pytest.approx(whole[published].estimate, abs=1e-6)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 5), min_size=4, max_size=15).filter(lambda row: len(set(row)) > 1))
def test_perfect_agreement_is_one_and_a_steady_difference_only_inconsistent(row: list[int]) -> None:
    same = np.repeat(np.array(row, dtype=float)[:, None], 3, axis=1)
    assert all(value == pytest.approx(1) for value in estimates(same).values())
    shifted = estimates(same + np.array([0, 1, 2]))
    assert shifted["icc3"] == pytest.approx(1) and shifted["icc2"] < 1


def test_a_table_with_gaps_is_told_from_its_truth() -> None:
    """Eight raters, three labels a sample: no sample has all, and the components are found all the same."""
    generator = np.random.default_rng(4)
    items, lean = generator.normal(0, 1, 1500), generator.normal(0, 0.5, 8)
    table = items[:, None] + lean + generator.normal(0, 0.7, (1500, 8))
    for row in table:
        row[generator.choice(8, 5, replace=False)] = np.nan
    assert icc_complete(table) == {}
    found = icc_with_gaps(table, replicates=200, seed=1)
    consistency = found["consistency"]
    assert consistency.estimate == pytest.approx(1 / (1 + 0.49), abs=0.03)
    assert consistency.low < 1 / (1 + 0.49) < consistency.high and consistency.items == 1500
    truth = 1 / (1 + lean.var(ddof=1) + 0.49)
    assert found["agreement"].estimate == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize(
    "table",
    [np.full((5, 3), 2.0), np.full((1, 3), 2.0), np.full((4, 3), np.nan), np.zeros((0, 3)), np.ones((4, 1))],
)
def test_nothing_to_tell_apart_is_no_number(table: np.ndarray) -> None:
    assert icc_complete(table) == {} and icc_with_gaps(table, replicates=10, seed=0) == {}
