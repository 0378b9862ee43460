"""What would settle the disagreements of a closed round that nobody decided."""

from __future__ import annotations

from collections import Counter
from typing import Any

from annotation.agreement.aggregation import Decision, decide_by_majority, decide_by_model, harm_order
from annotation.models import RaterModelFit, Round, RoundItem
from annotation.selectors import disagreements
from annotation.votes import vote_of
from datasets_app.corpus.taxonomy import NONE_TYPE


def aggregation_choices(round: Round) -> dict[str, Any]:
    """Per way: what it would decide of the undecided disagreements; `ready` is False while a model is being fitted."""
    undecided = [item for item in disagreements(round) if not hasattr(item, "adjudication")]
    votes = {item.pk: [vote_of(annotation) for annotation in item.annotations.all()] for item in undecided}
    majority = {pk: decide_by_majority(given) for pk, given in votes.items()}
    choices = [{"code": "majority", "ready": True, **_outcome(majority, majority)}]
    fits = {fit.model: fit for fit in RaterModelFit.objects.filter(round=round)}
    for model in RaterModelFit.Model.values:
        if model not in fits:
            choices.append({"code": model, "ready": False})
            continue
        chosen = {vote.item_id: vote for vote in fits[model].votes.filter(item__in=votes)}
        decisions = {pk: decide_by_model(votes[pk], vote.crisis_type, vote.confidence) for pk, vote in chosen.items()}
        choices.append({"code": model, "ready": True, **_outcome(decisions, majority)})
    return {
        "undecided": len(undecided),
        "missed": sum(harm_order(given)[0] == 0 for given in votes.values()),
        "samples": round.items.filter(purpose=RoundItem.Purpose.WORK).count(),
        "choices": choices,
    }


def _outcome(decisions: dict[int, Decision], majority: dict[int, Decision]) -> dict[str, Any]:
    unsure = sum(decision.confidence < 0.8 for decision in decisions.values())
    return {
        "types": Counter(decision.crisis_type for decision in decisions.values()).most_common(),
        "to_none": sum(decision.crisis_type == NONE_TYPE for decision in decisions.values()),
        "unsure": unsure,
        "differs": sum(decision.crisis_type != majority[pk].crisis_type for pk, decision in decisions.items()),
    }
