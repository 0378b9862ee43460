"""What a campaign's judgements add up to, and the digest they are frozen under. Recomputed from rows every time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from review.evidence.digests import JudgementFacts, campaign_digest, judgement_digest
from review.evidence.estimates import Estimate, stratified_share
from review.models import Campaign, Judgement

__all__ = ["campaign_figures", "campaign_problems", "campaign_sha256", "judgement_facts"]


def campaign_figures(campaign: Campaign) -> dict[str, Any]:
    """Counts and weighted estimates of the finished judgements.

    `agreement`, `should_escalate`, `should_not_escalate` (share of the test split's predictions) and `blind_type`
    (the expert's blind type is the predicted one) are estimates `{value, low, high, n, coverage}` or None. Where
    several experts judged one case, it counts once, with their mean.
    """
    votes: dict[str, dict[str, dict[int, list[float]]]] = {
        name: defaultdict(lambda: defaultdict(list))
        for name in ("agreement", "should_escalate", "should_not_escalate", "blind_type")
    }
    judgements = list(_finished(campaign))
    for judgement in judgements:
        case = judgement.case
        answers = {
            "agreement": judgement.verdict == Judgement.Verdict.AGREE,
            "should_escalate": judgement.verdict == Judgement.Verdict.SHOULD_ESCALATE,
            "should_not_escalate": judgement.verdict == Judgement.Verdict.SHOULD_NOT_ESCALATE,
            "blind_type": judgement.correct_type == case.prediction["predicted_type"],
        }
        for name, answer in answers.items():
            votes[name][case.stratum][case.pk].append(float(answer))
    return {
        "cases": campaign.cases.count(),
        "judged": len({judgement.case_id for judgement in judgements}),
        "judgements": len(judgements),
        "experts": len({judgement.expert_id for judgement in judgements}),
        **{name: _estimate(campaign, by_stratum) for name, by_stratum in votes.items()},
    }


def _estimate(campaign: Campaign, by_stratum: dict[str, dict[int, list[float]]]) -> dict[str, Any] | None:
    judged = {
        stratum: [sum(values) / len(values) for values in by_case.values()] for stratum, by_case in by_stratum.items()
    }
    estimate: Estimate | None = stratified_share(campaign.population, judged)
    return asdict(estimate) if estimate else None


def _finished(campaign: Campaign) -> Any:
    return (
        Judgement.objects.filter(case__campaign=campaign)
        .exclude(verdict="")
        .select_related("case", "case__record", "expert")
        .order_by("pk")
    )


def judgement_facts(judgement: Judgement) -> JudgementFacts:
    """What of a finished judgement is hashed."""
    if judgement.judged_at is None:
        raise ValueError("an unfinished judgement has no digest")
    return JudgementFacts(
        content_hash=judgement.case.record.content_hash,
        expert=judgement.expert.pseudonym,
        blind_type=judgement.correct_type,
        blind_severity=judgement.correct_severity,
        verdict=judgement.verdict,
        comment=judgement.comment,
        judged_at=judgement.judged_at.isoformat(timespec="microseconds"),
    )


def campaign_sha256(campaign: Campaign) -> str:
    """The campaign's digest, recomputed from its rows."""
    cases = campaign.cases.values_list("record__content_hash", "stratum", "weight")
    return campaign_digest(
        bundle_sha256=campaign.bundle_sha256,
        predictions_sha256=campaign.predictions_sha256,
        seed=campaign.seed,
        population=campaign.population,
        cases=list(cases),
        judgements=[judgement_digest(judgement_facts(judgement)) for judgement in _finished(campaign)],
    )


def campaign_problems(campaign: Campaign) -> list[str]:
    """Why a closed campaign's rows are no longer what was frozen; empty when they are."""
    problems = [
        f"judgement {judgement.pk} was altered after it was given"
        for judgement in _finished(campaign)
        if judgement_digest(judgement_facts(judgement)) != judgement.sha256
    ]
    if campaign_sha256(campaign) != campaign.sha256:
        problems.append("the digest over its cases and judgements is not the one it was closed under")
    return problems
