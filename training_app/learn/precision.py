"""On what and in how many bits a backbone is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import torch

from .config import ComputeConfig, TrainingConfig
from .errors import ConfigInvalid

Precision = Literal["fp32", "bf16", "fp16"]
DTYPES: Final[dict[str, torch.dtype]] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
CPU_FLAGS: Final = Path("/proc/cpuinfo")
# Without one of these a CPU emulates bf16, slower than fp32.
BF16_FLAGS: Final = frozenset({"avx512_bf16", "amx_bf16"})


def device_choose(compute: ComputeConfig) -> str:
    """Return "cuda" or "cpu". Raises ConfigInvalid when a GPU is asked for and none is there."""
    if compute.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if compute.device == "cuda" and not torch.cuda.is_available():
        raise ConfigInvalid("compute.device is cuda, but torch sees no GPU on this machine")
    return compute.device


def precision_choose(compute: ComputeConfig, device: str) -> Precision:
    """Return the precision of matrix products; weights that learn and the heads stay in 32 bits.

    "auto" is bf16 where the processor computes in it and fp16 on older GPUs. Raises ConfigInvalid for fp16 on a CPU.
    """
    wanted = compute.precision
    if device == "cpu":
        if wanted == "fp16":
            raise ConfigInvalid("compute.precision fp16 needs a GPU; bf16 or fp32 work on a CPU")
        if wanted == "auto":
            return "bf16" if _cpu_computes_bf16() else "fp32"
        return wanted
    if wanted == "auto":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return wanted


def held_in(config: TrainingConfig, device: str, precision: Precision) -> Precision:
    """Return the precision in which the backbone's weights lie: those that learn in 32 bits, frozen ones as computed.

    On a CPU a frozen backbone stays in 32 bits too: it is small there, and it is merged and served so.
    """
    if config.model.method == "qlora" or (device == "cuda" and config.model.method in ("lora", "frozen")):
        return precision
    return "fp32"


def _cpu_computes_bf16() -> bool:
    try:
        lines = CPU_FLAGS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return bool(BF16_FLAGS & set(flags.split()))
