"""Batches: every row once, similar lengths, the same for the same seed, whoever prepares them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.releases import simple_conversations, write_labelled_release
from training_app.learn.batches import Batch, batch_tensors, collate, epoch_batches, epoch_steps, sequential_batches
from training_app.learn.data import release_open
from training_app.learn.encoder import encoder_folder
from training_app.learn.labels import NO_CLASS
from training_app.learn.tokens import TokenisedSplit, token_cache


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> TokenisedSplit:
    root = tmp_path_factory.mktemp("batches")
    write_labelled_release(root / "release", simple_conversations(120))
    return token_cache(
        release_open(root / "release"),
        "train",
        tokenizer=encoder_folder() / "tokenizer.json",
        max_length=64,
        last_messages=10,
        folder=root / "cache",
    )


@given(
    lengths=st.lists(st.integers(1, 512), min_size=8, max_size=300),
    batch_size=st.integers(1, 40),
    world=st.integers(1, 8),
    seed=st.integers(0, 2**31 - 1),
    epoch=st.integers(1, 50),
)
@settings(max_examples=150)
def test_every_row_comes_once_over_all_processes(
    lengths: list[int], batch_size: int, world: int, seed: int, epoch: int
) -> None:
    array = np.array(lengths)
    order = {"batch_size": batch_size, "seed": seed, "epoch": epoch}
    shares = [epoch_batches(array, **order, rank=rank, world=world) for rank in range(world)]
    rows = np.concatenate([batch for share in shares for batch in share])
    assert np.array_equal(np.sort(rows), np.arange(len(array)))
    assert {len(share) for share in shares} == {epoch_steps(len(array), batch_size=batch_size, world=world)}
    sizes = [len(batch) for share in shares for batch in share]
    assert min(sizes) >= 1
    assert max(sizes) <= max(batch_size, 2)
    assert array.max() in array[np.concatenate([share[0] for share in shares])]
    alone = epoch_batches(array, batch_size=batch_size * world, seed=seed, epoch=epoch)
    if len(alone) == len(shares[0]):
        for step, whole in enumerate(alone):
            together = np.concatenate([share[step] for share in shares])
            assert set(together.tolist()) == set(whole.tolist())


def test_order_depends_on_seed_and_epoch() -> None:
    lengths = np.arange(1, 101)

    def order(**more: int) -> list[int]:
        return np.concatenate(epoch_batches(lengths, **({"batch_size": 8, "seed": 1, "epoch": 1} | more))).tolist()

    assert order() == order()
    assert order() != order(epoch=2) != order(seed=2) != order()
    with pytest.raises(ValueError, match="cannot be shared"):
        epoch_batches(lengths[:2], batch_size=8, seed=1, epoch=1, world=3)


def test_buckets_pad_little_and_stay_random() -> None:
    lengths = np.random.default_rng(5).integers(8, 512, size=20_000)

    def padded(batches: list[np.ndarray]) -> float:
        return sum(len(rows) * lengths[rows].max() for rows in batches) / lengths.sum()

    bucketed = epoch_batches(lengths, batch_size=16, seed=1, epoch=1)
    plain = np.array_split(np.random.default_rng(1).permutation(len(lengths)), len(bucketed))
    assert padded(bucketed) < 1.05
    assert padded(plain) > 1.6
    assert padded(sequential_batches(lengths, batch_size=16)) < 1.01
    neighbours = bucketed[3].tolist()
    following = epoch_batches(lengths, batch_size=16, seed=1, epoch=2)
    assert max(len(set(neighbours) & set(rows.tolist())) for rows in following) < 6


def test_collated_rows_are_padded_on_the_right_and_masked(split: TokenisedSplit) -> None:
    rows = np.array([3, 0, 11])
    batch = collate(split, rows, pad_id=9, heads=("empathy", "emotion"), multiple_of=8)
    assert len(batch) == 3
    assert not split.ids.flags.writeable
    assert batch.input_ids.shape[1] % 8 == 0
    for place, row in enumerate(rows):
        length = int(split.lengths[row])
        assert batch.input_ids[place, :length].tolist() == split.tokens(row).tolist()
        assert set(batch.input_ids[place, length:].tolist()) <= {9}
        assert batch.attention_mask[place].sum() == length
    assert batch.crisis_types.tolist() == split.crisis_types[rows].tolist()
    assert not batch.masks["empathy"].any()
    assert batch.labels["emotion"].dtype == torch.int64
    assert torch.isfinite(batch.labels["empathy"]).all()


def test_columns_of_labels_reach_the_batch(split: TokenisedSplit) -> None:
    empathy = np.full(len(split), np.nan, dtype=np.float32)
    emotion = np.full(len(split), NO_CLASS, dtype=np.int16)
    empathy[4], emotion[5] = 0.25, 3
    fields = {name: getattr(split, name) for name in TokenisedSplit.__dataclass_fields__}
    given = TokenisedSplit(**fields | {"labels": {"empathy": empathy, "emotion": emotion}})
    batch = collate(given, np.array([4, 5]), pad_id=0, heads=("empathy", "emotion"))
    assert batch.labels["empathy"].tolist() == [0.25, 0.0]
    assert batch.masks["empathy"].tolist() == [True, False]
    assert batch.labels["emotion"].tolist() == [0, 3]
    assert batch.masks["emotion"].tolist() == [False, True]


def test_workers_give_the_same_batches_and_leave_the_generator_alone(split: TokenisedSplit) -> None:
    batches = epoch_batches(split.lengths, batch_size=16, seed=1, epoch=1)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    alone = list(batch_tensors(split, batches, pad_id=0))
    helped = list(batch_tensors(split, batches, pad_id=0, workers=2))
    assert torch.equal(torch.rand(1), expected)
    assert sum(map(len, alone)) == len(split)
    for one, other in zip(alone, helped, strict=True):
        assert isinstance(other, Batch)
        assert torch.equal(one.input_ids, other.input_ids)
        assert torch.equal(one.severities, other.severities)
    moved = alone[0].to("cpu")
    assert torch.equal(moved.attention_mask, alone[0].attention_mask)
