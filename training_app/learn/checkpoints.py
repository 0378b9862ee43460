"""Checkpoints of a run: tensors as safetensors, everything else as JSON; nothing that could run code when read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pixelhub.canonical import canonical_json, sha256_file

from .errors import CheckpointMismatch
from .files import bytes_write
from .tensors import tensors_write

KEEP_LAST: Final = 2
FORMAT: Final = "pixelhub.checkpoint/1"


@dataclass(frozen=True)
class Checkpoint:
    """One epoch's end: `state` is JSON (history, best, stale), `tensors` the weights and the optimiser's moments."""

    epoch: int
    state: dict[str, Any]
    tensors: dict[str, Tensor]


def checkpoint_write(folder: Path, checkpoint: Checkpoint, *, run_key: str) -> None:
    """Write the checkpoint of one epoch, then remove those that neither a resume nor the best epoch needs.

    The JSON is written last and names the tensor file's hash: an epoch whose JSON is missing or does not fit its
    tensors does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = _tensors_path(folder, checkpoint.epoch)
    tensors_write(checkpoint.tensors, tensors)
    document = {
        "format": FORMAT,
        "run": run_key,
        "epoch": checkpoint.epoch,
        "tensors_sha256": sha256_file(tensors),
        "state": checkpoint.state,
    }
    bytes_write(canonical_json(document), _json_path(folder, checkpoint.epoch))
    keep = {checkpoint.epoch - age for age in range(KEEP_LAST)} | {checkpoint.state["best"]["epoch"]}
    for epoch in _epochs(folder):
        if epoch not in keep:
            _json_path(folder, epoch).unlink(missing_ok=True)
            _tensors_path(folder, epoch).unlink(missing_ok=True)


def checkpoint_read(folder: Path, epoch: int, *, run_key: str) -> Checkpoint | None:
    """Return the checkpoint of an epoch, or None when it is not whole. Raises CheckpointMismatch for another run's."""
    try:
        document = orjson.loads(_json_path(folder, epoch).read_bytes())
        if document["run"] != run_key:
            raise CheckpointMismatch("the output folder holds checkpoints of another configuration or release")
        path = _tensors_path(folder, epoch)
        if document["format"] != FORMAT or sha256_file(path) != document["tensors_sha256"]:
            return None
        return Checkpoint(epoch=epoch, state=document["state"], tensors=load_file(path))
    except (OSError, KeyError, TypeError, orjson.JSONDecodeError, SafetensorError):
        return None


def checkpoint_latest(folder: Path, *, run_key: str) -> Checkpoint | None:
    """Return the newest whole checkpoint, or None. Raises CheckpointMismatch."""
    for epoch in sorted(_epochs(folder), reverse=True):
        found = checkpoint_read(folder, epoch, run_key=run_key)
        if found is not None:
            return found
    return None


def _epochs(folder: Path) -> list[int]:
    return [int(path.stem.removeprefix("epoch-")) for path in folder.glob("epoch-*.json")]


def _json_path(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:04d}.json"


def _tensors_path(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:04d}.safetensors"
