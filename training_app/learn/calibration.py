"""The operating point, chosen on validation and then frozen: first the temperature, then the threshold."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE

from .intervals import clopper_pearson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NONE_INDEX: Final = CRISIS_TYPES.index(NONE_TYPE)
# A small validation split that is perfectly separated has no finite best temperature; beyond these the fit only
# turns scores into zeros and ones.
TEMPERATURE_RANGE: Final = (0.25, 10.0)
DIGITS: Final = 6
ECE_BINS: Final = 10
# Below that one crisis more or less moves the share of a group by more than it is asked to hold.
GROUP_CRISES: Final = 20


def fit_temperature(type_logits: Floats, targets: Ints) -> float:
    """Return the temperature that minimises the negative log likelihood (Guo et al. 2017), rounded for bundle.json.

    type_logits [N, 7], targets int [N].
    """

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(type_logits / np.exp(log_temperature), axis=1)
        return float(-scaled[np.arange(len(targets)), targets].mean())

    low, high = np.log(TEMPERATURE_RANGE)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    return round(float(np.exp(found.x)), DIGITS)


def type_probabilities(type_logits: Floats, temperature: float) -> Floats:
    """Return softmax(logits / temperature): [N, 7] -> [N, 7]."""
    probabilities: Floats = softmax(np.asarray(type_logits, dtype=np.float64) / temperature, axis=1)
    return probabilities


def crisis_scores(type_logits: Floats, temperature: float) -> Floats:
    """Return 1 - P(none) after temperature: [N, 7] -> [N], each 0..1."""
    return np.clip(1.0 - type_probabilities(type_logits, temperature)[:, NONE_INDEX], 0.0, 1.0)


def bounded_threshold(
    scores: Floats, crisis: NDArray[np.bool_], groups: NDArray[np.str_], *, min_sensitivity: float
) -> tuple[float, list[str]]:
    """Return the threshold whose sensitivity reaches `min_sensitivity` by its lower bound, and whom that was asked of.

    The one-sided 95% Clopper-Pearson bound is asked of all crises together, and the point estimate of those of each
    group that has at least GROUP_CRISES of them: no kind of text may pay for another's. The lowest of these thresholds
    holds for all. Where not even all crises are enough for a bound (59 for 0.95, if none is missed), the point estimate
    is asked of all, and the list is empty.
    """
    share = _share_for_bound(int(crisis.sum()), min_sensitivity)
    if share is None:
        return choose_threshold(scores, crisis, min_sensitivity=min_sensitivity), []
    chosen, asked = [choose_threshold(scores, crisis, min_sensitivity=share)], ["all"]
    for name in sorted(set(groups.tolist())):
        members = groups == name
        if int((crisis & members).sum()) >= GROUP_CRISES:
            # A group's crises are told from everybody without one: those are what the threshold will meet.
            rows = members | ~crisis
            chosen.append(choose_threshold(scores[rows], crisis[rows], min_sensitivity=min_sensitivity))
            asked.append(name)
    return min(chosen), asked


def _share_for_bound(positives: int, wanted: float) -> float | None:
    """The smallest share of found crises whose lower bound reaches `wanted`; None where finding all is not enough."""
    low, high = 0, positives + 1
    while low < high:
        middle = (low + high) // 2
        if middle and clopper_pearson(middle, positives).lower_bound >= wanted:
            high = middle
        else:
            low = middle + 1
    return None if low > positives else low / positives


def choose_threshold(scores: Floats, crisis: NDArray[np.bool_], *, min_sensitivity: float) -> float:
    """Return the threshold with the best specificity among those whose sensitivity is at least `min_sensitivity`.

    A score at or above the threshold is a crisis. Specificity grows with the threshold, so the best one is reached
    at the highest that keeps enough crises. Every threshold down to the next score of a non-crisis has the same
    specificity and no less sensitivity: the middle of the gap between that score and the lowest crisis above it is
    taken. Raises ValueError without a crisis.
    """
    positives = np.sort(scores[crisis])
    if not len(positives):
        raise ValueError("a threshold needs crises in the validation split")
    # The small subtraction keeps 0.95 * 100 = 95.00000000000001 from asking for 96 of 100.
    needed = int(np.ceil(min_sensitivity * len(positives) - 1e-9))
    highest = float(positives[len(positives) - needed])
    negatives_below = scores[~crisis & (scores < highest)]
    floor = float(negatives_below.max()) if len(negatives_below) else 0.0
    lowest = float(positives[positives > floor].min())
    chosen = (lowest + floor) / 2
    threshold = round(chosen, DIGITS)
    # Rounding must not step over a score: the gap can be narrower than the digits kept.
    return threshold if floor < threshold <= lowest else chosen


def expected_calibration_error(
    scores: Floats, crisis: NDArray[np.bool_], bins: int = ECE_BINS, *, weights: Ints | None = None
) -> float:
    """Return the ECE of the crisis score over equal-width bins (Naeini et al. 2015).

    `weights` int [N] counts each row so many times, as a bootstrap does.
    """
    counts = np.ones(len(scores), dtype=np.int64) if weights is None else weights
    gaps = np.bincount(_bins(scores, bins), weights=counts * (scores - crisis), minlength=bins)
    return float(np.abs(gaps).sum() / counts.sum())


def brier_score(scores: Floats, crisis: NDArray[np.bool_], *, weights: Ints | None = None) -> float:
    """Return the mean squared distance of the score from what was so (Brier 1950); `weights` as above."""
    return float(np.average(np.square(scores - crisis), weights=weights))


def reliability(scores: Floats, crisis: NDArray[np.bool_], bins: int = ECE_BINS) -> list[dict[str, float]]:
    """Return the filled bins of the reliability diagram: low, high, n, mean_score, crisis_share."""
    index = _bins(scores, bins)
    rows = []
    for number in range(bins):
        inside = index == number
        if inside.any():
            rows.append(
                {
                    "low": number / bins,
                    "high": (number + 1) / bins,
                    "n": int(inside.sum()),
                    "mean_score": float(scores[inside].mean()),
                    "crisis_share": float(crisis[inside].mean()),
                }
            )
    return rows


def _bins(scores: Floats, bins: int) -> Ints:
    return np.minimum((scores * bins).astype(np.int64), bins - 1)
