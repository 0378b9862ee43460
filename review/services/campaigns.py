"""Review campaigns: drawn from the test predictions, judged blind first, closed under one digest."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SEVERITIES
from datasets_app.models import Record
from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.evidence.digests import judgement_digest
from review.evidence.sampling import Sample, draw_sample
from review.figures import campaign_figures, campaign_sha256, judgement_facts
from review.models import Campaign, Judgement, ReviewCase
from review.predictions import TestPredictions, read_predictions
from review.refusal import Refused
from review.topics import campaign_topic, touch_review
from review.wording import MAX_COMMENT, checked_text
from training_app.models import Evaluation, ModelVersion, VersionState
from training_app.services import version_set_state

__all__ = ["campaign_close", "campaign_create", "case_judge", "case_label"]

DEFAULT_SIZE = 100
MAX_SIZE = 2000
_REVIEWABLE = (VersionState.CANDIDATE, VersionState.VALIDATED, VersionState.IN_REVIEW)


def campaign_create(
    *,
    version: ModelVersion,
    actor: User,
    size: int = DEFAULT_SIZE,
    minimum_judged: int | None = None,
    seed: int | None = None,
) -> Campaign:
    """Draw a weighted sample of the version's test predictions and put the version in review.

    `minimum_judged` cases (all of the sample by default) must be judged before the campaign can close.
    Raises Refused when the version is past review, has an open campaign, or its predictions cannot be used.
    """
    require(actor, version.project, Capability.CAMPAIGN_MANAGE)
    if not 1 <= size <= MAX_SIZE:
        raise Refused(f"Choose between 1 and {MAX_SIZE:,} cases.")
    predictions = read_predictions(version)
    records = _records_of(version, predictions)
    edge_cases = frozenset(key for key, (_, is_edge_case) in records.items() if is_edge_case)
    seed = secrets.randbelow(2**32) if seed is None else seed
    sample = draw_sample(predictions.for_sampling(edge_cases), size=size, seed=seed)
    minimum = len(sample.cases) if minimum_judged is None else minimum_judged
    if not 1 <= minimum <= len(sample.cases):
        raise Refused(f"Between 1 and {len(sample.cases)} cases can be asked for: so many were drawn.")
    try:
        return _campaign_insert(version, actor, sample, predictions, records, seed=seed, minimum=minimum)
    except IntegrityError:
        raise Refused("This version has an open campaign already.") from None


@transaction.atomic
def _campaign_insert(
    version: ModelVersion,
    actor: User,
    sample: Sample,
    predictions: TestPredictions,
    records: dict[str, tuple[int, bool]],
    *,
    seed: int,
    minimum: int,
) -> Campaign:
    locked = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if locked.state not in _REVIEWABLE:
        raise Refused(f"Version {locked.version} is {locked.get_state_display().lower()}: its review is over.")
    evaluation = Evaluation.objects.filter(model_version=locked, split="test").first()
    if evaluation is None:
        raise Refused(f"Version {locked.version} was not evaluated on its test split yet.")
    campaign = Campaign.objects.create(
        project=locked.project,
        model_version=locked,
        evaluation=evaluation,
        seed=seed,
        minimum_judged=minimum,
        bundle_sha256=locked.bundle_sha256,
        predictions_sha256=predictions.sha256,
        population=dict(sample.population),
        created_by=actor,
    )
    ReviewCase.objects.bulk_create(
        ReviewCase(
            campaign=campaign,
            record_id=records[case.prediction.key][0],
            position=position,
            prediction=predictions.rows[case.prediction.key] | {"error_kind": case.prediction.error_kind},
            stratum=case.stratum,
            weight=case.weight,
        )
        for position, case in enumerate(sample.cases, start=1)
    )
    record(
        action="campaign.create",
        actor=actor,
        project=campaign.project,
        target=campaign,
        payload={"bundle_sha256": campaign.bundle_sha256, "cases": len(sample.cases), "seed": seed},
    )
    if locked.state != VersionState.IN_REVIEW:
        version_set_state(version=locked, state=VersionState.IN_REVIEW, actor=actor)
        version.state = VersionState.IN_REVIEW
    touch_review(campaign.project)
    return campaign


def _records_of(version: ModelVersion, predictions: TestPredictions) -> dict[str, tuple[int, bool]]:
    rows = Record.objects.filter(project=version.project_id, content_hash__in=list(predictions.rows))
    found = {key: (pk, edge) for key, pk, edge in rows.values_list("content_hash", "pk", "is_edge_case")}
    missing = len(predictions.rows) - len(found)
    if missing:
        raise Refused(f"{missing} conversations of the test split are not in this project, so they cannot be read.")
    return found


@transaction.atomic
def case_label(*, case: ReviewCase, expert: User, crisis_type: str, severity: int | None) -> Judgement:
    """The expert's own label, before the prediction is shown. It cannot be changed afterwards.

    Raises Refused for the trainer, a closed campaign, a second label, or a label that is none.
    """
    campaign = _open_campaign(case, expert)
    if crisis_type not in CRISIS_TYPES:
        raise Refused("Choose one of the crisis types, or no crisis.")
    if crisis_type == NONE_TYPE:
        severity = None
    elif severity not in SEVERITIES:
        raise Refused("Choose a severity from 1 to 5.")
    if Judgement.objects.filter(case=case, expert=expert).exists():
        raise Refused("You have labelled this case already; your first, blind label counts.")
    judgement = Judgement.objects.create(case=case, expert=expert, correct_type=crisis_type, correct_severity=severity)
    ReviewCase.objects.filter(pk=case.pk, reviewer=None).update(reviewer=expert)
    record(
        action="case.label",
        actor=expert,
        project=campaign.project,
        target=case,
        payload={"campaign": campaign.pk, "crisis_type": crisis_type, "severity": severity},
    )
    return judgement


@transaction.atomic
def case_judge(*, case: ReviewCase, expert: User, verdict: str, comment: str = "") -> Judgement:
    """The verdict on the prediction, after the blind label. Raises Refused when there is none, or one was given."""
    campaign = _open_campaign(case, expert)
    comment = checked_text(comment, name="Comment", longest=MAX_COMMENT)
    _check_verdict(verdict, crisis=bool(case.prediction["crisis"]))
    judgement = Judgement.objects.select_for_update(no_key=True).filter(case=case, expert=expert).first()
    if judgement is None:
        raise Refused("Label the case yourself first; the prediction is shown after that.")
    if judgement.verdict:
        raise Refused("You have judged this case already.")
    judgement.verdict, judgement.comment, judgement.judged_at = verdict, comment, timezone.now()
    judgement.sha256 = judgement_digest(judgement_facts(judgement))
    judgement.save(update_fields=["verdict", "comment", "judged_at", "sha256"])
    record(
        action="case.judge",
        actor=expert,
        project=campaign.project,
        target=case,
        payload={"campaign": campaign.pk, "verdict": verdict, "sha256": judgement.sha256},
    )
    touch(campaign_topic(campaign.project_id, campaign.pk))
    return judgement


def _check_verdict(verdict: str, *, crisis: bool) -> None:
    allowed = {Judgement.Verdict.AGREE}
    allowed.add(Judgement.Verdict.SHOULD_NOT_ESCALATE if crisis else Judgement.Verdict.SHOULD_ESCALATE)
    if verdict not in allowed:
        raise Refused(
            "The model escalated this case: you agree, or it should not have."
            if crisis
            else "The model did not escalate this case: you agree, or it should have."
        )


def _open_campaign(case: ReviewCase, expert: User) -> Campaign:
    """The case's campaign, locked, so that nothing is judged while it closes."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=case.campaign_id)
    require(expert, campaign.project, Capability.REVIEW_JUDGE)
    if campaign.model_version.trainer_id == expert.pk:
        raise Refused("You trained this version, so others review it.")
    if campaign.state != Campaign.State.OPEN:
        raise Refused("This campaign is closed.")
    return campaign


@transaction.atomic
def campaign_close(*, campaign: Campaign, actor: User) -> Campaign:
    """Freeze the judgements under one digest. Raises Refused below the minimum, or when it is closed already."""
    require(actor, campaign.project, Capability.CAMPAIGN_MANAGE)
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if locked.state != Campaign.State.OPEN:
        raise Refused("This campaign is closed already.")
    figures = campaign_figures(locked)
    if figures["judged"] < locked.minimum_judged:
        raise Refused(
            f"{figures['judged']} of at least {locked.minimum_judged} cases are judged; "
            f"{locked.minimum_judged - figures['judged']} more are needed."
        )
    locked.figures, locked.sha256 = figures, campaign_sha256(locked)
    locked.state, locked.closed_by, locked.closed_at = Campaign.State.CLOSED, actor, timezone.now()
    locked.save(update_fields=["figures", "sha256", "state", "closed_by", "closed_at"])
    record(
        action="campaign.close",
        actor=actor,
        project=locked.project,
        target=locked,
        payload={"sha256": locked.sha256, "judged": figures["judged"], "bundle_sha256": locked.bundle_sha256},
    )
    touch_review(locked.project)
    touch(campaign_topic(locked.project_id, locked.pk))
    return locked
