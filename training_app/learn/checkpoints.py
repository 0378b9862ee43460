"""Checkpoints of a run: tensors as safetensors, everything else as JSON; nothing that could run code when read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pixelhub.canonical import canonical_json, sha256_file

from .backbone_files import safetensors_check
from .errors import CheckpointMismatch, EncoderRefused
from .files import bytes_write
from .tensors import tensors_write

KEEP_LAST: Final = 2
TENSORS: Final = ".safetensors"
_NAME: Final = re.compile(r"epoch-(?P<epoch>\d{4,6})(-step-(?P<step>\d{8,12}))?\.json")
FORMAT: Final = "pixelhub.checkpoint/1"


@dataclass(frozen=True)
class Checkpoint:
    """One epoch's end: `state` is JSON (history, best, stale), `tensors` the weights and the optimiser's moments.

    A `step` above 0 lies within the next epoch: so many of its steps are done.
    """

    epoch: int
    state: dict[str, Any]
    tensors: dict[str, Tensor]
    step: int = 0


def checkpoint_write(folder: Path, checkpoint: Checkpoint, *, run_key: str) -> None:
    """Write a checkpoint, then remove those that neither a resume nor the best epoch needs.

    The JSON is written last and names the tensor file's hash: an epoch whose JSON is missing or does not fit its
    tensors does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = _name(checkpoint.epoch, checkpoint.step)
    tensors = folder / f"{name}{TENSORS}"
    tensors_write(checkpoint.tensors, tensors)
    document = {
        "format": FORMAT,
        "run": run_key,
        "epoch": checkpoint.epoch,
        "step": checkpoint.step,
        "tensors_sha256": sha256_file(tensors),
        "state": checkpoint.state,
    }
    bytes_write(canonical_json(document), folder / f"{name}.json")
    keep = {checkpoint.epoch - age for age in range(KEEP_LAST)} | {checkpoint.state["best"]["epoch"]}
    for epoch, step in _places(folder):
        if (epoch, step) != (checkpoint.epoch, checkpoint.step) and (step or epoch not in keep):
            for suffix in (".json", TENSORS):
                (folder / f"{_name(epoch, step)}{suffix}").unlink(missing_ok=True)


def checkpoint_read(folder: Path, epoch: int, *, run_key: str, step: int = 0) -> Checkpoint | None:
    """Return a checkpoint, or None when it is not whole. Raises CheckpointMismatch for another run's.

    The folder may have been tampered with: only plain files are read, only as JSON and safetensors, and only when
    header and hash are right.
    """
    document_path, path = (folder / f"{_name(epoch, step)}{suffix}" for suffix in (".json", TENSORS))
    if document_path.is_symlink():
        return None
    try:
        document = orjson.loads(document_path.read_bytes())
        if document["run"] != run_key:
            raise CheckpointMismatch("the output folder holds checkpoints of another configuration or release")
        safetensors_check(path)
        if document["format"] != FORMAT or sha256_file(path) != document["tensors_sha256"]:
            return None
        return Checkpoint(epoch=epoch, state=document["state"], tensors=load_file(path), step=step)
    except (OSError, KeyError, TypeError, orjson.JSONDecodeError, SafetensorError, EncoderRefused):
        return None


def checkpoint_latest(folder: Path, *, run_key: str) -> Checkpoint | None:
    """Return the newest whole checkpoint, or None. Raises CheckpointMismatch."""
    for epoch, step in sorted(_places(folder), reverse=True):
        found = checkpoint_read(folder, epoch, run_key=run_key, step=step)
        if found is not None:
            return found
    return None


def latest_state(folder: Path) -> dict[str, Any]:
    """Return the state that the newest readable checkpoint keeps beside its tensors, {} without one."""
    for epoch, step in sorted(_places(folder), reverse=True):
        try:
            state: dict[str, Any] = orjson.loads((folder / f"{_name(epoch, step)}.json").read_bytes())["state"]
        except (OSError, KeyError, orjson.JSONDecodeError):
            continue
        return state
    return {}


def _places(folder: Path) -> list[tuple[int, int]]:
    found = (_NAME.fullmatch(path.name) for path in folder.glob("epoch-*.json"))
    return [(int(match["epoch"]), int(match["step"] or 0)) for match in found if match]


def _name(epoch: int, step: int) -> str:
    return f"epoch-{epoch:04d}" + (f"-step-{step:08d}" if step else "")
