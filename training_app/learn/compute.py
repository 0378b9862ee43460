"""What the machine has, and what a configuration takes of it: device, precision, threads."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import torch

from .config import ModelConfig, TrainingConfig
from .errors import ConfigInvalid

Device = Literal["cpu", "cuda"]
Precision = Literal["fp32", "bf16", "fp16"]
DTYPES: Final[Mapping[Precision, torch.dtype]] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
GIB: Final = 1 << 30
# Ampere and later multiply bfloat16 in their tensor cores; before, it is emulated and slow.
BF16_CAPABILITY: Final = (8, 0)
# Without one of these a CPU widens every bfloat16 and loses time (design/training.md, CPU cost).
BF16_FLAGS: Final = ("amx_bf16", "avx512_bf16")
SHOWN_FLAGS: Final = ("avx2", "avx512f", "avx512_vnni", *BF16_FLAGS, "sve", "asimd")
# A backbone that is only read: little to gain on a CPU.
READING_METHODS: Final = frozenset({"cached", "frozen"})


@dataclass(frozen=True)
class Gpu:
    """One CUDA device; bytes of memory in all and free now."""

    name: str
    memory: int
    free: int
    bf16: bool


@dataclass(frozen=True)
class Machine:
    """What may be used of this machine: cores and memory within the limits of its container, bytes."""

    cpu: str
    cores: int
    memory: int
    available: int
    flags: tuple[str, ...] = ()
    gpus: tuple[Gpu, ...] = ()

    @property
    def cpu_bf16(self) -> bool:
        """Whether the CPU computes with bfloat16 rather than emulating it."""
        return any(flag in self.flags for flag in BF16_FLAGS)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Resolved:
    """What `auto` became, and why."""

    device: Device
    precision: Precision
    notes: tuple[str, ...] = field(default=())

    @property
    def dtype(self) -> torch.dtype:
        """The type that is computed in."""
        return DTYPES[self.precision]

    @property
    def scales_loss(self) -> bool:
        """Whether gradients need a scaled loss: half precision loses small ones otherwise."""
        return self.precision == "fp16"


def machine_detect() -> Machine:
    """Return what this machine has."""
    total, available = _memory()
    return Machine(
        cpu=_cpu_name(),
        cores=_cores(),
        memory=total,
        available=available,
        flags=_cpu_flags(),
        gpus=tuple(_gpu(index) for index in range(torch.cuda.device_count())) if torch.cuda.is_available() else (),
    )


def compute_resolve(config: TrainingConfig, machine: Machine) -> Resolved:
    """Return the device and the precision for this machine. Raises ConfigInvalid for what it cannot do."""
    notes = []
    device: Device = "cuda" if machine.gpus else "cpu"
    if config.compute.device == "auto":
        notes.append(f"device: {device}, {'a GPU is here' if machine.gpus else 'no GPU is here'}")
    else:
        device = config.compute.device
    if device == "cuda" and not machine.gpus:
        raise ConfigInvalid("compute.device is cuda, but this machine has no GPU that torch can use")
    if config.compute.precision == "auto":
        precision, reason = _precision(config.model, device, machine)
        notes.append(f"precision: {precision}, {reason}")
    else:
        precision = config.compute.precision
        _check_precision(precision, device, machine)
    if device == "cpu" and config.compute.threads > machine.cores:
        notes.append(f"threads: {config.compute.threads} are asked for, {machine.cores} cores may be used")
    return Resolved(device, precision, tuple(notes))


def held_in(config: TrainingConfig, device: str, precision: Precision) -> Precision:
    """Return the precision in which the backbone's weights lie: those that learn in 32 bits, frozen ones as computed.

    On a CPU a frozen backbone stays in 32 bits too: it is small there, and it is merged and served so.
    """
    if config.model.method == "qlora" or (device == "cuda" and config.model.method in ("lora", "frozen")):
        return precision
    return "fp32"


def _precision(model: ModelConfig, device: Device, machine: Machine) -> tuple[Precision, str]:
    if model.method == "cached":
        return "fp32", "the kept embeddings are those that the exported model computes"
    if device == "cuda":
        if all(gpu.bf16 for gpu in machine.gpus):
            return "bf16", "the GPU computes with it"
        return "fp16", "the GPU is too old for bf16; the loss is scaled"
    if model.method in READING_METHODS:
        return "fp32", f"the method {model.method} only reads the backbone"
    if machine.cpu_bf16:
        return "bf16", "the CPU computes with it"
    return "fp32", "the CPU would emulate bf16"


def _check_precision(precision: Precision, device: Device, machine: Machine) -> None:
    if precision == "fp16" and device == "cpu":
        raise ConfigInvalid("compute.precision fp16 needs a GPU; a CPU takes bf16 or fp32")
    if precision == "bf16" and device == "cuda" and not all(gpu.bf16 for gpu in machine.gpus):
        raise ConfigInvalid("compute.precision bf16 needs a GPU of the Ampere generation or later; take fp16 or fp32")


def _gpu(index: int) -> Gpu:
    properties = torch.cuda.get_device_properties(index)
    free, total = torch.cuda.mem_get_info(index)
    return Gpu(properties.name, total, free, (properties.major, properties.minor) >= BF16_CAPABILITY)


def _cpu_name() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cpu_flags() -> tuple[str, ...]:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith(("flags", "Features")):
            found = set(line.partition(":")[2].split())
            return tuple(flag for flag in SHOWN_FLAGS if flag in found)
    return ()


def _cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = next(iter(_lines(Path("/sys/fs/cgroup/cpu.max"))), "max").split()
    if len(quota) == 2 and quota[0] != "max":
        cores = min(cores, math.ceil(int(quota[0]) / int(quota[1])))
    return max(1, cores)


def _memory() -> tuple[int, int]:
    """Return bytes in all and available, of the machine or of its container where that has less."""
    facts = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in _lines(Path("/proc/meminfo")) if ":" in line}
    total = facts.get("MemTotal", 0)
    available = facts.get("MemAvailable", total)
    limit = next(iter(_lines(Path("/sys/fs/cgroup/memory.max"))), "max")
    used = next(iter(_lines(Path("/sys/fs/cgroup/memory.current"))), "0")
    if limit.isdigit():
        total = min(total, int(limit))
        available = min(available, max(0, int(limit) - int(used)))
    return total, available


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
