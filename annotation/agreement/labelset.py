"""All labels of a round in one form: items x raters, with type, severity, confidence and edge-case mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.agreement.ratings import MISSING, RatingError, Ratings
from datasets_app.corpus.taxonomy import CRISIS_TYPES, SEVERITIES

Floats = NDArray[np.float64]
EDGE_NAMES = ("not marked", "edge case")


class LabelRow(NamedTuple):
    """One label of one item."""

    item: str
    rater: str
    crisis_type: str
    severity: int | None
    confidence: float
    is_edge_case: bool


class About(NamedTuple):
    """What is known of an item apart from its labels."""

    source: str
    is_edge_case: bool


@dataclass(frozen=True)
class LabelSet:
    """`types` are codes into CRISIS_TYPES (-1 missing), `severities` and `confidences` numbers (NaN missing)."""

    items: tuple[str, ...]
    raters: tuple[str, ...]
    types: NDArray[np.int64]
    severities: Floats
    confidences: Floats
    edges: NDArray[np.int64]
    about: tuple[About, ...]

    @classmethod
    def from_rows(cls, rows: Iterable[LabelRow], about: Mapping[str, About]) -> LabelSet:
        """Items in the order of their first label. Raises `RatingError` where a rater labelled an item twice."""
        rows = list(rows)
        items = tuple(dict.fromkeys(row.item for row in rows))
        raters = tuple(sorted({row.rater for row in rows}))
        item_of, rater_of = ({name: n for n, name in enumerate(part)} for part in (items, raters))
        type_of = {name: n for n, name in enumerate(CRISIS_TYPES)}
        shape = (len(items), len(raters))
        types, edges = np.full(shape, MISSING, dtype=np.int64), np.full(shape, MISSING, dtype=np.int64)
        severities, confidences = np.full(shape, np.nan), np.full(shape, np.nan)
        for row in rows:
            cell = (item_of[row.item], rater_of[row.rater])
            if types[cell] != MISSING:
                raise RatingError(f"rater {row.rater!r} labelled item {row.item!r} twice")
            types[cell], edges[cell] = type_of[row.crisis_type], int(row.is_edge_case)
            severities[cell] = np.nan if row.severity is None else row.severity
            confidences[cell] = row.confidence
        return cls(items, raters, types, severities, confidences, edges, tuple(about[item] for item in items))

    @cached_property
    def type_ratings(self) -> Ratings:
        """Crisis types, in the taxonomy's order."""
        return Ratings(self.items, self.raters, CRISIS_TYPES, self.types)

    @cached_property
    def severity_ratings(self) -> Ratings:
        """Severities where a crisis was seen; `none` has no severity, so items without any are left out."""
        codes = np.where(np.isfinite(self.severities), np.nan_to_num(self.severities) - 1, MISSING).astype(np.int64)
        ratings = Ratings(self.items, self.raters, tuple(str(level) for level in SEVERITIES), codes)
        return ratings.of_items((codes != MISSING).any(axis=1))

    @cached_property
    def edge_ratings(self) -> Ratings:
        """Whether a rater marked the item as an edge case."""
        return Ratings(self.items, self.raters, EDGE_NAMES, self.edges)

    @cached_property
    def hard(self) -> NDArray[np.bool_]:
        """Items that are edge cases: so marked by their source, or by anybody who labelled them."""
        known = np.array([about.is_edge_case for about in self.about], dtype=bool)
        return known | (self.edges == 1).any(axis=1)

    def of_source(self, source: str) -> NDArray[np.bool_]:
        """Mask of the items from there."""
        return np.array([about.source == source for about in self.about], dtype=bool)
