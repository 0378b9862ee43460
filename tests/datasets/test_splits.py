"""Laws of the split."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus import taxonomy
from datasets_app.corpus.splits import SplitItem, assign_splits

ITEMS = st.lists(
    st.builds(
        SplitItem,
        content_hash=st.integers(0, 10_000).map(lambda number: f"sha256:{number:064d}"),
        crisis_type=st.sampled_from(taxonomy.CRISIS_TYPES),
        group_keys=st.lists(st.sampled_from([f"author:{n}" for n in range(12)]), max_size=2).map(tuple),
    ),
    max_size=60,
    unique_by=lambda item: item.content_hash,
)


@given(ITEMS, st.randoms(use_true_random=False), st.integers(0, 5))
def test_order_of_the_input_changes_nothing(items: list[SplitItem], rng: random.Random, seed: int) -> None:
    shuffled = list(items)
    rng.shuffle(shuffled)
    assert assign_splits(items, seed=seed) == assign_splits(shuffled, seed=seed)


@given(ITEMS, st.integers(0, 5))
def test_every_record_is_placed_and_no_key_lies_in_two_splits(items: list[SplitItem], seed: int) -> None:
    placed = assign_splits(items, seed=seed)
    assert set(placed) == {item.content_hash for item in items}
    where: dict[str, set[str]] = {}
    for item in items:
        for key in (*item.group_keys, placed[item.content_hash].group):
            where.setdefault(key, set()).add(placed[item.content_hash].split)
    assert all(len(splits) == 1 for splits in where.values())


def test_ties_are_transitive() -> None:
    chain = [
        SplitItem(f"sha256:{n:064d}", "none", (f"k{n}", f"k{n + 1}"))
        for n in range(40)
    ]  # fmt: skip
    assert len({placement.split for placement in assign_splits(chain, seed=1).values()}) == 1


def test_shares_hold_within_each_type() -> None:
    items = [
        SplitItem(f"sha256:{n:064d}", taxonomy.CRISIS_TYPES[n % 7], ())
        for n in range(1400)
    ]  # fmt: skip
    placed = assign_splits(items, seed=42)
    cells = Counter((item.crisis_type, placed[item.content_hash].split) for item in items)
    for kind in taxonomy.CRISIS_TYPES:
        assert [cells[kind, split] for split in taxonomy.SPLITS] == [140, 30, 30]


def test_groups_and_single_records_are_spread_alike() -> None:
    # 200 people who wrote twice, 600 who wrote once.
    items = [
        SplitItem(f"sha256:{n:064d}", "none", (f"author:{n // 2}",) if n < 400 else ())
        for n in range(1000)
    ]  # fmt: skip
    placed = assign_splits(items, seed=42)
    twice = Counter(placed[item.content_hash].split for item in items if item.group_keys)
    assert [twice[split] for split in taxonomy.SPLITS] == [280, 60, 60]
    assert Counter(placement.split for placement in placed.values()) == {"train": 700, "val": 150, "test": 150}


def test_seed_matters_and_the_same_seed_repeats() -> None:
    items = [SplitItem(f"sha256:{n:064d}", "none", ()) for n in range(100)]
    assert assign_splits(items, seed=1) == assign_splits(items, seed=1)
    assert assign_splits(items, seed=1) != assign_splits(items, seed=2)


def test_rare_type_reaches_the_test_split_before_validation() -> None:
    items = [SplitItem(f"sha256:{n:064d}", "psychotic", ()) for n in range(3)]
    assert Counter(placement.split for placement in assign_splits(items, seed=0).values()) == {"train": 2, "test": 1}


def test_wrong_shares_and_repeated_hashes_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        assign_splits([], seed=0, shares={"train": 0.5, "val": 0.1, "test": 0.1})
    item = SplitItem("sha256:" + "0" * 64, "none", ())
    with pytest.raises(ValueError, match="twice"):
        assign_splits([item, item], seed=0)
