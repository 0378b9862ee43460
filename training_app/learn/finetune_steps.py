"""The steps of a fine-tuning: how many there are, at which rates they learn, what they add up, what they draw."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import nn

from .batches import Batch, epoch_steps
from .config import TrainingConfig
from .multihead import HEADS_MODULE, learning_parameters
from .schedule import warmup_steps


@dataclass(frozen=True)
class Plan:
    """The steps of a run: `steps` per epoch, each of up to `accumulation` batches on each process."""

    steps: int
    total_steps: int
    warmup: int

    @classmethod
    def of(cls, config: TrainingConfig, rows: int, world: int) -> Plan:
        """Return the plan for a train split of so many rows."""
        optimisation = config.optimisation
        batches = epoch_steps(rows, batch_size=optimisation.batch_size, world=world)
        steps = math.ceil(batches / optimisation.accumulation)
        total = steps * optimisation.epochs
        return cls(steps, total, warmup_steps(optimisation.warmup_steps, total))


@dataclass
class Sums:
    """Losses and amounts of label by head, added up over steps."""

    sums: dict[str, float]
    amounts: dict[str, float]

    def add(self, sums: Mapping[str, float], amounts: Mapping[str, float]) -> None:
        """Take in one step or one batch."""
        for mine, more in ((self.sums, sums), (self.amounts, amounts)):
            for head, value in more.items():
                mine[head] = mine.get(head, 0.0) + value


def optimiser_of(model: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    """Return AdamW over what learns. Heads start from nothing, so beside a backbone they learn faster than it."""
    optimisation = config.optimisation
    heads: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in learning_parameters(model).items():
        (heads if HEADS_MODULE in name else others).append(parameter)
    rate = optimisation.learning_rate
    groups = [
        {"params": heads, "full_rate": rate * (optimisation.heads_faster if others else 1.0)},
        {"params": others, "full_rate": rate},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=rate, weight_decay=optimisation.weight_decay
    )


def grouped(batches: Iterator[Batch], size: int) -> Iterator[list[Batch]]:
    """Yield the batches of one step after the other; the last step of an epoch may have fewer."""
    while group := list(islice(batches, size)):
        yield group


def added(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the sums by name."""
    total: dict[str, float] = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, 0.0) + value
    return total


def step_seed(seed: int, step: int, rank: int) -> int:
    """Return what a step's dropout is drawn from: of the run, the step and the process, and of nothing before it."""
    return int(np.random.SeedSequence([seed, step, rank]).generate_state(1)[0])
