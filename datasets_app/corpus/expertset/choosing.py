"""Choosing the conversations of an expert set: a share of crises that is asked for, the rest balanced, by a seed.

Balance is by filling what is emptiest: the type with the fewest, in it the family with the fewest, in that the
difficulty with the fewest. Where one of them runs out the others take its places, so nothing is asked for in vain.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from datasets_app.corpus.taxonomy import NONE_TYPE, SIX_TYPES

LEAST_SIZE: Final = 500
MOST_SIZE: Final = 1000
LEAST_TRIAL: Final = 10
LEAST_CRISIS: Final = 0.08
MOST_CRISIS: Final = 0.20
DEFAULT_CRISIS: Final = 0.15


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation that may be chosen. `key` names it (its content hash); family and difficulty may be ""."""

    key: str
    crisis_type: str
    family: str = ""
    difficulty: str = ""


class Apart(Protocol):
    """Whether a candidate stands apart from those chosen so far; it is remembered if so."""

    def takes(self, candidate: Candidate) -> bool: ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """The keys in the order in which they are shown, and by type how many were asked for and how many are there."""

    keys: tuple[str, ...]
    asked: dict[str, int]
    found: dict[str, int]

    @property
    def missing(self) -> dict[str, int]:
        """By type, how many fewer there are than an even share; others stand in their places."""
        return missing_of(self.asked, self.found)


class TooFew(ValueError):
    """There is not enough to choose from. `missing` says of which type how many fewer there are than asked for."""

    def __init__(self, says: str, missing: dict[str, int]) -> None:
        super().__init__(says)
        self.missing = missing


def crisis_bounds(size: int) -> tuple[int, int]:
    """The fewest and the most conversations with a crisis that a set of this size may hold."""
    return math.ceil(LEAST_CRISIS * size - 1e-9), math.floor(MOST_CRISIS * size + 1e-9)


def asked_by_type(size: int, crisis_share: float) -> dict[str, int]:
    """How many of each type a balanced set holds. Raises ValueError for a share outside 8 to 20 percent."""
    if not LEAST_CRISIS - 1e-9 <= crisis_share <= MOST_CRISIS + 1e-9:
        raise ValueError(f"the share of crises must lie between {LEAST_CRISIS:.0%} and {MOST_CRISIS:.0%}")
    least, most = crisis_bounds(size)
    if least > most:
        raise ValueError(f"{size} conversations are too few for a share of crises between 8% and 20%")
    crises = min(max(round(size * crisis_share), least), most)
    each, left = divmod(crises, len(SIX_TYPES))
    asked = {kind: each + (place < left) for place, kind in enumerate(SIX_TYPES)}
    return asked | {NONE_TYPE: size - crises}


def choose(candidates: Iterable[Candidate], *, size: int, crisis_share: float, seed: int, apart: Apart) -> Chosen:
    """Choose `size` conversations. The same candidates, whatever their order, and the same seed give the same set.

    Raises TooFew, naming what is missing, and ValueError for a size or a share that cannot be.
    """
    asked = asked_by_type(size, crisis_share)
    queues: dict[str, _Cells] = {}
    for candidate in sorted(candidates, key=lambda one: (_draw(seed, one.key), one.key)):
        queues.setdefault(candidate.crisis_type, _Cells()).add(candidate)
    crises = size - asked[NONE_TYPE]
    chosen = _filled({kind: queues.get(kind, _Cells()) for kind in SIX_TYPES}, crises, apart)
    calm = _filled({NONE_TYPE: queues.get(NONE_TYPE, _Cells())}, asked[NONE_TYPE], apart)
    found = dict.fromkeys((*SIX_TYPES, NONE_TYPE), 0)
    for candidate in (*chosen, *calm):
        found[candidate.crisis_type] += 1
    if len(chosen) < crises or len(calm) < asked[NONE_TYPE]:
        raise TooFew(_says(asked, found, crises), missing_of(asked, found))
    keys = sorted((one.key for one in (*chosen, *calm)), key=lambda key: (_draw(seed, f"place {key}"), key))
    return Chosen(tuple(keys), asked, found)


def missing_of(asked: dict[str, int], found: dict[str, int]) -> dict[str, int]:
    """By type, how many are missing from what was asked for."""
    return {kind: count - found.get(kind, 0) for kind, count in asked.items() if found.get(kind, 0) < count}


def _draw(seed: int, key: str) -> bytes:
    return sha256(f"expert set {seed}:{key}".encode()).digest()


class _Cells:
    """The candidates of one type by family and difficulty, each cell in drawn order."""

    def __init__(self) -> None:
        self._queues: dict[tuple[str, str], deque[Candidate]] = defaultdict(deque)
        self._taken: dict[tuple[str, str], int] = {}
        self._by_family: dict[str, int] = {}

    def add(self, candidate: Candidate) -> None:
        cell = (candidate.family, candidate.difficulty)
        self._queues[cell].append(candidate)
        self._taken.setdefault(cell, 0)
        self._by_family.setdefault(candidate.family, 0)

    def next(self, apart: Apart) -> Candidate | None:
        """The next candidate of the emptiest family and difficulty that stands apart from all chosen before."""
        while self._queues:
            cell = min(self._queues, key=lambda one: (self._by_family[one[0]], self._taken[one], one))
            queue = self._queues[cell]
            candidate = queue.popleft()
            if not queue:
                del self._queues[cell]
            if apart.takes(candidate):
                self._taken[cell] += 1
                self._by_family[cell[0]] += 1
                return candidate
        return None


def _filled(cells: dict[str, _Cells], wanted: int, apart: Apart) -> list[Candidate]:
    counts = dict.fromkeys(cells, 0)
    found: list[Candidate] = []
    open_types = list(cells)
    while len(found) < wanted and open_types:
        kind = min(open_types, key=lambda one: (counts[one], open_types.index(one)))
        candidate = cells[kind].next(apart)
        if candidate is None:
            open_types.remove(kind)
            continue
        counts[kind] += 1
        found.append(candidate)
    return found


def _says(asked: dict[str, int], found: dict[str, int], crises: int) -> str:
    got = sum(found[kind] for kind in SIX_TYPES)
    parts = []
    if got < crises:
        by_type = ", ".join(f"{kind} {found[kind]} of {asked[kind]}" for kind in SIX_TYPES)
        parts.append(f"{crises - got} of {crises} conversations with a crisis are missing ({by_type})")
    if found[NONE_TYPE] < asked[NONE_TYPE]:
        gap = asked[NONE_TYPE] - found[NONE_TYPE]
        parts.append(f"{gap} of {asked[NONE_TYPE]} conversations without a crisis are missing")
    return "; ".join(parts)


def share_problem(types: Sequence[str]) -> str:
    """Why final labels are no expert set's, "" when the share of crises is within its bounds."""
    size, crises = len(types), sum(kind != NONE_TYPE for kind in types)
    least, most = crisis_bounds(size)
    if crises < least:
        return f"{crises} of {size} have a crisis; at least {least} (8%) must, {least - crises} more than there are"
    if crises > most:
        return f"{crises} of {size} have a crisis; at most {most} (20%) may, so {crises - most} are too many"
    return ""
