"""How a set of made-up conversations lies beside real ones: its figures, theirs, and how easily they are told apart.

The last is a classifier two-sample test (Lopez-Paz and Oquab 2017): a classifier that cannot do better than chance
(AUC 0.5) finds no difference. Ours sees what a person wrote as words and word pairs, and, apart, its length alone.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .diversity import measure

Messages = Sequence[Mapping[str, str]]
FOLDS: Final = 5
# Of each side; both sides have the same number, so that neither is the likelier guess.
SAMPLE: Final = 1500
# Fewer than this of a side say nothing.
FEWEST: Final = 20


def beside(made: Sequence[Messages], real: Mapping[str, Sequence[Messages]], seed: int = 1) -> dict[str, Any]:
    """Return the figures of made-up conversations and, by name, those of real sets and how each is told from them.

    Raises ValueError for an empty set or one that is too small to be told apart.
    """
    return {
        "made": measure(made, seed).as_json(),
        "beside": {
            name: measure(found, seed).as_json() | {"told_apart": told_apart(made, found, seed)}
            for name, found in real.items()
        },
    }


def told_apart(made: Sequence[Messages], real: Sequence[Messages], seed: int = 1) -> dict[str, Any]:
    """Return the cross-validated AUC of telling made-up from real, by words and by length alone.

    Raises ValueError where a side has fewer than FEWEST conversations.
    """
    count = min(len(made), len(real), SAMPLE)
    if count < FEWEST:
        raise ValueError(f"telling apart needs {FEWEST} conversations of each side")
    rng = random.Random(seed)  # noqa: S311 - a sample, no secret
    texts = [_said(messages) for side in (made, real) for messages in rng.sample(list(side), count)]
    is_made = [place < count for place in range(2 * count)]
    return {
        "of_each": count,
        "auc_by_words": round(_auc_by_words(texts, is_made, seed), 4),
        "auc_by_length": round(_auc_by_length(texts, is_made), 4),
    }


def _auc_by_words(texts: Sequence[str], is_made: Sequence[bool], seed: int) -> float:
    # scikit-learn takes most of a second to load; only this figure needs it.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    guesses = cross_val_predict(
        make_pipeline(words, LogisticRegression(C=10.0)), texts, is_made, cv=folds, method="predict_proba"
    )
    return float(roc_auc_score(is_made, guesses[:, 1]))


def _auc_by_length(texts: Sequence[str], is_made: Sequence[bool]) -> float:
    """Return how well the length alone tells, in whichever direction is the better."""
    from sklearn.metrics import roc_auc_score

    area = float(roc_auc_score(is_made, [math.log1p(len(text.split())) for text in texts]))
    return max(area, 1.0 - area)


def _said(messages: Messages) -> str:
    return "\n".join(message["content"] for message in messages if message["role"] == "user")
