"""Embeddings on disk: the frozen encoder reads every conversation once, whatever is trained on top of it later."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pixelhub.canonical import canonical_json, sha256_hex

from .tensors import tensors_write

PART_ROWS: Final = 512


def cache_key(*, manifest_sha256: str, encoder_sha256: str, max_length: int, last_messages: int, features: str) -> str:
    """Return the name of the folder that holds the embeddings of one release under one reading of its texts."""
    return sha256_hex(canonical_json([manifest_sha256, encoder_sha256, max_length, last_messages, features]))


def cached_embeddings(
    folder: Path,
    texts: Sequence[str],
    embed: Callable[[Sequence[str]], Tensor],
    *,
    on_progress: Callable[[int], None],
) -> Tensor:
    """Return embeddings float [N, E] of the texts, encoding only the parts that the folder does not hold yet.

    Parts are fixed stretches of the split and appear by rename, so a killed run leaves whole parts or none, and a
    resumed one computes the same numbers. `on_progress` gets the number of texts done. What is returned lies in a file
    that is mapped, not in memory: of a large release the kernel keeps the pages that are used. Raises OSError where
    the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole = torch.empty((0, 0))
    for start in range(0, len(texts), PART_ROWS):
        chunk = texts[start : start + PART_ROWS]
        path = folder / f"part-{start // PART_ROWS:05d}.safetensors"
        part = _read(path, len(chunk))
        if part is None:
            part = embed(chunk)
            tensors_write({"embeddings": part}, path)
        if start == 0:
            whole = _mapped(folder, len(texts), part.shape[1])
        whole[start : start + len(chunk)] = part
        on_progress(start + len(chunk))
    return whole


def _mapped(folder: Path, rows: int, size: int) -> Tensor:
    """Return zeros float32 [rows, size] in a file without a name, which ends with the process, however that ends."""
    count = rows * size
    with tempfile.NamedTemporaryFile(dir=folder, prefix="whole-") as file:
        # Reserved now: a page that finds no room later would kill the process without a word.
        os.posix_fallocate(file.fileno(), 0, count * torch.float32.itemsize)
        return torch.from_file(file.name, shared=True, size=count, dtype=torch.float32).view(rows, size)


def _read(path: Path, rows: int) -> Tensor | None:
    if not path.is_file():
        return None
    try:
        part = load_file(path)["embeddings"]
    except (SafetensorError, KeyError, OSError):
        return None
    return part if part.shape[0] == rows else None
