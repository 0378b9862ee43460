"""What a training will take of memory and time, before it takes it (T1).

Parameters and operations are exact (shape.py). Memory is what must be there plus what frameworks are known to take;
benchmarks/training_estimate.py holds it against real trainings. Time is operations over throughput: the right order,
not a promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from msgspec.structs import replace as changed

from .batches import epoch_steps
from .compute import Machine, Resolved, compute_resolve
from .config import TrainingConfig
from .memory_need import Memory, memory_need, processes_of, weight_type
from .pooling import Pooling
from .shape import Shape, shape_of
from .throughput import Throughput

# Beside its operations a step costs calls, of which small heads have nothing but (design/training.md, CPU cost).
STEP_SECONDS: Final = 3e-4
# A GPU waits for its calls where a layer has little to compute: a batch forward and back takes no less for a layer,
# measured on an H200 (benchmarks/training_gpu.py). Adapters make many small calls for each linear layer.
LAYER_SECONDS: Final = 5e-3
ADAPTED_LAYER_SECONDS: Final = 9e-3


@dataclass(frozen=True)
class Workload:
    """What is read: conversations of train and of val, tokens of a padded one, and how that is known."""

    train: int
    val: int
    tokens: int
    known: str


@dataclass(frozen=True)
class Estimate:
    """Memory and time of one configuration on one machine; `remedies` say what to change where it does not fit."""

    resolved: Resolved
    processes: int
    shape: Shape
    memory: Memory
    work: Workload
    epochs: int
    steps_per_epoch: int
    step_flops: int
    read_flops: int
    throughput: Throughput
    call_seconds: float = STEP_SECONDS
    remedies: tuple[str, ...] = field(default=())

    @property
    def seconds(self) -> float:
        """All epochs with their validations, or the reading of all conversations and the epochs of the heads."""
        return self.step_seconds * self.steps_per_epoch * self.epochs + self.read_flops / self.throughput.flops

    @property
    def step_seconds(self) -> float:
        """One step: its operations, but no less than the calls of a GPU take, beside which it computes."""
        computing = self.step_flops / self.throughput.flops
        if self.resolved.device == "cpu":
            return computing + self.call_seconds
        return max(computing, self.call_seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        shape = self.shape
        return {
            "fits": self.memory.fits,
            "device": self.resolved.device,
            "precision": self.resolved.precision,
            "notes": list(self.resolved.notes),
            "processes": self.processes,
            "parameters": {
                "all": shape.parameters,
                "backbone": shape.backbone,
                "heads": shape.heads,
                "adapters": shape.adapters,
                "learning": shape.learning,
            },
            "memory_bytes": asdict(self.memory) | {"total": self.memory.total},
            "work": asdict(self.work),
            "epochs": self.epochs,
            "steps_per_epoch": self.steps_per_epoch,
            "flops_per_step": self.step_flops,
            "seconds_per_step": round(self.step_seconds, 4),
            "flops_of_reading": self.read_flops,
            "throughput_flops": round(self.throughput.flops),
            "throughput_source": self.throughput.source,
            "seconds": round(self.seconds, 1),
            "remedies": list(self.remedies),
        }


def estimate(
    config: TrainingConfig,
    document: Mapping[str, Any],
    *,
    pooling: Pooling,
    machine: Machine,
    work: Workload,
    speed: Callable[[Resolved], Throughput],
) -> Estimate:
    """Return what the configuration takes on a machine, and where it does not fit, which changes would make it fit.

    `document` is the content of the backbone's config.json; no weights are needed. `speed` tells the throughput.
    Raises ConfigInvalid, EncoderRefused.
    """
    resolved = compute_resolve(config, machine)
    shapes: dict[str, Shape] = {}

    def of(wanted: TrainingConfig) -> Estimate:
        method = wanted.model.method
        if method not in shapes:
            shapes[method] = _shape(wanted, document, pooling, resolved, work.tokens)
        shape = shapes[method].for_rows(_rows_at_once(wanted))
        return _estimate(wanted, shape, resolved, machine, work, told)

    told = speed(resolved)
    found = of(config)
    if found.memory.fits:
        return found
    return replace(found, remedies=_remedies(config, of))


def _rows_at_once(config: TrainingConfig) -> int:
    return config.compute.encode_batch_size if config.model.method == "cached" else config.optimisation.batch_size


def _shape(
    config: TrainingConfig, document: Mapping[str, Any], pooling: Pooling, resolved: Resolved, tokens: int
) -> Shape:
    model = config.model
    if model.method == "cached":
        model = changed(model, method="frozen")
    elif model.method == "distil":
        model = changed(model, method="full")
        document = {**document, "num_hidden_layers": config.model.student.layers}
    return shape_of(
        document,
        model,
        pooling=pooling,
        rows=_rows_at_once(config),
        tokens=tokens,
        weights=weight_type(config, resolved),
        compute=resolved.dtype,
        device=resolved.device,
    )


def _estimate(
    config: TrainingConfig, shape: Shape, resolved: Resolved, machine: Machine, work: Workload, speed: Throughput
) -> Estimate:
    optimisation = config.optimisation
    memory = memory_need(config, shape, resolved, machine, rows=work.train + work.val)
    reading = shape.forward_flops / shape.rows
    if config.model.method == "cached":
        batches = epoch_steps(max(1, work.train), batch_size=optimisation.batch_size)
        # Two operations per weight and row forward, four backward.
        step, read = 6 * shape.heads * optimisation.batch_size, reading * (work.train + work.val)
        return Estimate(resolved, 1, shape, memory, work, optimisation.epochs, batches, step, round(read), speed)
    processes = processes_of(config)
    batches = epoch_steps(max(processes, work.train), batch_size=optimisation.batch_size, world=processes)
    again = shape.forward_flops if config.compute.gradient_checkpointing else 0
    group = min(optimisation.accumulation, batches)
    step = (shape.forward_flops + shape.backward_flops + again) * group
    read = reading * work.val * optimisation.epochs / processes
    steps = -(-batches // optimisation.accumulation)
    calls = _call_seconds(config, shape, resolved, group)
    return Estimate(
        resolved, processes, shape, memory, work, optimisation.epochs, steps, step, round(read), speed, calls
    )


def _call_seconds(config: TrainingConfig, shape: Shape, resolved: Resolved, batches: int) -> float:
    if resolved.device == "cpu" or config.model.method == "frozen":
        return STEP_SECONDS
    layers = min(shape.layers, config.model.top_layers) if config.model.method == "top_layers" else shape.layers
    return batches * layers * (ADAPTED_LAYER_SECONDS if shape.adapters else LAYER_SECONDS)


def _remedies(config: TrainingConfig, of: Callable[[TrainingConfig], Estimate]) -> tuple[str, ...]:
    """Return the changes, each by itself and then all that keep the method, that make the configuration fit."""
    found = []
    for said, candidate in _candidates(config):
        memory = of(candidate).memory
        if memory.fits:
            found.append(f"{said}: {memory.total / (1 << 30):.1f} GiB")
    return tuple(found) or ("nothing that this configuration offers makes it fit; take a smaller backbone",)


def _candidates(config: TrainingConfig) -> Iterator[tuple[str, TrainingConfig]]:
    compute, method = config.compute, config.model.method
    if method == "cached":
        return
    checkpointed = changed(config, compute=changed(compute, gradient_checkpointing=True))
    if not compute.gradient_checkpointing:
        yield "compute.gradient_checkpointing, a third slower", checkpointed
    small = _smaller(config)
    if small is not None:
        rows, times = small.optimisation.batch_size, small.optimisation.accumulation
        said = f"optimisation.batch_size {rows} with accumulation {times}, the same result"
        yield said, small
        both = _smaller(checkpointed)
        if both is not None and not compute.gradient_checkpointing:
            yield f"{said}, and compute.gradient_checkpointing", both
    for other in ("lora", "qlora"):
        if method in ("full", "top_layers") or (method, other) == ("lora", "qlora"):
            with_adapters = changed(config, model=changed(config.model, method=other))
            yield f"model.method {other}", with_adapters
            least = _smaller(changed(with_adapters, compute=checkpointed.compute))
            if least is not None:
                yield f"model.method {other} with batch_size 1 and compute.gradient_checkpointing", least
    if compute.distributed != "fsdp":
        for processes in (2, 4, 8):
            spread = changed(compute, distributed="fsdp", processes=processes)
            yield f"compute.distributed fsdp on {processes} GPUs like this one", changed(config, compute=spread)


def _smaller(config: TrainingConfig) -> TrainingConfig | None:
    """Return one conversation at a time with as many accumulated, None where that is so already."""
    optimisation = config.optimisation
    if optimisation.batch_size == 1:
        return None
    times = optimisation.batch_size * optimisation.accumulation
    return changed(config, optimisation=changed(optimisation, batch_size=1, accumulation=min(times, 1024)))
