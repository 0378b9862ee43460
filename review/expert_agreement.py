"""How far the experts agree with each other, by the same formulas as annotators'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from annotation.agreement.alpha import krippendorff_alpha
from annotation.agreement.estimates import ENOUGH_ITEMS, estimated
from annotation.agreement.kappa import percent_agreement
from annotation.agreement.ratings import Ratings
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from review.judged import opinion_of
from review.models import Judgement

__all__ = ["expert_agreement"]

REPLICATES = 400
_ESCALATE = ("escalate", "leave")


def expert_agreement(judgements: Sequence[Judgement]) -> dict[str, Any]:
    """Fleiss' kappa with its interval and Krippendorff's alpha on escalation and on the type, alpha on severity.

    Only cases that two experts or more judged count (`items`). Below `needed` of them there is no kappa: `enough` is
    False, which pages show as "not enough data".
    """
    several = {case for case, count in Counter(one.case_id for one in judgements).items() if count > 1}
    shared = [one for one in judgements if one.case_id in several]
    escalation = _ratings(
        [(one, _ESCALATE[0] if opinion_of(one).escalate else _ESCALATE[1]) for one in shared], _ESCALATE
    )
    types = _ratings([(one, one.correct_type) for one in shared], CRISIS_TYPES)
    severities = _ratings(
        [(one, str(one.correct_severity)) for one in shared if one.correct_severity is not None],
        ("1", "2", "3", "4", "5"),
    )
    return {
        "items": len(several),
        "needed": ENOUGH_ITEMS,
        "escalation": _figures(escalation),
        "type": _figures(types),
        "severity_alpha": krippendorff_alpha(severities, "ordinal")
        if severities.paired_items >= ENOUGH_ITEMS
        else None,
    }


def _figures(ratings: Ratings) -> dict[str, Any]:
    enough = ratings.paired_items >= ENOUGH_ITEMS
    return {
        "kappa": estimated(ratings, "fleiss", replicates=REPLICATES, seed=0),
        "alpha": krippendorff_alpha(ratings, "nominal") if enough else None,
        "same": percent_agreement(ratings),
    }


def _ratings(rows: Sequence[tuple[Judgement, str]], categories: Sequence[str]) -> Ratings:
    triples = [(str(judgement.case_id), str(judgement.expert_id), value) for judgement, value in rows]
    return Ratings.from_triples(triples, categories)
