"""Models spread over several GPUs (FSDP, version 2): what is computed in which type, and how they are put together."""

from __future__ import annotations

import os

import torch
from accelerate import FullyShardedDataParallelPlugin
from torch import Tensor, nn
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

from .compute import DTYPES, Precision
from .multihead import heads_of


def sharding_plugin(precision: Precision) -> FullyShardedDataParallelPlugin | None:
    """Return accelerate's plugin where launch.py's environment asks for FSDP, which says everything but precision.

    By itself accelerate would add up gradients and give answers in 16 bits; here both stay in 32.
    """
    if os.environ.get("ACCELERATE_USE_FSDP", "false") != "true":
        return None
    computed = None if precision == "fp32" else DTYPES[precision]
    policy = MixedPrecisionPolicy(param_dtype=computed, reduce_dtype=torch.float32)
    return FullyShardedDataParallelPlugin(fsdp_version=2, mixed_precision_policy=policy)


def heads_shard(model: nn.Module) -> None:
    """Shard the heads by themselves, so that they are computed in 32 bits whatever the backbone is computed in."""
    fully_shard(heads_of(model))


def is_sharded(model: nn.Module) -> bool:
    """Whether parts of the model lie with other processes."""
    return any(isinstance(parameter, DTensor) for parameter in model.parameters())


def whole(tensor: Tensor) -> Tensor:
    """Return a copy on the CPU, put together where it is spread over GPUs: all processes must call it then."""
    gathered = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return gathered.detach().to("cpu", copy=True)
