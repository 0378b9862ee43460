"""The one form in which ratings reach the formulas: items x raters, as codes of ordered categories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MISSING = -1


class RatingError(ValueError):
    """Ratings that can't be used; the message names the row and the reason."""


@dataclass(frozen=True)
class Ratings:
    """`codes[i, r]` is the index into `categories` of rater r's rating of item i, or -1 where there is none.

    `categories` are in their natural order: numeric when every one of them is a number.
    """

    items: tuple[str, ...]
    raters: tuple[str, ...]
    categories: tuple[str, ...]
    codes: NDArray[np.int64]
    named: bool = True  # False: the columns are places, not people, so pairs of raters mean nothing

    @classmethod
    def from_triples(cls, triples: Iterable[tuple[str, str, str]], categories: Sequence[str] | None = None) -> Ratings:
        """Build from (item, rater, category) in any order; categories are found when not given.

        Raises `RatingError` when a rater rated an item twice, or when a category is unknown.
        """
        rows = list(triples)
        items = tuple(dict.fromkeys(item for item, _, _ in rows))
        raters = tuple(sorted({rater for _, rater, _ in rows}))
        found = {value for _, _, value in rows}
        names = tuple(categories) if categories is not None else order_categories(found)
        unknown = found - set(names)
        if unknown:
            raise RatingError(f"unknown category {sorted(unknown)[0]!r}")
        row_of, column_of = ({name: n for n, name in enumerate(part)} for part in (items, raters))
        code_of = {name: n for n, name in enumerate(names)}
        codes = np.full((len(items), len(raters)), MISSING, dtype=np.int64)
        for number, (item, rater, value) in enumerate(rows, start=1):
            cell = (row_of[item], column_of[rater])
            if codes[cell] != MISSING:
                raise RatingError(f"rating {number}: rater {rater!r} rated item {item!r} twice")
            codes[cell] = code_of[value]
        return cls(items, raters, names, codes)

    @classmethod
    def from_counts(cls, items: Sequence[str], categories: Sequence[str], counts: NDArray[np.int64]) -> Ratings:
        """Build from how many raters chose each category per item; the raters are then nameless places."""
        places = int(counts.sum(axis=1).max(initial=0))
        codes = np.full((len(items), places), MISSING, dtype=np.int64)
        for row, row_counts in enumerate(counts):
            chosen = np.repeat(np.arange(len(categories)), row_counts)
            codes[row, : len(chosen)] = chosen
        return cls(tuple(items), tuple(f"place {n + 1}" for n in range(places)), tuple(categories), codes, False)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """items x categories: how many raters chose the category."""
        return (self.codes[:, :, None] == np.arange(len(self.categories))).sum(axis=1)

    @property
    def paired_items(self) -> int:
        """Items with two ratings or more: only they say anything about agreement."""
        return int((self.counts.sum(axis=1) >= 2).sum())

    def patterns(self, *, keep_raters: bool) -> tuple[Ratings, NDArray[np.int64]]:
        """Items that look alike as one item, with how many they are.

        Rounds of thousands of items have a few hundred patterns; without `keep_raters` (who gave which rating doesn't
        matter) a few dozen. Resampling items is drawing patterns by their share, so the bootstrap works on these.
        """
        return self._patterns_by_rater if keep_raters else self._patterns_by_count

    @cached_property
    def _patterns_by_rater(self) -> tuple[Ratings, NDArray[np.int64]]:
        return self._alike(self.codes)

    @cached_property
    def _patterns_by_count(self) -> tuple[Ratings, NDArray[np.int64]]:
        return self._alike(np.sort(self.codes, axis=1))

    def _alike(self, codes: NDArray[np.int64]) -> tuple[Ratings, NDArray[np.int64]]:
        distinct, times = np.unique(codes, axis=0, return_counts=True)
        names = tuple(str(number) for number in range(len(distinct)))
        return Ratings(names, self.raters, self.categories, distinct, self.named), times

    def of_items(self, chosen: NDArray[np.bool_]) -> Ratings:
        """The same ratings for the chosen items only (a mask over items)."""
        items = tuple(name for name, wanted in zip(self.items, chosen, strict=True) if wanted)
        return Ratings(items, self.raters, self.categories, self.codes[chosen], self.named)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The number behind each category; ranks 0.. when the categories aren't numbers."""
        numbers = [_number(name) for name in self.categories]
        if any(number is None for number in numbers):
            return np.arange(len(self.categories), dtype=np.float64)
        return np.array(numbers, dtype=np.float64)

    @property
    def numeric(self) -> bool:
        return all(_number(name) is not None for name in self.categories)

    def one_against_rest(self, category: str) -> Ratings:
        """The same ratings, asked only: this category, or another one?"""
        target = self.categories.index(category)
        binary = np.where(self.codes == MISSING, MISSING, (self.codes == target).astype(np.int64))
        return Ratings(self.items, self.raters, ("rest", category), binary)

    def below(self, threshold: float) -> Ratings:
        """The same ratings, asked only: below the threshold, or not?"""
        if not self.numeric:
            raise RatingError("a threshold needs numeric ratings")
        low = np.append(self.values < threshold, False)[self.codes]  # code -1 reads the appended False
        binary = np.where(self.codes == MISSING, MISSING, low.astype(np.int64))
        return Ratings(self.items, self.raters, ("not below", "below"), binary)


def order_categories(names: Iterable[str]) -> tuple[str, ...]:
    """Numbers by size, words by the alphabet."""
    found = set(names)
    if all(_number(name) is not None for name in found):
        return tuple(sorted(found, key=float))
    return tuple(sorted(found))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
