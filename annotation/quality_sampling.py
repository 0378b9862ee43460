"""Which finished labels are reviewed again: a seeded, stratified draw. Django-free."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from datasets_app.corpus.taxonomy import CrisisType

LOW_CONFIDENCE = 0.5  # the instrument's "low" is 0.4
BOOST = 3.0  # how much likelier immediate harm and low confidence are drawn where that is asked


@dataclass(frozen=True)
class Candidate:
    """A finished label. Strata are annotator x type; low confidence is a stratum of its own where it is boosted."""

    pk: int
    annotator: int
    crisis_type: str
    confidence: float

    @property
    def is_risky(self) -> bool:
        """Where a mistake costs most, or is likeliest."""
        return self.crisis_type == CrisisType.IMMEDIATE_HARM or self.confidence < LOW_CONFIDENCE


def draw(labels: Sequence[Candidate], size: int, *, seed: int, oversample: bool = False) -> list[int]:
    """`size` of the labels (all where there are fewer), by id, in a random order; the same seed gives the same draw.

    Every stratum gets one where `size` allows it, the rest goes by Webster's method in proportion to the strata's
    sizes; `oversample` counts risky labels `BOOST` times.
    """
    generator = random.Random(seed)  # noqa: S311  (a reproducible draw, not a secret)
    strata: dict[tuple[int, str, bool], list[int]] = defaultdict(list)
    for label in sorted(labels, key=lambda one: one.pk):
        strata[label.annotator, label.crisis_type, oversample and label.is_risky].append(label.pk)
    keys = list(strata)
    generator.shuffle(keys)
    wanted = min(size, len(labels))
    takes = dict.fromkeys(keys, 1 if wanted >= len(keys) else 0)
    weights = {key: len(strata[key]) * (BOOST if key[2] else 1.0) for key in keys}
    # Ties go by the shuffled order.
    queue = [(-weights[key] / (2 * takes[key] + 1), rank, key) for rank, key in enumerate(keys)]
    heapq.heapify(queue)
    left = wanted - sum(takes.values())
    while left:
        _, rank, key = heapq.heappop(queue)
        if takes[key] == len(strata[key]):
            continue
        takes[key] += 1
        left -= 1
        heapq.heappush(queue, (-weights[key] / (2 * takes[key] + 1), rank, key))
    drawn = [pk for key in keys for pk in generator.sample(strata[key], takes[key])]
    generator.shuffle(drawn)
    return drawn
