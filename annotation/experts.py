"""A label beside an expert's: what counts as meeting it. Django-free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Verdict = Literal["right", "near", "different"]


def meets(crisis_type: str, expert_type: str, also_accepted: Sequence[str] = ()) -> bool:
    """Whether a label names the expert's type, or one that the expert would accept too."""
    return crisis_type == expert_type or crisis_type in also_accepted


def compare(
    *,
    crisis_type: str,
    severity: int | None,
    secondary_types: Sequence[str],
    expert_type: str,
    expert_severity: int | None,
    also_accepted: Sequence[str] = (),
) -> Verdict:
    """`right`: the expert's type and severity, or another type that the expert accepts.

    `near`: the expert's type at another severity, or the expert's type among the secondary ones. Else `different`.
    """
    if meets(crisis_type, expert_type, also_accepted):
        if crisis_type != expert_type or severity is None or expert_severity is None:
            return "right"
        return "right" if severity == expert_severity else "near"
    return "near" if expert_type in secondary_types else "different"
