"""Where a round agrees and where it doesn't: by rater, by source, at edge cases, and who says what instead of what."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from annotation.agreement.estimates import ENOUGH_ITEMS, Estimate, estimated, made, nothing, ratio, share
from annotation.agreement.forecast import WIDTH_IN_SDS
from annotation.agreement.intervals import Interval, not_too_sure, resampled_all
from annotation.agreement.labelset import LabelSet
from annotation.agreement.ratings import MISSING, Ratings
from annotation.agreement.replicates import Floats, chance_agreement, mean_over_pairs, pair_kappas, pairs_of
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SOURCES, harm_rank

ENOUGH_LABELS = 10  # of the others' majority, before a share of confusions is a figure
NONE_CODE = CRISIS_TYPES.index(NONE_TYPE)


class Confusion(TypedDict):
    """`rater` said `said` on `n` of the samples for which the others' majority was `others`."""

    rater: str
    others: str
    said: str
    n: int
    share: Estimate
    missed_crisis: bool


def by_rater(labels: LabelSet, *, replicates: int, seed: int) -> list[dict[str, Any]]:
    """Each rater's mean kappa with the others, pairs weighted by the samples they share, with its interval.

    `stands_out` where the whole interval lies below the mean over all pairs, and still would after asking this of
    every rater (Bonferroni): among eight equal raters somebody is lowest.
    """
    ratings = labels.type_ratings
    alike, times = ratings.patterns(keep_raters=True)
    pairs = pairs_of(alike)
    if not pairs:
        return []
    groups = [list(range(len(pairs)))] + [
        [n for n, pair in enumerate(pairs) if place in pair] for place in range(len(ratings.raters))
    ]

    def means(draws: Floats) -> Floats:
        kappas, items = pair_kappas(alike, draws)
        return np.column_stack([mean_over_pairs(kappas[:, group], items[:, group]) for group in groups])

    (everyone, *values), (_, *intervals) = resampled_all(means, times, replicates=replicates, seed=seed)
    chance = chance_agreement(ratings, "fleiss")
    strict = NormalDist().inv_cdf(1 - 0.025 / len(ratings.raters))
    rows = []
    for place, rater in enumerate(ratings.raters):
        shared = _shared_items(ratings, place)
        interval = not_too_sure(intervals[place], values[place], shared, chance)
        kappa = made(values[place], interval, shared) if shared >= ENOUGH_ITEMS else nothing(shared)
        rows.append(
            {
                "rater": rater,
                "labels": int((ratings.codes[:, place] != MISSING).sum()),
                "kappa": kappa,
                "stands_out": interval is not None
                and kappa["enough"]
                and _below(values[place], interval, strict, everyone),
                "severity_lean": _severity_lean(labels, place),
            }
        )
    return rows


def by_pair(labels: LabelSet, *, replicates: int, seed: int) -> list[dict[str, Any]]:
    """Cohen's kappa of every pair of raters with its interval: [{"raters", "kappa"}]."""
    ratings = labels.type_ratings
    alike, times = ratings.patterns(keep_raters=True)
    pairs = pairs_of(alike)
    if not pairs:
        return []
    values, intervals = resampled_all(
        lambda draws: pair_kappas(alike, draws)[0], times, replicates=replicates, seed=seed
    )
    rows = []
    for (a, b), value, interval in zip(pairs, values, intervals, strict=True):
        both = (ratings.codes[:, [a, b]] != MISSING).all(axis=1)
        items, chance = int(both.sum()), chance_agreement(ratings.of_items(both), "fleiss")
        sure = not_too_sure(interval, value, items, chance)
        kappa = made(value, sure, items) if items >= ENOUGH_ITEMS else nothing(items)
        rows.append({"raters": [ratings.raters[a], ratings.raters[b]], "kappa": kappa})
    return rows


def by_source(labels: LabelSet, *, replicates: int, seed: int) -> list[dict[str, Any]]:
    """Fleiss' kappa of the samples from each source that is there."""
    masks = {source: labels.of_source(source) for source in SOURCES}
    return [
        {
            "source": source,
            "kappa": estimated(labels.type_ratings.of_items(mask), "fleiss", replicates=replicates, seed=seed),
        }
        for source, mask in masks.items()
        if mask.any()
    ]


def edge_cases(labels: LabelSet, *, replicates: int, seed: int) -> dict[str, Any]:
    """Agreement on edge cases beside the rest, and on the mark itself (kappa, AC1, and who marks at all)."""
    ratings, marks = labels.type_ratings, labels.edge_ratings
    options = {"replicates": replicates, "seed": seed}
    return {
        "edge": estimated(ratings.of_items(labels.hard), "fleiss", **options),
        "rest": estimated(ratings.of_items(~labels.hard), "fleiss", **options),
        "mark_kappa": estimated(marks, "fleiss", **options),
        "mark_ac1": estimated(marks, "ac1", **options),
        "marked": ratio(
            np.column_stack([marks.counts.sum(axis=1), marks.counts[:, 1]]).astype(np.float64),
            replicates=replicates,
            seed=seed,
        ),
        "both_marked": ratio(_marks_met(marks), replicates=replicates, seed=seed),
    }


def directions(labels: LabelSet) -> dict[str, Any]:
    """Who says what where the others' majority says something else, a missed crisis first, then by how often.

    `table[i][j]`: how often a rater said j where the majority of the sample's other raters said i (ties left out).
    """
    size = len(CRISIS_TYPES)
    counts = labels.type_ratings.counts
    onehot = np.vstack([np.eye(size, dtype=np.int64), np.zeros((1, size), dtype=np.int64)])
    table = np.zeros((size, size), dtype=np.int64)
    found: list[Confusion] = []
    for place, rater in enumerate(labels.raters):
        said = labels.types[:, place]
        others = counts - onehot[said]
        most = others.max(axis=1, initial=0)
        clear = (said != MISSING) & (most > 0) & ((others == most[:, None]).sum(axis=1) == 1)
        own = np.zeros_like(table)
        np.add.at(own, (others[clear].argmax(axis=1), said[clear]), 1)
        table += own
        found += _confusions(rater, own)
    found.sort(key=lambda row: (not row["missed_crisis"], -row["n"], harm_rank(row["others"]), row["rater"]))
    return {"table": table.tolist(), "confusions": found}


def _confusions(rater: str, own: NDArray[np.int64]) -> list[Confusion]:
    return [
        Confusion(
            rater=rater,
            others=CRISIS_TYPES[i],
            said=CRISIS_TYPES[j],
            n=int(own[i, j]),
            share=share(int(own[i, j]), int(own[i].sum()), ENOUGH_LABELS),
            missed_crisis=bool(j == NONE_CODE and i != NONE_CODE),
        )
        for i, j in np.argwhere(own)
        if i != j
    ]


def _below(value: float, interval: Interval, sds: float, everyone: float) -> bool:
    return bool(value + (interval.high - interval.low) / WIDTH_IN_SDS * sds < everyone)


def _shared_items(ratings: Ratings, place: int) -> int:
    return int(((ratings.codes[:, place] != MISSING) & (ratings.counts.sum(axis=1) >= 2)).sum())


def _severity_lean(labels: LabelSet, place: int) -> Estimate:
    """Mean of this rater's severity minus the others' mean, where both saw a crisis."""
    own = labels.severities[:, place]
    others = np.delete(labels.severities, place, axis=1)
    there = np.isfinite(own) & np.isfinite(others).any(axis=1)
    apart = own[there] - np.nanmean(others[there], axis=1) if there.any() else np.empty(0)
    if len(apart) < ENOUGH_ITEMS:
        return nothing(len(apart))
    reach = 1.96 * float(apart.std(ddof=1)) / np.sqrt(len(apart))
    middle = float(apart.mean())
    interval = {"low": middle - float(reach), "high": middle + float(reach)}
    return Estimate(value=middle, interval=interval, items=len(apart), enough=True)


def _marks_met(marks: Ratings) -> Floats:
    """Per item, for each label that marked it: the other labels, and those of them that marked it too."""
    marked, totals = marks.counts[:, 1], marks.counts.sum(axis=1)
    return np.column_stack([marked * np.maximum(totals - 1, 0), marked * np.maximum(marked - 1, 0)]).astype(np.float64)
