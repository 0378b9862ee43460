"""The rubric: three scales on which an expert says how good a prediction is. The whole of it is shown to the expert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from review.refusal import Refused

__all__ = ["RUBRIC", "Scale", "checked_rubric"]


@dataclass(frozen=True, slots=True)
class Scale:
    """A question with what 1 and 5 mean; 3 is in between. Left out where the expert can't say."""

    code: str
    question: str
    worst: str
    best: str


RUBRIC: tuple[Scale, ...] = (
    Scale("appropriate", "Clinically appropriate", "would do harm", "what I would do"),
    Scale("urgency", "Urgency is right", "far off", "exactly right"),
    Scale("evidence", "The words support it", "nothing in the text", "plainly in the text"),
)


def checked_rubric(scores: Mapping[str, int | None] | None, rubric: Sequence[Scale] = RUBRIC) -> dict[str, int]:
    """The given scores without those left out. Raises Refused for an unknown scale or a score outside 1-5."""
    codes = {scale.code for scale in rubric}
    found: dict[str, int] = {}
    for code, score in (scores or {}).items():
        if score is None:
            continue
        if code not in codes:
            raise Refused("The rubric has no such scale.")
        if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
            raise Refused("A rubric score is a whole number from 1 to 5.")
        found[code] = score
    return found
