"""What experts are asked about an example beside its label; the scales work as those of a review's rubric."""

from __future__ import annotations

from typing import Final

from review.rubric import RUBRIC, Scale

__all__ = ["EXAMPLE_RUBRIC"]

_EVIDENCE = next(scale for scale in RUBRIC if scale.code == "evidence")
EXAMPLE_RUBRIC: Final[tuple[Scale, ...]] = (
    Scale(_EVIDENCE.code, "The words support my label", _EVIDENCE.worst, _EVIDENCE.best),
    Scale("authentic", "It sounds like a real person", "made up", "as people speak"),
    Scale("appropriate", "The replies are clinically appropriate", "would do harm", "what I would say"),
)
