"""How many floating-point operations a second a machine does: tried here for a moment, or from a table for others."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import torch

from .compute import DTYPES, GIB, Device, Gpu, Machine, Precision, Resolved
from .errors import ConfigInvalid

PROBE_SECONDS: Final = 0.3
# Of what plain matrix products reach, a training step reaches less: small products, norms, the optimiser. Measured
# for CPUs by benchmarks/training_estimate.py, for an H200 by benchmarks/training_gpu.py.
STEP_SHARE: Final[dict[Device, float]] = {"cpu": 0.5, "cuda": 0.4}
# Of what the maker states, products reach about this much.
PRODUCT_SHARE: Final = 0.7


@dataclass(frozen=True)
class GpuKind:
    """A GPU by its data sheet: memory in GiB, dense 10^12 operations a second in 16 and in 32 bits."""

    name: str
    memory_gib: int
    tflops_half: float
    tflops_single: float
    bf16: bool = True


# Without sparsity, SXM where there are two forms. Sources: the makers' data sheets.
GPU_KINDS: Final[dict[str, GpuKind]] = {
    "h200": GpuKind("NVIDIA H200", 141, 989, 67),
    "h100": GpuKind("NVIDIA H100", 80, 989, 67),
    "a100-80": GpuKind("NVIDIA A100 80 GB", 80, 312, 19.5),
    "a100-40": GpuKind("NVIDIA A100 40 GB", 40, 312, 19.5),
    "l40s": GpuKind("NVIDIA L40S", 48, 362, 91.6),
    "l4": GpuKind("NVIDIA L4", 24, 121, 30.3),
    "rtx4090": GpuKind("NVIDIA RTX 4090", 24, 165, 82.6),
    "a10g": GpuKind("NVIDIA A10G", 24, 70, 35),
    "v100": GpuKind("NVIDIA V100 32 GB", 32, 125, 15.7, bf16=False),
    "t4": GpuKind("NVIDIA T4", 16, 65, 8.1, bf16=False),
}


@dataclass(frozen=True)
class Throughput:
    """Operations a second that a training step is expected to reach, and how that is known."""

    flops: float
    source: str


def machine_with(kind: str, count: int, here: Machine) -> Machine:
    """Return this machine with `count` GPUs of a kind of the table. Raises ConfigInvalid for an unknown kind."""
    known = GPU_KINDS.get(kind.lower())
    if known is None:
        raise ConfigInvalid(f"no figures are known of the GPU {kind!r}; known are {', '.join(GPU_KINDS)}")
    memory = known.memory_gib * GIB
    gpu = Gpu(known.name, memory, memory, known.bf16)
    return Machine(here.cpu, here.cores, here.memory, here.available, here.flags, (gpu,) * count)


def throughput(resolved: Resolved, *, kind: str = "", threads: int = 1) -> Throughput:
    """Return what one process may expect: of a named kind of GPU by the table, else of this machine by trying."""
    if kind:
        known = GPU_KINDS[kind.lower()]
        stated = known.tflops_single if resolved.precision == "fp32" else known.tflops_half
        return Throughput(stated * 1e12 * PRODUCT_SHARE * STEP_SHARE["cuda"], f"data sheet of {known.name}")
    measured = products_per_second(resolved.device, resolved.precision, threads=threads)
    return Throughput(measured * STEP_SHARE[resolved.device], "matrix products tried on this machine")


def products_per_second(device: Device, precision: Precision, *, threads: int, seconds: float = PROBE_SECONDS) -> float:
    """Return the operations a second of square matrix products, the size of a training's own."""
    side = 8192 if device == "cuda" else 768
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        dtype = DTYPES[precision]
        left, right = (torch.rand((side, side), device=device).to(dtype) for _ in range(2))
        left @ right
        _wait(device)
        done, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            left @ right
            _wait(device)
            done += 1
        return 2 * side**3 * done / (time.perf_counter() - started)
    finally:
        torch.set_num_threads(before)


def _wait(device: Device) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
