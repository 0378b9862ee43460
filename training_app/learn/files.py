"""Files that are whole or absent: written beside their name, synced, then renamed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor


def tensors_write(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write a safetensors file; after a crash it is either whole or absent."""
    partial = _partial(path)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial)
    _publish(partial, path)


def bytes_write(data: bytes, path: Path) -> None:
    """Write bytes; after a crash the file is either whole or absent."""
    partial = _partial(path)
    partial.write_bytes(data)
    _publish(partial, path)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def _publish(partial: Path, path: Path) -> None:
    with partial.open("rb") as handle:
        os.fsync(handle.fileno())
    partial.replace(path)
