"""One attribute at a time: what each group gets, and the figures that compare the groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from review.fairness.calibration import calibration_error, calibration_of, widest_miscalibration
from review.fairness.groups import NOT_STATED, GroupedDecision
from review.fairness.levels import FLOOR, MARGIN, RATIO, Level, Verdict, judged_difference, judged_ratio
from review.fairness.shares import Apart, Share, smallest_ratio, widest_difference

_DIGITS: Final = 6


@dataclass(frozen=True)
class Group:
    """The decisions of one group."""

    value: str
    decisions: tuple[GroupedDecision, ...]

    @property
    def flagged(self) -> Share:
        return self._share(lambda decision: True)

    @property
    def sensitivity(self) -> Share:
        return self._share(lambda decision: decision.crisis)

    @property
    def false_positive_rate(self) -> Share:
        return self._share(lambda decision: not decision.crisis)

    def _share(self, counts: Callable[[GroupedDecision], bool]) -> Share:
        chosen = [decision for decision in self.decisions if counts(decision)]
        return Share(sum(decision.flagged for decision in chosen), len(chosen))


def attribute_figures(decisions: Sequence[GroupedDecision], attribute: str, *, seed: int) -> dict[str, Any]:
    """Rows of the groups and figures between them, as plain JSON. People of no stated group are only counted."""
    by_value: dict[str, list[GroupedDecision]] = defaultdict(list)
    for decision in decisions:
        by_value[decision.groups.get(attribute, NOT_STATED)].append(decision)
    unstated = len(by_value.pop(NOT_STATED, []))
    groups = [Group(value, tuple(members)) for value, members in sorted(by_value.items())]
    return {
        "attribute": attribute,
        "not_stated": unstated,
        "groups": [_row(group, seed) for group in groups],
        "figures": _figures(groups) if groups else [],
    }


def _figures(groups: Sequence[Group]) -> list[dict[str, Any]]:
    flagged = _enough(groups, lambda group: group.flagged)
    caught = _enough(groups, lambda group: group.sensitivity)
    alarms = _enough(groups, lambda group: group.false_positive_rate)
    scored = {group.value: calibration_of(group.decisions) for group in groups if len(group.decisions) >= FLOOR}
    ratio = smallest_ratio(flagged)
    return [
        # Groups may differ in how many crises they have: a warning at the most.
        difference("demographic_parity_difference", widest_difference(flagged), most=Level.WARNING),
        _ratio("demographic_parity_ratio", ratio),
        difference("equal_opportunity_difference", widest_difference(caught)),
        difference("equalised_odds_difference", _odds(caught, alarms)),
        difference("calibration_difference", widest_miscalibration(scored)),
    ]


def _enough(groups: Sequence[Group], share_of: Callable[[Group], Share]) -> dict[str, Share]:
    return {group.value: share for group in groups if (share := share_of(group)).n >= FLOOR}


def _odds(caught: Mapping[str, Share], alarms: Mapping[str, Share]) -> Apart | None:
    """The larger of both differences, each held to a level that allows for the other's pairs too."""
    pairs = [len(shares) * (len(shares) - 1) // 2 for shares in (caught, alarms)]
    both = [widest_difference(caught, more_pairs=pairs[1]), widest_difference(alarms, more_pairs=pairs[0])]
    if both[0] is None or both[1] is None:
        return None  # the odds are equal only where both are
    wider = max(both[0], both[1], key=lambda apart: apart.value)
    return Apart(
        wider.value,
        max(both[0].low, both[1].low),
        max(both[0].high, both[1].high),
        wider.lower,
        wider.upper,
        sum(pairs),
    )


def difference(name: str, apart: Apart | None, *, most: Level = Level.CRITICAL) -> dict[str, Any]:
    """A difference with its verdict, as plain JSON."""
    return _figure(name, apart, MARGIN, *judged_difference(apart, most=most))


def _ratio(name: str, apart: Apart | None) -> dict[str, Any]:
    if apart is None:
        return _figure(name, None, RATIO, Verdict.NOT_ENOUGH, Level.NONE)
    judged = judged_ratio(apart.value, apart.low, apart.high, most=Level.WARNING)
    return _figure(name, apart, RATIO, *judged)


def _figure(name: str, apart: Apart | None, limit: float, verdict: Verdict, level: Level) -> dict[str, Any]:
    return {
        "figure": name,
        "value": rounded(apart.value) if apart else None,
        "low": rounded(apart.low) if apart else None,
        "high": rounded(apart.high) if apart else None,
        "limit": limit,
        "lower_group": apart.lower if apart else "",
        "upper_group": apart.upper if apart else "",
        "pairs": apart.pairs if apart else 0,
        "verdict": verdict.value,
        "alert": level.value,
    }


def _row(group: Group, seed: int) -> dict[str, Any]:
    calibration = calibration_of(group.decisions)
    low, high = calibration.interval()
    error, error_low, error_high = calibration_error(group.decisions, seed=seed)
    return {
        "value": group.value,
        "n": len(group.decisions),
        "is_enough": len(group.decisions) >= FLOOR,
        "flagged": shown(group.flagged),
        "sensitivity": shown(group.sensitivity),
        "false_positive_rate": shown(group.false_positive_rate),
        "calibration": {
            "observed": rounded(calibration.observed),
            "predicted": rounded(calibration.predicted),
            "difference": rounded(calibration.difference),
            "low": rounded(max(-1.0, low)),
            "high": rounded(min(1.0, high)),
        },
        "calibration_error": {"value": rounded(error), "low": rounded(error_low), "high": rounded(error_high)},
    }


def shown(share: Share) -> dict[str, Any] | None:
    """A share with its interval as plain JSON; None where nothing counts for it."""
    if share.n == 0:
        return None
    low, high = share.interval()
    return {"value": rounded(share.value), "low": rounded(low), "high": rounded(high), "n": share.n}


def rounded(value: float) -> float:
    """So many digits as anybody needs; minus zero is zero, so that equal figures have one digest."""
    return round(value, _DIGITS) + 0.0
