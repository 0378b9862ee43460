"""What a version was evaluated on, as histograms: what its later use is compared with to see drift.

Kept in the evaluation's record: counts alone, from which no conversation can be read back.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

FORMAT: Final = "pixelhub.reference/1"
BINS: Final = 10
#: Edges are multiples of these: what moves within one, say a score from 0.001 to 0.004, is nothing to look at.
STEPS: Final = {"score": 0.01, "characters": 10.0, "messages": 1.0}


def reference_of(**values: Sequence[float]) -> dict[str, Any]:
    """Return a histogram of each feature (`score`, `characters`, `messages`): {"edges": [...], "counts": [...]}.

    Edges are the deciles of the values, rounded up to a multiple of the feature's step, equal ones once: no bin is
    empty. A bin holds what lies above the edge before it, up to its own edge inclusive; the last one has no edge.
    Raises ValueError without values.
    """
    return {"format": FORMAT, **{name: _histogram(found, STEPS[name]) for name, found in values.items()}}


def _histogram(values: Sequence[float], step: float) -> dict[str, list[float]]:
    if not values:
        raise ValueError("a reference needs values")
    ordered = sorted(values)
    deciles = (ordered[math.ceil(len(ordered) * part / BINS) - 1] for part in range(1, BINS))
    edges = sorted({_rounded_up(value, step) for value in deciles} - {_rounded_up(ordered[-1], step)})
    counts = Counter(bisect_left(edges, value) for value in ordered)
    return {"edges": edges, "counts": [counts[place] for place in range(len(edges) + 1)]}


def _rounded_up(value: float, step: float) -> float:
    """The smallest multiple of the step that is not below the value, without the dust of binary fractions."""
    nearest = round(value / step)
    edge = round(nearest * step, 6)
    return edge if edge >= value else round((nearest + 1) * step, 6)
