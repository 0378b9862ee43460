"""Why a training process failed, in words that may be shown: never the message of an error, it may quote a text."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

DISK_FULL: Final = "The disk is full: nothing more could be written. Free some space and resume; what is done is kept."
OUT_OF_MEMORY: Final = (
    "The machine ran out of memory. A smaller batch with accumulation, fewer tokens, gradient checkpointing "
    "or an adapter method needs less: clone the run and change it."
)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
# How Rust (safetensors) and PyTorch's allocators say it, both in errors without a number.
_FULL_WORDS: Final = ("No space left on device", "os error 28")
_MEMORY_WORDS: Final = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class Failure:
    """`kind` is disk_full, out_of_memory or unexpected."""

    kind: str
    reason: str


def failure_of(error: BaseException) -> Failure:
    """Return the failure that an unexpected error stands for."""
    said = str(error)
    if (isinstance(error, OSError) and error.errno in _FULL) or any(words in said for words in _FULL_WORDS):
        return Failure("disk_full", DISK_FULL)
    memory = isinstance(error, MemoryError | torch.OutOfMemoryError)
    if memory or (isinstance(error, RuntimeError) and any(words in said for words in _MEMORY_WORDS)):
        return Failure("out_of_memory", OUT_OF_MEMORY)
    return Failure("unexpected", f"The training process met an unexpected {type(error).__name__}{_place(error)}.")


def _place(error: BaseException) -> str:
    here = Path(__file__).parent
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == here]
    return f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
