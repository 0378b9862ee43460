"""How far the experts of a set agree, by the same formulas as annotators', each figure with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from annotation.agreement.estimates import ENOUGH_ITEMS, estimated
from annotation.agreement.ratings import Ratings
from datasets_app.corpus.expertset.line import ExpertExample, ExpertRating
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE
from review.expertsets.rubric import EXAMPLE_RUBRIC

__all__ = ["agreement_of"]

_REPLICATES: Final = 400
_DIGITS: Final = 4
_FIVE: Final = ("1", "2", "3", "4", "5")
_CRISIS: Final = ("crisis", "none")


def agreement_of(examples: Sequence[ExpertExample]) -> dict[str, Any]:
    """Fleiss' kappa and Krippendorff's alpha on crisis and type; alpha and weighted kappa on severity; alpha on scales.

    Each as value, interval and the number of examples with two ratings; no number below `needed` of them.
    """
    crisis = _ratings(examples, lambda one: _CRISIS[one.crisis_type == NONE_TYPE], _CRISIS)
    types = _ratings(examples, lambda one: str(one.crisis_type), CRISIS_TYPES)
    severity = _ratings(examples, lambda one: None if one.severity is None else str(one.severity), _FIVE)
    return {
        "needed": ENOUGH_ITEMS,
        "crisis": _figures(crisis, "fleiss", "krippendorff_nominal", "percent_agreement"),
        "type": _figures(types, "fleiss", "krippendorff_nominal", "percent_agreement"),
        "severity": _figures(severity, "cohen_quadratic", "krippendorff_ordinal"),
        "rubric": {scale.code: _scale(examples, scale.code) for scale in EXAMPLE_RUBRIC},
    }


def _scale(examples: Sequence[ExpertExample], code: str) -> dict[str, Any]:
    scores = [one.rubric[code] for example in examples for one in example.ratings if code in one.rubric]
    ratings = _ratings(examples, lambda one: str(one.rubric[code]) if code in one.rubric else None, _FIVE)
    mean = round(sum(scores) / len(scores), 2) if scores else None
    return {"n": len(scores), "mean": mean, **_figures(ratings, "krippendorff_ordinal")}


def _figures(ratings: Ratings, *names: Any) -> dict[str, Any]:
    return {name: _rounded(estimated(ratings, name, replicates=_REPLICATES, seed=0)) for name in names}


def _rounded(found: Any) -> dict[str, Any]:
    """To four digits: more of them would say nothing, and might differ between machines."""
    interval = found["interval"]
    return {
        "value": None if found["value"] is None else round(found["value"], _DIGITS),
        "low": None if interval is None else round(interval["low"], _DIGITS),
        "high": None if interval is None else round(interval["high"], _DIGITS),
        "items": found["items"],
    }


def _ratings(examples: Sequence[ExpertExample], value: Any, categories: Iterable[str]) -> Ratings:
    said: list[tuple[str, ExpertRating]] = [(one.content_hash, rating) for one in examples for rating in one.ratings]
    triples = [(key, rating.rater, value(rating)) for key, rating in said]
    return Ratings.from_triples([triple for triple in triples if triple[2] is not None], tuple(categories))
