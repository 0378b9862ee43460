"""What a campaign's judgements add up to, and the digest they are frozen under. Recomputed from rows every time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pixelhub.canonical import sha256_json
from review.evidence.consensus import Consensus
from review.evidence.digests import JudgementFacts, campaign_facts, judgement_digest
from review.evidence.estimates import Estimate, stratified_share
from review.evidence.rates import Judged, screening_rates
from review.expert_agreement import expert_agreement
from review.judged import consensus_by_case, finished_judgements
from review.models import Campaign, Judgement, ReviewCase
from review.rubric import RUBRIC
from review.statements import statement_digests, statement_problems

__all__ = ["campaign_document", "campaign_figures", "campaign_problems", "campaign_sha256", "judgement_facts"]


def campaign_figures(campaign: Campaign) -> dict[str, Any]:
    """Counts, weighted estimates over the whole test split, agreement of the experts, and the rubric.

    `sensitivity` and `over_escalation` measure the model against the experts' consensus, `agreement`,
    `should_escalate` and `should_not_escalate` are shares of all test predictions; all five count the consensus of a
    case once. `blind_sensitivity`, `blind_over_escalation` and `blind_type` ask the labels that were given before the
    prediction was shown. Estimates are `{value, low, high, n, coverage}`, None where there is not enough data. A case
    counts as judged once it has `minimum_reviewers` judgements.
    """
    by_case: dict[int, list[Judgement]] = defaultdict(list)
    for judgement in finished_judgements(campaign):
        by_case[judgement.case_id].append(judgement)
    judged = {pk: found for pk, found in by_case.items() if len(found) >= campaign.minimum_reviewers}
    agreed = consensus_by_case(campaign)
    everybody = [judgement for found in by_case.values() for judgement in found]
    return {
        "cases": campaign.cases.count(),
        "judged": len(judged),
        "judgements": len(everybody),
        "experts": len({judgement.expert_id for judgement in everybody}),
        "simulated_experts": len({one.expert_id for one in everybody if one.expert.is_simulated}),
        "standing": dict(sorted(Counter(str(agreed[pk].standing) for pk in judged).items())),
        **_shares(campaign, judged, agreed),
        **_rates(campaign, judged, agreed),
        "expert_agreement": expert_agreement(everybody),
        "rubric": _rubric(everybody),
    }


def _shares(
    campaign: Campaign, judged: Mapping[int, Sequence[Judgement]], agreed: Mapping[int, Consensus]
) -> dict[str, Any]:
    values: dict[str, dict[str, list[float]]] = {
        name: defaultdict(list) for name in ("agreement", "should_escalate", "should_not_escalate", "blind_type")
    }
    for pk, judgements in judged.items():
        case = judgements[0].case
        predicted = case.prediction["predicted_type"]
        same = sum(judgement.correct_type == predicted for judgement in judgements) / len(judgements)
        values["blind_type"][case.stratum].append(same)
        for name, answer in _answers(case, agreed[pk]).items():
            values[name][case.stratum].append(answer)
    return {name: _share(campaign, by_stratum) for name, by_stratum in values.items()}


def _answers(case: ReviewCase, consensus: Consensus) -> dict[str, float]:
    """What the consensus says of the model's act; half and half while the experts are split."""
    escalated = bool(case.prediction["crisis"])
    should = 0.5 if consensus.escalate is None else float(consensus.escalate)
    return {
        "agreement": should if escalated else 1 - should,
        "should_escalate": 0.0 if escalated else should,
        "should_not_escalate": 1 - should if escalated else 0.0,
    }


def _share(campaign: Campaign, judged: Mapping[str, Sequence[float]]) -> dict[str, Any] | None:
    estimate = stratified_share(campaign.population, judged)
    return asdict(estimate) if estimate else None


def _rates(
    campaign: Campaign, judged: Mapping[int, Sequence[Judgement]], agreed: Mapping[int, Consensus]
) -> dict[str, Any]:
    settled, blind = [], []
    for pk, judgements in judged.items():
        case = judgements[0].case
        escalated = bool(case.prediction["crisis"])
        should = agreed[pk].escalate
        if should is not None:
            settled.append(Judged(case.stratum, escalated, should))
        crises = sum(judgement.correct_type != "none" for judgement in judgements)
        if 2 * crises != len(judgements):
            blind.append(Judged(case.stratum, escalated, 2 * crises > len(judgements)))
    found: dict[str, Any] = {}
    for prefix, cases in (("", settled), ("blind_", blind)):
        rates = screening_rates(campaign.population, cases, seed=campaign.seed)
        found[f"{prefix}sensitivity"] = _as_dict(rates.sensitivity)
        found[f"{prefix}over_escalation"] = _as_dict(rates.over_escalation)
        found[f"{prefix}sides"] = {"should": rates.should, "should_not": rates.should_not}
    return found


def _as_dict(estimate: Estimate | None) -> dict[str, Any] | None:
    return asdict(estimate) if estimate else None


def _rubric(judgements: Sequence[Judgement]) -> list[dict[str, Any]]:
    """Of each scale how often each score was given; plain counts, since no share of the test split is meant."""
    rows = []
    for scale in RUBRIC:
        scores = [judgement.rubric[scale.code] for judgement in judgements if scale.code in judgement.rubric]
        counts = [scores.count(score) for score in range(1, 6)]
        mean = sum(scores) / len(scores) if scores else None
        rows.append({"scale": scale.code, "question": scale.question, "n": len(scores), "counts": counts, "mean": mean})
    return rows


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
        rubric=judgement.rubric,
        blind=judgement.blind,
    )


def campaign_sha256(campaign: Campaign) -> str:
    """The campaign's digest, recomputed from its rows."""
    return sha256_json(campaign_document(campaign))


def campaign_document(campaign: Campaign) -> dict[str, Any]:
    """What a campaign's digest is over: hashes of conversations and of what was said, no words."""
    cases = campaign.cases.values_list("record__content_hash", "stratum", "weight")
    return campaign_facts(
        bundle_sha256=campaign.bundle_sha256,
        predictions_sha256=campaign.predictions_sha256,
        seed=campaign.seed,
        population=campaign.population,
        cases=list(cases),
        judgements=[judgement_digest(judgement_facts(judgement)) for judgement in finished_judgements(campaign)],
        settings=_settings(campaign),
        discussions=statement_digests(campaign),
    )


def _settings(campaign: Campaign) -> dict[str, Any] | None:
    """How it was drawn and read; None for a campaign from before designs had names."""
    if not campaign.design:
        return None
    return {
        "design": campaign.design,
        "minimum_reviewers": campaign.minimum_reviewers,
        "maximum_reviewers": campaign.maximum_reviewers,
        "judge_first": campaign.judge_first,
    }


def campaign_problems(campaign: Campaign) -> list[str]:
    """Why a closed campaign's rows are no longer what was frozen; empty when they are."""
    problems = [
        f"judgement {judgement.pk} was altered after it was given"
        for judgement in finished_judgements(campaign)
        if judgement_digest(judgement_facts(judgement)) != judgement.sha256
    ] + statement_problems(campaign)
    if campaign_sha256(campaign) != campaign.sha256:
        problems.append("the digest over its cases and judgements is not the one it was closed under")
    return problems
