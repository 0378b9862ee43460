"""Points of a running training: figures of the last seconds, as events that curves are drawn from."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch

from .events import Emit

POINT_SECONDS: Final = 2.0
STATM: Final = Path("/proc/self/statm")
MIB: Final = 1 << 20


class PointMeter:
    """Emits a point at most every POINT_SECONDS, and for the first and the last step."""

    def __init__(self, emit: Emit, *, total_steps: int, every_seconds: float = POINT_SECONDS) -> None:
        self._emit = emit
        self._total_steps = total_steps
        self._every = every_seconds
        self._tokens = 0
        self._last = time.monotonic()
        self._told = False

    def note(self, *, step: int, epoch: int, tokens: int, learning_rate: float, terms: Mapping[str, float]) -> None:
        """Take in one step: its number from 1, its real tokens over all processes, its rate and its loss terms."""
        self._tokens += tokens
        now = time.monotonic()
        seconds = now - self._last
        if self._told and step < self._total_steps and seconds < self._every:
            return
        point = {"event": "point", "step": step, "total_steps": self._total_steps, "epoch": epoch}
        heads = {name.removeprefix("train_"): value for name, value in terms.items()}
        self._emit(
            point
            | heads
            | {
                "learning_rate": learning_rate,
                "tokens_per_second": round(self._tokens / max(seconds, 1e-6), 1),
                "rss_mb": rss_mb(),
                "gpu_mb": gpu_mb(),
            }
        )
        self._tokens, self._last, self._told = 0, now, True


def rss_mb() -> float | None:
    """Return the resident memory of this process in MiB, None where the system does not tell."""
    try:
        pages = int(STATM.read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / MIB, 1)


def gpu_mb() -> float | None:
    """Return the most memory that tensors took of this process's GPU, in MiB, None without one."""
    if not torch.cuda.is_available():
        return None
    return round(torch.cuda.max_memory_allocated() / MIB, 1)
