"""Two versions on the same conversations: which of them is right where the other is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import scipy  # its parts come when they are first used: scipy.stats takes most of a second

from datasets_app.corpus.taxonomy import NONE_TYPE


@dataclass(frozen=True)
class Discordance:
    """How often only the one or only the other version is right, and McNemar's exact p of that difference."""

    n: int
    both_right: int
    only_first: int
    only_second: int
    p: float

    def as_dict(self) -> dict[str, Any]:
        """Return JSON types."""
        return {
            "n": self.n,
            "both_right": self.both_right,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "both_wrong": self.n - self.both_right - self.only_first - self.only_second,
            "p": round(self.p, 6),
        }


def mcnemar(pairs: Iterable[tuple[bool, bool]]) -> Discordance:
    """Return McNemar's exact two-sided test (1947, with the binomial distribution) of pairs (first, second) right."""
    n = both = first = second = 0
    for right, other in pairs:
        n += 1
        both += right and other
        first += right and not other
        second += other and not right
    discordant = first + second
    p = float(scipy.stats.binomtest(first, discordant, 0.5).pvalue) if discordant else 1.0
    return Discordance(n, both, first, second, p)


def compare_predictions(first: Iterable[Mapping[str, Any]], second: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return McNemar's test of crisis against none over all rows, over crises and over the others apart.

    Rows are those of predictions.jsonl; they are paired by content hash. `unpaired` counts rows that only one version
    has, or that carry different labels: then the two did not answer the same questions.
    """
    known = {row["content_hash"]: row for row in first}
    pairs: list[tuple[bool, bool, bool]] = []
    unpaired = 0
    for row in second:
        other = known.pop(row["content_hash"], None)
        if other is None or other["true_type"] != row["true_type"]:
            unpaired += 1
            continue
        crisis = row["true_type"] != NONE_TYPE
        pairs.append((crisis, _right(other, crisis), _right(row, crisis)))
    return {
        "all": mcnemar((one, two) for _, one, two in pairs).as_dict(),
        "crises": mcnemar((one, two) for crisis, one, two in pairs if crisis).as_dict(),
        "others": mcnemar((one, two) for crisis, one, two in pairs if not crisis).as_dict(),
        "unpaired": unpaired + len(known),
    }


def _right(row: Mapping[str, Any], crisis: bool) -> bool:
    return (row["predicted_type"] != NONE_TYPE) == crisis
