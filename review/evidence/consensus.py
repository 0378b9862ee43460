"""What several experts' judgements of one case come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a consensus came about. `tie` is none: a clinical lead decides after discussion."""

    NONE = "none"
    SINGLE = "single"
    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    TIE = "tie"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Opinion:
    """One expert's finished judgement: should this be escalated, and what is it? `crisis_type` may be "none"."""

    escalate: bool
    crisis_type: str
    severity: int | None


@dataclass(frozen=True, slots=True)
class Consensus:
    """`escalate` and `crisis_type` are None where the experts are split on them; `opinions` stand behind it."""

    standing: Standing
    opinions: int
    escalate: bool | None = None
    crisis_type: str | None = None
    severity: int | None = None

    @property
    def is_split(self) -> bool:
        return self.standing == Standing.TIE


def consensus_of(opinions: Sequence[Opinion], decided: Opinion | None = None) -> Consensus:
    """The majority on escalation, the most frequent type, the median severity of those who named that type.

    Of an even number of severities the upper middle one counts: the graver reading of two. `decided` is a clinical
    lead's decision; it stands whatever the count.
    """
    count = len(opinions)
    if decided is not None:
        return Consensus(Standing.DECIDED, count, decided.escalate, decided.crisis_type, decided.severity)
    if not count:
        return Consensus(Standing.NONE, 0)
    for_it = sum(opinion.escalate for opinion in opinions)
    crisis_type = _most(opinions)
    severities = sorted(o.severity for o in opinions if o.crisis_type == crisis_type and o.severity is not None)
    severity = severities[len(severities) // 2] if severities else None
    if 2 * for_it == count:
        return Consensus(Standing.TIE, count, None, crisis_type, severity)
    shared = Standing.UNANIMOUS if for_it in (0, count) else Standing.MAJORITY
    standing = Standing.SINGLE if count == 1 else shared
    return Consensus(standing, count, 2 * for_it > count, crisis_type, severity)


def _most(opinions: Sequence[Opinion]) -> str | None:
    counts = Counter(opinion.crisis_type for opinion in opinions).most_common(2)
    if len(counts) == 2 and counts[0][1] == counts[1][1]:
        return None
    return counts[0][0]
