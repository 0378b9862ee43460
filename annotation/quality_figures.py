"""What a review of finished labels says about all of them. Django-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from datasets_app.corpus.intervals import wilson

AGREED, MINOR, MAJOR = "agreed", "minor", "major"
VERDICTS = (AGREED, MINOR, MAJOR)


@dataclass(frozen=True)
class Reviewed:
    """One verdict, and the stratum that the label was drawn from."""

    verdict: str
    stratum: Hashable


def shares(verdicts: Iterable[str]) -> dict[str, Any]:
    """Counts by verdict, and the share agreed with its 95% Wilson interval (None without a verdict)."""
    counts = Counter(verdicts)
    reviewed = sum(counts[verdict] for verdict in VERDICTS)
    return {
        "reviewed": reviewed,
        **{verdict: counts[verdict] for verdict in VERDICTS},
        **_estimate(counts[AGREED], reviewed),
    }


def projected(reviewed: Iterable[Reviewed], sizes: Mapping[Hashable, int]) -> dict[str, Any]:
    """The share agreed among all labels: each stratum counts by its size, whatever share of it was drawn.

    `sizes` are the labels per stratum. The interval is Wilson's at the effective sample size (Kish 1965, the square
    of the weights' sum over the sum of their squares). `covered` is the share of labels in strata with a verdict:
    nothing is known about the others.
    """
    rows = list(reviewed)
    drawn = Counter(row.stratum for row in rows)
    weights = [sizes[row.stratum] / drawn[row.stratum] for row in rows]
    total = sum(weights)
    labels = sum(sizes.values())
    covered = sum(sizes[stratum] for stratum in drawn) / labels if labels else 0.0
    if not total:
        return {"covered": covered, "share": None, "interval": None}
    effective = total**2 / sum(weight**2 for weight in weights)
    share = sum(weight for row, weight in zip(rows, weights, strict=True) if row.verdict == AGREED) / total
    return {"covered": covered, **_estimate(share * effective, effective)}


def _estimate(hits: float, total: float) -> dict[str, Any]:
    if not total:
        return {"share": None, "interval": None}
    low, high = wilson(hits, total)
    return {"share": hits / total, "interval": {"low": low, "high": high}}
