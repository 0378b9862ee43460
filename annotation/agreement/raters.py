"""Rater models: what several raters of differing skill most probably mean, estimated from their labels alone.

Dawid and Skene (1979, Applied Statistics 28, 20-28) estimate a confusion matrix per rater; MACE (Hovy and others, 2013,
NAACL) how often a rater knows rather than guesses. Both come from crowd-kit. Its import costs a process 1.2 s and 26 MB
of pandas code paths, which no page needs: import this module where a model is fitted, in a job or a command, only.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from crowdkit.aggregation import MACE, DawidSkene
from numpy.typing import NDArray

from annotation.agreement.ratings import MISSING, Ratings

RaterModel = Literal["dawid_skene", "mace"]
RATER_MODELS: tuple[RaterModel, ...] = ("dawid_skene", "mace")
DIGITS = 4
EM_ROUNDS = 50


@dataclass(frozen=True)
class Fit:
    """A fitted model. `posteriors[i, c]`: probability of category c (in the ratings' order) for item i.

    `raters` says how far the model trusts each: for Dawid-Skene the chance of naming the true category, weighted by how
    common each is; for MACE the share of labels given by knowing. `marginals`: share of each category.
    """

    model: RaterModel
    items: tuple[str, ...]
    categories: tuple[str, ...]
    posteriors: NDArray[np.float64]
    raters: dict[str, float]
    marginals: dict[str, float]

    def most_probable(self, item: int, among: set[str] | None = None) -> tuple[str, float]:
        """The likeliest category of an item and its probability; only of `among` where given."""
        order = np.argsort(-self.posteriors[item], kind="stable")
        chosen = next(c for c in order if among is None or self.categories[c] in among)
        return self.categories[chosen], float(self.posteriors[item, chosen])


def fit_raters(ratings: Ratings, model: RaterModel, *, seed: int = 0) -> Fit:
    """Fit one model to all ratings; items without a rating are left out. Raises ValueError without any rating.

    The same ratings give the same fit.
    """
    rows, columns = np.nonzero(ratings.codes != MISSING)
    if not len(rows):
        raise ValueError("no ratings to fit a rater model to")
    return fit_labels(
        np.array(ratings.items)[rows], np.array(ratings.raters)[columns], ratings.codes[rows, columns],
        ratings.categories, model, seed=seed,
    )  # fmt: skip


def fit_labels(
    items: NDArray[np.str_],
    raters: NDArray[np.str_],
    codes: NDArray[np.int64],
    categories: tuple[str, ...],
    model: RaterModel,
    *,
    seed: int = 0,
) -> Fit:
    """Fit to a flat list of labels: parallel arrays of item, rater and index into `categories`.

    A rater may have labelled an item several times.
    """
    # crowd-kit's MACE mixes the order of first appearance with sorted order (1.4.2); numbered by first appearance,
    # the two are one.
    (task, tasks), (worker, workers), (label, labels) = (pd.factorize(part) for part in (items, raters, codes))
    data = pd.DataFrame({"task": task, "worker": worker, "label": label})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # crowd-kit 1.4.2 still speaks to older pandas
        probabilities, trust = _FITTERS[model](data, seed)
    posteriors = np.zeros((len(tasks), len(categories)))
    posteriors[:, labels] = probabilities
    means = posteriors.mean(axis=0)
    return Fit(
        model=model,
        items=tuple(str(name) for name in tasks),
        categories=categories,
        posteriors=posteriors,
        raters={str(workers[code]): round(value, DIGITS) for code, value in trust.items()},
        marginals={name: round(float(share), DIGITS) for name, share in zip(categories, means, strict=True)},
    )


def most_votes(counts: NDArray[np.int64]) -> list[int]:
    """The categories with the most votes of one item; several on a tie."""
    return [int(code) for code in np.flatnonzero(counts == counts.max())]


def differs_from_votes(fit: Fit, ratings: Ratings) -> list[str]:
    """Items for which the model's choice is not among the categories with the most votes."""
    row_of = {item: row for row, item in enumerate(ratings.items)}
    counts = ratings.counts
    return [
        item
        for number, item in enumerate(fit.items)
        if ratings.categories.index(fit.most_probable(number)[0]) not in most_votes(counts[row_of[item]])
    ]


def _dawid_skene(data: pd.DataFrame, seed: int) -> tuple[NDArray[np.float64], dict[int, float]]:
    # Its own stopping rule (1.4.2) watches a bound that may fall, and ends Dawid and Skene's example after 4 of the 40
    # rounds that it takes: a negative tolerance keeps it going.
    fitted = DawidSkene(n_iter=EM_ROUNDS, tol=-1.0).fit(data)
    labels = sorted(data["label"].unique())
    probabilities = _in_order(fitted.probas_, data)
    priors = pd.Series(fitted.priors_).reindex(labels).to_numpy()
    errors = pd.DataFrame(fitted.errors_)  # (rater, label given) x true label: chance of the label given the truth
    trust = {}
    for rater in sorted(data["worker"].unique()):
        right = [float(errors[true].get((rater, true), 0.0)) for true in labels]
        trust[int(rater)] = float(np.dot(priors, right))
    return probabilities, trust


def _mace(data: pd.DataFrame, seed: int) -> tuple[NDArray[np.float64], dict[int, float]]:
    # Its restarts all begin at the same place (1.4.2), so one is as good as ten.
    fitted = MACE(n_restarts=1, n_iter=EM_ROUNDS, random_state=seed).fit(data)
    probabilities = _in_order(fitted.probas_, data)
    knowing = fitted.spamming_[:, 1] / fitted.spamming_.sum(axis=1)
    return probabilities, {int(rater): float(knowing[rater]) for rater in sorted(data["worker"].unique())}


def _in_order(probabilities: pd.DataFrame | None, data: pd.DataFrame) -> NDArray[np.float64]:
    """Items x labels, both in the order of their numbers."""
    labels = sorted(data["label"].unique())
    return pd.DataFrame(probabilities).reindex(index=range(data["task"].nunique()), columns=labels).to_numpy()


_FITTERS: dict[str, Callable[[pd.DataFrame, int], tuple[Any, dict[int, float]]]] = {
    "dawid_skene": _dawid_skene,
    "mace": _mace,
}
