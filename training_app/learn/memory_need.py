"""The memory of one training process on its device, at the worst moment of a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch

from .compute import DTYPES, Machine, Resolved, held_in
from .config import TrainingConfig
from .shape import FP32_BYTES, Shape

# AdamW keeps two moments in 32 bits.
MOMENT_BYTES: Final = 2 * FP32_BYTES
# NF4: half a byte, and per 64 weights a scale that is itself quantised (Dettmers et al. 2023, section 3).
NF4_BYTES: Final = 0.5 + 0.127 / 8
# What a process holds before any weight: interpreter, torch and transformers; a CUDA context on the device.
PROCESS_BYTES: Final = {"cpu": 600 << 20, "cuda": 700 << 20}
# Buffers of products and of the allocator, as a share of all else.
SLACK: Final = 0.10
# Hidden states that a layer works with beside what it keeps: the wide part of its perceptron.
WORKING_STATES: Final = 8
# A Python object per conversation while embeddings are made: its text and labels.
SAMPLE_BYTES: Final = 3_000
# Of a device's memory, what may be planned for.
USABLE: Final = 0.95


@dataclass(frozen=True)
class Memory:
    """Bytes; `limit` is what this process may take on this machine."""

    weights: int
    gradients: int
    optimiser: int
    activations: int
    other: int
    limit: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimiser + self.activations + self.other

    @property
    def fits(self) -> bool:
        """Whether it is there."""
        return self.total <= self.limit


def weight_type(config: TrainingConfig, resolved: Resolved) -> torch.dtype:
    """Return the type that the backbone is held in, by the rule of the training itself."""
    return DTYPES[held_in(config, resolved.device, resolved.precision)]


def processes_of(config: TrainingConfig) -> int:
    """Return how many processes train at once."""
    return 1 if config.compute.distributed == "none" else config.compute.processes


def memory_need(config: TrainingConfig, shape: Shape, resolved: Resolved, machine: Machine, *, rows: int) -> Memory:
    """Return what a step takes. `rows` are the conversations of train and val, kept as embeddings by "cached"."""
    working = max(2 * shape.layer_bytes, WORKING_STATES * shape.state_bytes)
    weights = float(shape.weight_bytes)
    if config.model.method == "qlora":
        weights -= shape.quantisable * (resolved.dtype.itemsize - NF4_BYTES)
    if config.model.method == "cached":
        # All embeddings, and once more while their parts are put together; the texts that are read.
        embeddings = rows * (shape.embedding * FP32_BYTES * 2 + SAMPLE_BYTES)
        return _memory(resolved, machine, 1, weights=weights, activations=embeddings, working=working)
    processes = processes_of(config)
    learning = float(shape.learning)
    gathered = 0.0
    if config.compute.distributed == "ddp":
        # Gradients are copied into buckets that the processes exchange.
        gathered = learning * FP32_BYTES
    elif config.compute.distributed == "fsdp":
        # Everything is shared but one layer's weights, gathered while it computes.
        gathered = (weights + shape.cast_bytes) / shape.layers
        weights, learning = weights / processes, learning / processes
    if config.compute.distributed != "fsdp":
        weights += shape.cast_bytes
    kept = float(shape.kept_bytes)
    if config.compute.gradient_checkpointing:
        kept = min(kept, float(shape.layer_bytes + shape.layers * shape.state_bytes))
    return _memory(
        resolved,
        machine,
        processes,
        weights=weights,
        gradients=learning * FP32_BYTES,
        optimiser=learning * MOMENT_BYTES,
        activations=kept,
        working=working + gathered,
    )


def _memory(
    resolved: Resolved,
    machine: Machine,
    processes: int,
    *,
    weights: float,
    activations: float,
    working: float,
    gradients: float = 0.0,
    optimiser: float = 0.0,
) -> Memory:
    if resolved.device == "cuda":
        limit = min(gpu.free for gpu in machine.gpus) * USABLE
    else:
        limit = machine.available * USABLE / processes
    slack = SLACK * (weights + gradients + optimiser + activations)
    return Memory(
        weights=round(weights),
        gradients=round(gradients),
        optimiser=round(optimiser),
        activations=round(activations),
        other=round(working + slack + PROCESS_BYTES[resolved.device]),
        limit=round(limit),
    )
