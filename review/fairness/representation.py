"""Who is in the data: the share of each group in test and in train, against the people who are served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from review.fairness.attributes import rounded, shown
from review.fairness.levels import RATIO, Level, Verdict, judged_ratio
from review.fairness.shares import Share

#: Below this part of its reference a group is all but absent.
_ABSENT: Final = 0.4


def representation(
    test: Mapping[str, int], train: Mapping[str, int] | None, reference: Mapping[str, float]
) -> list[dict[str, Any]]:
    """One row per group: counts and shares in test and train (of those whose group is stated), and the verdict.

    `reference` maps groups to their share of the people served, 0 to 1; a group without one has no verdict. A group
    of the reference that is in neither split has a row too.
    """
    splits = {"test": test} | ({"train": train} if train is not None else {})
    names = sorted({name for counts in splits.values() for name in counts} | set(reference))
    return [_row(name, splits, reference.get(name)) for name in names]


def _row(name: str, splits: Mapping[str, Mapping[str, int]], expected: float | None) -> dict[str, Any]:
    shares = {split: Share(counts.get(name, 0), sum(counts.values())) for split, counts in splits.items()}
    # What the model learned from is judged where it is known, else what it was tested on.
    judged = shares.get("train", shares["test"])
    ratio, verdict, level = None, Verdict.NOT_ENOUGH, Level.NONE
    if expected and judged.n:
        low, high = judged.interval()
        ratio = {
            "value": rounded(judged.value / expected),
            "low": rounded(low / expected),
            "high": rounded(high / expected),
        }
        verdict, level = judged_ratio(judged.value / expected, low / expected, high / expected, critical=_ABSENT)
    return {
        "figure": "representation",
        "value": name,
        "test": shown(shares["test"]),
        "train": shown(shares["train"]) if "train" in shares else None,
        "reference": expected,
        "ratio": ratio,
        "limit": RATIO,
        "verdict": verdict.value if expected else "",
        "alert": level.value,
    }
