"""Laws of the placement on arrays, of components, and of counts that are merged."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.counts import ReleaseCounts
from datasets_app.corpus.engine.joining import components, neighbours
from datasets_app.corpus.splits import FREE, TEST, exact_totals, place_groups
from datasets_app.corpus.taxonomy import SPLIT_SHARES, SPLITS

GROUPS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 7), st.integers(0, 2**64 - 1)), min_size=1, max_size=80)


def placed(groups: list[tuple[int, int, int]], pinned: list[int] | None = None) -> list[int]:
    sizes, strata, ranks = zip(*groups, strict=True)
    pins = np.array(pinned if pinned is not None else [FREE] * len(groups))
    columns = np.array(sizes), np.array(strata), np.array(ranks, dtype=np.uint64)
    found = place_groups(*columns, shares=SPLIT_SHARES, pinned=pins)
    return [int(split) for split in found]


def totals(groups: list[tuple[int, int, int]], splits: list[int]) -> list[int]:
    filled = Counter[int]()
    for (size, _, _), split in zip(groups, splits, strict=True):
        filled[split] += size
    return [filled[split] for split in range(3)]


@given(st.lists(st.tuples(st.just(1), st.integers(0, 7), st.integers(0, 2**64 - 1)), min_size=1, max_size=200))
def test_totals_of_single_records_are_exact(groups: list[tuple[int, int, int]]) -> None:
    count = len(groups)
    train, val = count * 7 // 10, count * 15 // 100
    assert totals(groups, placed(groups)) == [train, val, count - train - val]


@given(GROUPS)
def test_single_records_make_up_for_large_groups(
    groups: list[tuple[int, int, int]],
) -> None:
    singles = [(1, number % 8, number) for number in range(60)]
    everything = groups + singles
    splits = placed(everything)
    assert set(splits) <= {0, 1, 2}
    size = sum(entry[0] for entry in everything)
    largest = max(entry[0] for entry in everything)
    for found, wanted in zip(totals(everything, splits), exact_totals(size, SPLIT_SHARES), strict=True):
        assert abs(found - wanted) <= largest


@given(GROUPS, st.randoms(use_true_random=False))
def test_order_of_groups_changes_nothing(groups: list[tuple[int, int, int]], rng: object) -> None:
    unique = list({rank: (size, stratum, rank) for size, stratum, rank in groups}.values())
    expected = dict(zip(unique, placed(unique), strict=True))
    rng.shuffle(unique)  # type: ignore[attr-defined]
    assert dict(zip(unique, placed(unique), strict=True)) == expected


@given(GROUPS, st.data())
def test_pins_hold(groups: list[tuple[int, int, int]], data: st.DataObject) -> None:
    pins = data.draw(st.lists(st.sampled_from([FREE, FREE, 0, 1, 2]), min_size=len(groups), max_size=len(groups)))
    splits = placed(groups, pins)
    assert all(pin in (FREE, split) for pin, split in zip(pins, splits, strict=True))


def test_everything_held_out_is_test() -> None:
    assert placed([(1, 0, 1), (2, 1, 2)], [TEST, TEST]) == [TEST, TEST]


@given(st.integers(0, 10**7))
def test_totals_are_those_of_exact_fractions(count: int) -> None:
    train, val, test = exact_totals(count, SPLIT_SHARES)
    assert (train, val) == (Fraction(7, 10) * count // 1, Fraction(15, 100) * count // 1)
    assert train + val + test == count


EDGES = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40)


@given(EDGES)
def test_components_are_those_of_a_plain_search(edges: list[tuple[int, int]]) -> None:
    near: dict[int, set[int]] = {row: {row} for row in range(30)}
    for one, other in edges:
        near[one].add(other)
        near[other].add(one)
    smallest = []
    for row in range(30):
        seen, waiting = {row}, [row]
        while waiting:
            fresh = near[waiting.pop()] - seen
            seen |= fresh
            waiting += fresh
        smallest.append(min(seen))
    pairs = np.array(edges, dtype=np.uint32).reshape(-1, 2)
    assert components(30, pairs[:, 0], pairs[:, 1]).tolist() == smallest


@given(st.lists(st.integers(0, 5), max_size=30))
def test_neighbours_tie_exactly_the_rows_of_one_key(keys: list[int]) -> None:
    first, second = neighbours(np.array(keys, dtype=np.uint64), np.arange(len(keys), dtype=np.uint32))
    found = components(len(keys), first, second).tolist()
    assert found == [keys.index(key) for key in keys]


def line(number: int, group: str, cluster: str = "") -> dict[str, object]:
    return {
        "crisis_type": "panic", "severity": 2, "label_source": "input",
        "metadata": {
            "content_hash": f"sha256:{number:064x}", "source": "real", "source_family": "cptsd", "stage": 1,
            "is_training_edge_case": number % 2 == 0, "group": group, "cluster": cluster, "pii": "clean",
            "provenance": {"input": "x", "raw_sha256": "a" * 64 if number % 3 else ""},
        },
    }  # fmt: skip


LINES = st.lists(
    st.tuples(st.sampled_from(SPLITS), st.integers(0, 20), st.sampled_from(["g:" + "ab" * 12, "author 7", "g:x"])),
    max_size=30,
)


@given(LINES, st.integers(0, 30))
def test_merged_counts_are_the_counts_of_the_whole(lines: list[tuple[str, int, str]], cut: int) -> None:
    whole, first, second = ReleaseCounts(), ReleaseCounts(), ReleaseCounts()
    for place, (split, number, group) in enumerate(lines):
        for counts in (whole, first if place < cut else second):
            counts.add(split, line(number, group))
    second.merge(ReleaseCounts.from_bytes(first.to_bytes()))
    assert second.as_dict() == whole.as_dict()
    for law in ("duplicates", "without_provenance", "edge_cases"):
        assert getattr(second, law) == getattr(whole, law)
    assert (second.edge_digest(), second.crossing_groups()) == (whole.edge_digest(), whole.crossing_groups())


def test_counts_name_copies_and_what_crosses_splits() -> None:
    counts = ReleaseCounts()
    engine, cluster = "g:" + "0f" * 12, "n:" + "1e" * 12
    counts.add("train", line(1, engine, cluster))
    counts.add("test", line(1, engine, cluster))
    counts.add("test", line(2, "g:" + "00" * 12))
    assert counts.duplicates == [f"sha256:{1:064x}"[: 7 + 32]]
    assert (counts.crossing_groups(), counts.crossing_clusters()) == ([engine], [cluster])
    assert (counts.as_dict()["groups"], counts.as_dict()["clusters"]) == (2, 1)


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        exact_totals(10, {"train": 0.7, "val": 0.2, "test": 0.2})
