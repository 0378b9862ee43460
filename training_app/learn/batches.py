"""Batches of conversations of similar length: what order they come in, and how they become tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .labels import CLASS_HEADS, labelled
from .tokens import TokenisedSplit

Rows = NDArray[np.int64]
# How many batches are drawn from one stretch of the shuffled split: enough for similar lengths, few enough that a
# batch remains a random draw.
BUCKET_BATCHES: Final = 50
PREFETCH: Final = 2


@dataclass(frozen=True)
class Batch:
    """input_ids, attention_mask int64 [B, T] padded on the right; crisis_types int64 [B]; severities int64 [B].

    `labels` by optional head: float32 [B] for scores, int64 [B] for classes, 0 where `masks` (bool [B]) says that
    there is no label.
    """

    input_ids: Tensor
    attention_mask: Tensor
    crisis_types: Tensor
    severities: Tensor
    labels: dict[str, Tensor]
    masks: dict[str, Tensor]

    def __len__(self) -> int:
        return int(self.crisis_types.shape[0])

    def to(self, device: torch.device | str) -> Batch:
        """Return the batch on a device; from pinned memory the copy runs beside the computation."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """Return the batch in page-locked memory; called by torch's loader."""
        return self._each(lambda tensor: tensor.pin_memory())

    def _each(self, change: Any) -> Batch:
        return Batch(
            change(self.input_ids),
            change(self.attention_mask),
            change(self.crisis_types),
            change(self.severities),
            {head: change(tensor) for head, tensor in self.labels.items()},
            {head: change(tensor) for head, tensor in self.masks.items()},
        )


def epoch_steps(rows: int, *, batch_size: int, world: int = 1) -> int:
    """Return how many batches each of `world` processes gets in an epoch of `epoch_batches`."""
    if rows < world:
        raise ValueError(f"{rows} rows cannot be shared by {world} processes")
    return min(-(-rows // (batch_size * world)), rows // world)


def epoch_batches(
    lengths: NDArray[Any], *, batch_size: int, seed: int, epoch: int, rank: int = 0, world: int = 1
) -> list[Rows]:
    """Return the row numbers of one process's batches in the order of an epoch: shuffled, of similar length.

    All processes get as many batches, so none waits for another; each row comes exactly once over all of them, and
    the rows of step s are the same for any `world` with the same batch_size * world. Batches hold up to `batch_size`
    rows, and their sizes differ by one at most (batch_size 1 gives 2 where the rows do not divide by `world`).
    The batch with the longest conversation comes first, so that memory that does not suffice shows at once.
    Depends on (lengths, batch_size, seed, epoch, rank, world) alone. Raises ValueError for fewer rows than processes.
    """
    rows = len(lengths)
    steps = epoch_steps(rows, batch_size=batch_size, world=world)
    chance = np.random.default_rng([seed, epoch])
    order = chance.permutation(rows)
    # Even sizes rather than a small last batch: its few rows would weigh as much as a whole batch.
    bounds = np.arange(steps + 1) * rows // steps
    for first in range(0, steps, BUCKET_BATCHES):
        bucket = slice(bounds[first], bounds[min(first + BUCKET_BATCHES, steps)])
        order[bucket] = order[bucket][np.argsort(lengths[order[bucket]], kind="stable")]
    places = chance.permutation(steps)
    longest = int(np.searchsorted(bounds, int(np.argmax(lengths[order])), side="right")) - 1
    at = int(np.flatnonzero(places == longest)[0])
    places[0], places[at] = places[at], places[0]
    return [order[bounds[place] : bounds[place + 1]][rank::world] for place in places.tolist()]


def sequential_batches(lengths: NDArray[Any], *, batch_size: int) -> list[Rows]:
    """Return the row numbers of batches from the longest to the shortest conversation, for reading without learning."""
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def collate(
    split: TokenisedSplit, rows: Rows, *, pad_id: int, heads: Sequence[str] = (), multiple_of: int = 1
) -> Batch:
    """Return the tensors of some rows, padded to the longest of them (rounded up to `multiple_of`).

    `heads` are the optional heads whose labels are wanted.
    """
    lengths = (split.offsets[rows + 1] - split.offsets[rows]).tolist()
    width = -(-max(lengths) // multiple_of) * multiple_of
    ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for place, (row, length) in enumerate(zip(rows.tolist(), lengths, strict=True)):
        ids[place, :length] = split.tokens(row)
        mask[place, :length] = 1
    labels, masks = {}, {}
    for head in heads:
        column = split.labels[head][rows]
        known = labelled(head, column)
        kind = np.int64 if head in CLASS_HEADS else np.float32
        labels[head] = torch.from_numpy(np.where(known, column, 0).astype(kind))
        masks[head] = torch.from_numpy(np.ascontiguousarray(known))
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(mask),
        torch.from_numpy(split.crisis_types[rows].astype(np.int64)),
        torch.from_numpy(split.severities[rows].astype(np.int64)),
        labels,
        masks,
    )


def batch_tensors(
    split: TokenisedSplit,
    batches: Sequence[Rows],
    *,
    pad_id: int,
    heads: Sequence[str] = (),
    multiple_of: int = 1,
    workers: int = 0,
    pin_memory: bool = False,
) -> Iterator[Batch]:
    """Yield the tensors of the batches in their order; `workers` processes prepare the next ones meanwhile."""
    loader: DataLoader[Batch] = DataLoader(
        _Collated(split, pad_id, tuple(heads), multiple_of),
        batch_size=None,
        sampler=batches,  # type: ignore[arg-type]
        num_workers=workers,
        prefetch_factor=PREFETCH if workers else None,
        pin_memory=pin_memory,
        # Forked workers share the mapped files; a spawned one would be sent a copy of the whole split.
        multiprocessing_context="fork" if workers else None,
        # Else the loader takes a number from torch's global generator, and dropout would differ.
        generator=torch.Generator(),
    )
    yield from loader


class _Collated(Dataset[Batch]):
    """Answers the row numbers of a batch with its tensors."""

    def __init__(self, split: TokenisedSplit, pad_id: int, heads: tuple[str, ...], multiple_of: int) -> None:
        self._split, self._pad_id, self._heads, self._multiple_of = split, pad_id, heads, multiple_of

    def __getitem__(self, rows: Rows) -> Batch:
        return collate(self._split, rows, pad_id=self._pad_id, heads=self._heads, multiple_of=self._multiple_of)
