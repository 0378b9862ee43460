"""Which samples to talk about, and which types and raters a discussion is about. No names: only what was said."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np

from annotation.agreement.aggregation import SEVERITY_GAP, Vote, harm_order
from annotation.agreement.labelset import LabelSet
from annotation.agreement.ratings import MISSING
from datasets_app.corpus.taxonomy import CRISIS_TYPES, harm_rank

SEVERITY = "severity"


def disputed_items(labels: LabelSet) -> list[dict[str, Any]]:
    """Samples whose raters differ in type, or by two severities or more; the one that could hurt somebody most first.

    Each with the types and severities that were said (sorted, so that nothing tells who said which) and `about`: the
    two types in question, or "severity".
    """
    counts = labels.type_ratings.counts
    types_differ = (counts > 0).sum(axis=1) > 1
    seen = np.isfinite(labels.severities)
    low = np.min(labels.severities, axis=1, initial=np.inf, where=seen)
    high = np.max(labels.severities, axis=1, initial=-np.inf, where=seen)
    found = []
    for row in np.flatnonzero(types_differ | (high - low >= SEVERITY_GAP)):
        votes = _votes(labels, int(row))
        said = sorted(votes, key=lambda vote: (harm_rank(vote.crisis_type), -(vote.severity or 0)))
        types = list(dict.fromkeys(vote.crisis_type for vote in said))
        entry = {
            "item": labels.items[row],
            "types": [vote.crisis_type for vote in said],
            "severities": [vote.severity for vote in said],
            "about": types if len(types) > 1 else [SEVERITY],
        }
        found.append((harm_order(votes), int(row), entry))
    return [entry for _, _, entry in sorted(found, key=lambda each: each[:2])]


def contested(disputed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the disputed samples are about, most often first: [{"between": [type, type] or ["severity"], "items"}]."""
    counted: Counter[tuple[str, ...]] = Counter()
    for entry in disputed:
        about = entry["about"]
        counted.update([tuple(about)] if about == [SEVERITY] else combinations(about, 2))
    ranked = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return [{"between": list(between), "items": times} for between, times in ranked]


def raters_in(labels: LabelSet, items: set[str]) -> list[str]:
    """Who labelled any of these items."""
    rows = [row for row, name in enumerate(labels.items) if name in items]
    there = (labels.types[rows] != MISSING).any(axis=0) if rows else np.zeros(len(labels.raters), dtype=bool)
    return [rater for rater, labelled in zip(labels.raters, there, strict=True) if labelled]


def _votes(labels: LabelSet, row: int) -> list[Vote]:
    return [
        Vote(
            CRISIS_TYPES[code],
            int(labels.severities[row, place]) if np.isfinite(labels.severities[row, place]) else None,
            float(labels.confidences[row, place]),
        )
        for place, code in enumerate(labels.types[row])
        if code != MISSING
    ]
