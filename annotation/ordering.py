"""In which order a round's samples are handed out, and which of them get more labels. Pure functions, seeded.

Nothing here knows of Django: a sample is an id with what is known of it before anybody labelled it.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

SEVERE = 4  # from this severity on, a sample counts as hard to read
RANDOM_SHARE = 0.2  # of a smart order that keeps chance places, so that estimates from a part of it aren't biased


@dataclass(frozen=True)
class Sample:
    """A sample to be placed. `severity` is a hint (1-5 or unknown); `score` is larger for what should come earlier."""

    key: int
    severity: int | None = None
    score: float = 0.0

    @property
    def severe(self) -> bool:
        return self.severity is not None and self.severity >= SEVERE


def overlap_chosen(strata: Mapping[int, Hashable], share: float, seed: int) -> set[int]:
    """Which samples get several labels: exactly round(share x n), each stratum by its size.

    `strata` maps a sample to what it should be represented by. Rounding goes by largest remainder, so a stratum is off
    its share by less than one sample.
    """
    wanted = math.floor(share * len(strata) + 0.5)
    members: dict[Hashable, list[int]] = defaultdict(list)
    for key in sorted(strata):
        members[strata[key]].append(key)
    exact = {stratum: wanted * len(keys) / len(strata) for stratum, keys in members.items()}
    taken = {stratum: math.floor(value) for stratum, value in exact.items()}
    by_remainder = sorted(members, key=lambda stratum: (taken[stratum] - exact[stratum], str(stratum)))
    for stratum in by_remainder[: wanted - sum(taken.values())]:
        taken[stratum] += 1
    generator = random.Random(f"overlap:{seed}")  # noqa: S311  (a reproducible choice, not a secret)
    return {key for stratum in sorted(members, key=str) for key in generator.sample(members[stratum], taken[stratum])}


def smart_order(
    samples: Sequence[Sample], seed: int, random_share: float = RANDOM_SHARE
) -> tuple[list[Sample], set[int]]:
    """Larger scores first, but a random share of the samples stands at random places; returns it too, as keys.

    The random share is drawn from all samples alike and spread over the whole order: its labels are at any moment a
    fair sample of everything, whatever the scores are.
    """
    generator = random.Random(f"order:{seed}")  # noqa: S311  (a reproducible order, not a secret)
    by_chance = generator.sample(list(samples), math.floor(random_share * len(samples) + 0.5))
    chance_keys = {sample.key for sample in by_chance}
    chosen = [sample for sample in samples if sample.key not in chance_keys]
    generator.shuffle(chosen)  # ties in score are broken by chance, too
    chosen.sort(key=lambda sample: -sample.score)
    places = set(generator.sample(range(len(samples)), len(by_chance)))
    random_ones, scored = iter(by_chance), iter(chosen)
    return [next(random_ones if place in places else scored) for place in range(len(samples))], chance_keys


def calm_order(samples: Sequence[Sample], in_a_row: int, run: int = 0) -> list[Sample]:
    """The same order with as little moved as needed, so that at most `in_a_row` severe samples follow each other.

    `run` severe ones came right before. Where there are too many severe ones for that, they are spread evenly, which
    gives the shortest runs that are possible.
    """
    severe = [(place, sample) for place, sample in enumerate(samples) if sample.severe]
    calm = [(place, sample) for place, sample in enumerate(samples) if not sample.severe]
    if len(severe) > in_a_row * len(calm) + max(0, in_a_row - run):
        return _spread([sample for _, sample in severe], [sample for _, sample in calm])
    severe.reverse()
    calm.reverse()
    ordered: list[Sample] = []
    while severe or calm:
        may_be_severe = bool(severe) and run < in_a_row
        # After a calm one, the severe ones left must still fit between the calm ones left.
        may_be_calm = bool(calm) and len(severe) <= in_a_row * len(calm)
        in_turn = bool(severe) and (not calm or severe[-1][0] < calm[-1][0])
        if may_be_severe and (in_turn or not may_be_calm):
            ordered.append(severe.pop()[1])
            run += 1
        else:
            ordered.append(calm.pop()[1])
            run = 0
    return ordered


def longest_severe_run(samples: Sequence[Sample]) -> int:
    """How many severe samples follow each other at the most."""
    longest = run = 0
    for sample in samples:
        run = run + 1 if sample.severe else 0
        longest = max(longest, run)
    return longest


def severe_tail(samples: Sequence[Sample]) -> int:
    """How many severe samples stand at the end."""
    for count, sample in enumerate(reversed(samples)):
        if not sample.severe:
            return count
    return len(samples)


def uncertainty(probabilities: Mapping[str, float], confidence: float | None) -> float | None:
    """How unsure a suggestion is, 0 (sure) to 1: its entropy over that of an even guess, else 1 - confidence."""
    values = [value for value in probabilities.values() if value > 0]
    total = sum(values)
    if len(probabilities) > 1 and total > 0:
        entropy = -sum(value / total * math.log(value / total) for value in values)
        return min(1.0, max(0.0, entropy / math.log(len(probabilities))))
    return None if confidence is None else 1.0 - confidence


def disagreement(types: Sequence[str]) -> float:
    """Share of pairs of suggestions that name different types, 0 to 1; 0 for fewer than two."""
    pairs = len(types) * (len(types) - 1)
    if not pairs:
        return 0.0
    return 1.0 - sum(count * (count - 1) for count in Counter(types).values()) / pairs


def rarity(types: Mapping[int, str]) -> dict[int, float]:
    """Sample to 1 - share of its expected type, so that rare types score high; an unknown type scores 0."""
    counts = Counter(kind for kind in types.values() if kind)
    total = sum(counts.values())
    return {key: 1.0 - counts[kind] / total if kind else 0.0 for key, kind in types.items()}


def _spread(severe: Sequence[Sample], calm: Sequence[Sample]) -> list[Sample]:
    gaps = len(calm) + 1
    ordered: list[Sample] = []
    for gap in range(gaps):
        ordered += severe[gap * len(severe) // gaps : (gap + 1) * len(severe) // gaps]
        ordered += calm[gap : gap + 1]
    return ordered
