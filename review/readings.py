"""A fact held against a target: verdict, values in words, and what a too small test set would need."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from review.evidence.estimates import Verdict, verdict_against
from review.evidence.program import Target, format_value
from review.facts import Fact

__all__ = ["Reading", "read"]

#: What takes more units than this is not settled by collecting more.
FEASIBLE = 100_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact held against a target, ready to be shown. `advice` says what would settle an open estimate."""

    fact: Fact
    verdict: Verdict
    value: str
    low: str
    high: str
    advice: str = ""


def read(fact: Fact, target: Target) -> Reading:
    """Hold a fact against a target; a verdict that its own floor gave stands."""
    verdict = fact.verdict or verdict_against(
        fact.value,
        target=target.value,
        low=fact.low,
        high=fact.high,
        above=target.above,
        inclusive=target.inclusive,
    )
    # Work that has only begun is not a failure: a count on its way up is "not yet".
    if verdict is Verdict.FAIL and target.unit == "count" and target.above:
        verdict = Verdict.NOT_YET

    def shown(figure: float | None) -> str:
        return "" if figure is None else format_value(figure, target.unit)

    advice = _advice(fact, target) if verdict is Verdict.INSUFFICIENT else ""
    return Reading(fact, verdict, shown(fact.value), shown(fact.low), shown(fact.high), advice)


def _advice(fact: Fact, target: Target) -> str:
    """What would let the interval clear the target. An interval narrows with the square root of the units behind it."""
    worse = fact.low if target.above else fact.high
    if fact.value is None or worse is None or not fact.size:
        return ""
    beyond = (fact.value - target.value) if target.above else (target.value - fact.value)
    if beyond <= 0:
        return f"The estimate itself is not {target.text}; the interval still reaches there."
    needed = ceil(fact.size * (abs(fact.value - worse) / beyond) ** 2)
    size = f"{fact.size:,} are too few for the interval to clear the target"
    if needed <= fact.size:
        return f"{size}."
    if needed > FEASIBLE:
        return f"{size}; at this estimate no feasible number would do."
    return f"{size}; at this estimate about {needed:,} would do."
