"""One case: the expert's own label, then a verdict on the prediction, with the rubric. Each once."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SEVERITIES
from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.evidence.digests import judgement_digest
from review.figures import judgement_facts
from review.judged import case_consensus
from review.models import Assignment, Campaign, Judgement, ReviewCase
from review.refusal import Refused
from review.rubric import checked_rubric
from review.services.assignments import assignments_fill, seat_take, seats_end
from review.topics import campaign_topic
from review.wording import MAX_COMMENT, checked_text

__all__ = ["case_judge", "case_judge_at_once", "case_label"]


@transaction.atomic
def case_label(*, case: ReviewCase, expert: User, crisis_type: str, severity: int | None) -> Judgement:
    """The expert's own label, before the prediction is shown. It cannot be changed afterwards.

    Takes a seat at the case where the expert has none. Raises Refused for the trainer, a closed campaign, a second
    label, a label that is none, and a case that has all its readers.
    """
    campaign = _open_campaign(case, expert)
    return _label(campaign, case, expert, crisis_type, severity, blind=True)


@transaction.atomic
def case_judge_at_once(
    *,
    case: ReviewCase,
    expert: User,
    crisis_type: str,
    severity: int | None,
    verdict: str,
    comment: str = "",
    rubric: Mapping[str, int | None] | None = None,
) -> Judgement:
    """Label and verdict together, in a campaign that shows predictions from the start; marked as not blind."""
    campaign = _open_campaign(case, expert)
    if campaign.judge_first:
        raise Refused("In this review your own label comes first; the prediction is shown after that.")
    _label(campaign, case, expert, crisis_type, severity, blind=False)
    return case_judge(case=case, expert=expert, verdict=verdict, comment=comment, rubric=rubric)


def _label(
    campaign: Campaign, case: ReviewCase, expert: User, crisis_type: str, severity: int | None, *, blind: bool
) -> Judgement:
    if crisis_type not in CRISIS_TYPES:
        raise Refused("Choose one of the crisis types, or no crisis.")
    if crisis_type == NONE_TYPE:
        severity = None
    elif severity not in SEVERITIES:
        raise Refused("Choose a severity from 1 to 5.")
    if Judgement.objects.filter(case=case, expert=expert).exists():
        raise Refused("You have labelled this case already; your first, blind label counts.")
    seat = seat_take(campaign=campaign, case=case, expert=expert)
    Assignment.objects.filter(pk=seat.pk).update(state=Assignment.State.BEGUN)
    judgement = Judgement.objects.create(
        case=case, expert=expert, correct_type=crisis_type, correct_severity=severity, blind=blind
    )
    record(
        action="case.label",
        actor=expert,
        project=campaign.project,
        target=case,
        payload={"campaign": campaign.pk, "crisis_type": crisis_type, "severity": severity},
    )
    return judgement


@transaction.atomic
def case_judge(
    *,
    case: ReviewCase,
    expert: User,
    verdict: str,
    comment: str = "",
    rubric: Mapping[str, int | None] | None = None,
) -> Judgement:
    """The verdict on the prediction, after the label. Raises Refused when there is none, or one was given.

    Once the case has its judgements, others who still wait for it are let go; where the experts are split and the
    campaign allows one more, somebody else is asked.
    """
    campaign = _open_campaign(case, expert)
    comment = checked_text(comment, name="Comment", longest=MAX_COMMENT)
    scores = checked_rubric(rubric)
    _check_verdict(verdict, crisis=bool(case.prediction["crisis"]))
    judgement = Judgement.objects.select_for_update(no_key=True).filter(case=case, expert=expert).first()
    if judgement is None:
        raise Refused("Label the case yourself first; the prediction is shown after that.")
    if judgement.verdict:
        raise Refused("You have judged this case already.")
    judgement.verdict, judgement.comment, judgement.judged_at = verdict, comment, timezone.now()
    judgement.rubric = scores
    judgement.sha256 = judgement_digest(judgement_facts(judgement))
    judgement.save(update_fields=["verdict", "comment", "rubric", "judged_at", "sha256"])
    record(
        action="case.judge",
        actor=expert,
        project=campaign.project,
        target=case,
        payload={"campaign": campaign.pk, "verdict": verdict, "sha256": judgement.sha256},
    )
    _after(campaign, case, expert)
    touch(campaign_topic(campaign.project_id, campaign.pk))
    return judgement


def _after(campaign: Campaign, case: ReviewCase, expert: User) -> None:
    Assignment.objects.filter(case=case, expert=expert, state__in=Assignment.HELD).update(state=Assignment.State.DONE)
    found = case_consensus(case)
    if found.opinions < campaign.minimum_reviewers:
        return
    if not found.is_split:
        seats_end(campaign=campaign, case=case)
    elif not case.assignments.filter(state__in=Assignment.HELD).exists():
        assignments_fill(campaign=campaign, actor=None)


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
    rows = Campaign.objects.select_related("project", "model_version")
    campaign = rows.select_for_update(no_key=True, of=("self",)).get(pk=case.campaign_id)
    require(expert, campaign.project, Capability.REVIEW_JUDGE)
    if campaign.model_version.trainer_id == expert.pk:
        raise Refused("You trained this version, so others review it.")
    if campaign.state != Campaign.State.OPEN:
        raise Refused("This campaign is closed.")
    return campaign
