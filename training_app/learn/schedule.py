"""The learning rate over the steps of a run."""

from __future__ import annotations

import math
from typing import Final

WARMUP_SHARE: Final = 0.10


def warmup_steps(requested: int, total_steps: int) -> int:
    """Return at most a tenth of all steps: the planned 500 would never end on a small release."""
    return min(requested, int(total_steps * WARMUP_SHARE))


def rate_factor(step: int, *, warmup: int, total_steps: int) -> float:
    """Return the share of the learning rate at a step (0-based): linear warm-up, then a cosine down to 0."""
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, total_steps - warmup)
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
