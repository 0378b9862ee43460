"""Rounds drawn from a known truth: what intervals and forecasts are checked against.

The model: a sample's true type is drawn from `prevalence`; each rater names it with the chance `skill`, and otherwise
another type in proportion to its prevalence. Cohen's and Fleiss' kappa of the population are then the same number
and known exactly.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from annotation.agreement.ratings import Ratings
from datasets_app.corpus.taxonomy import CRISIS_TYPES

Floats = NDArray[np.float64]
# Seven skewed classes, as a crisis corpus has them: most conversations hold no crisis.
SKEWED = np.array([0.05, 0.07, 0.07, 0.08, 0.04, 0.09, 0.60])


def rater_table(skill: float, prevalence: Floats = SKEWED) -> Floats:
    """Chance of each label (columns) given the true type (rows)."""
    others = np.tile(prevalence, (len(prevalence), 1)) * (1 - np.eye(len(prevalence)))
    return skill * np.eye(len(prevalence)) + (1 - skill) * others / others.sum(axis=1, keepdims=True)


def true_kappa(skill: float, prevalence: Floats = SKEWED) -> float:
    """Kappa of two such raters over endlessly many samples."""
    table = rater_table(skill, prevalence)
    joint = table.T @ (prevalence[:, None] * table)
    chance = float((joint.sum(axis=0) * joint.sum(axis=1)).sum())
    return (float(np.trace(joint)) - chance) / (1 - chance)


def skill_for(kappa: float, prevalence: Floats = SKEWED) -> float:
    """The skill at which two raters have this kappa. Raises ValueError when no skill does."""
    return float(scipy.optimize.brentq(lambda skill: true_kappa(skill, prevalence) - kappa, 1 / len(prevalence), 1.0))


def simulated_round(
    generator: np.random.Generator, items: int, raters: int, skill: float, prevalence: Floats = SKEWED
) -> Ratings:
    """A complete round of such raters."""
    truth = generator.choice(len(prevalence), size=items, p=prevalence)
    levels = np.cumsum(rater_table(skill, prevalence), axis=1)[truth]
    drawn = generator.random((items, raters, 1))
    codes = (drawn > levels[:, None, :]).sum(axis=2).clip(max=len(prevalence) - 1)
    names = tuple(str(number) for number in range(items))
    return Ratings(names, tuple(f"r{n}" for n in range(raters)), CRISIS_TYPES[: len(prevalence)], codes)
