"""Safetensors files that are whole or absent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from .files import publish, unfinished


def tensors_write(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write a safetensors file; after a crash it is either whole or absent."""
    partial = unfinished(path)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial)
    publish(partial, path)
