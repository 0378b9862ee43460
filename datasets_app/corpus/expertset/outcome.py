"""What the experts' ratings of one conversation come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from datasets_app.corpus.taxonomy import HARM_ORDER

#: Severities that lie so far apart are a disagreement, whatever the types say.
SEVERITIES_APART: Final = 2


class Standing(StrEnum):
    """How a label came about. `split` is none: no type has more than half of the experts behind it."""

    NONE = "none"
    SINGLE = "single"
    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    SPLIT = "split"
    DECIDED = "decided"


class Said(Protocol):
    """One expert's label, or a clinical lead's decision."""

    @property
    def crisis_type(self) -> str: ...
    @property
    def severity(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """The label with what stands behind it. `confidence` is the share of the experts who named the type."""

    standing: Standing
    crisis_type: str | None = None
    severity: int | None = None
    confidence: float | None = None
    severities_apart: bool = False

    @property
    def disputed(self) -> bool:
        """Whether the experts disagreed, on the type or by two severities or more."""
        return self.standing in (Standing.MAJORITY, Standing.SPLIT) or self.severities_apart


def outcome_of(ratings: Sequence[Said], decision: Said | None = None) -> Outcome:
    """The type that more than half of the experts name, and the median severity of those who name it.

    Of an even number of severities the upper middle one counts, the graver reading of two. A decision stands whatever
    the count. The spread of severities is that of all who saw a crisis.
    """
    given = [one.severity for one in ratings if one.severity is not None]
    apart = bool(given) and max(given) - min(given) >= SEVERITIES_APART
    counts = Counter(str(one.crisis_type) for one in ratings)
    if decision is not None:
        share = round(counts[decision.crisis_type] / len(ratings), 4) if ratings else 0.0
        return Outcome(Standing.DECIDED, decision.crisis_type, decision.severity, share, apart)
    if not ratings:
        return Outcome(Standing.NONE)
    kind = min(counts, key=lambda one: (-counts[one], HARM_ORDER.index(one)))
    if 2 * counts[kind] <= len(ratings):
        return Outcome(Standing.SPLIT, severities_apart=apart)
    severities = sorted(one.severity for one in ratings if one.crisis_type == kind and one.severity is not None)
    severity = severities[len(severities) // 2] if severities else None
    alike = Standing.UNANIMOUS if counts[kind] == len(ratings) else Standing.MAJORITY
    standing = Standing.SINGLE if len(ratings) == 1 else alike
    return Outcome(standing, kind, severity, round(counts[kind] / len(ratings), 4), apart)
