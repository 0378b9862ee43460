"""Disputed cases: experts who have judged one talk about it, a clinical lead decides where they stay split."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SEVERITIES
from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.evidence.digests import statement_digest
from review.judged import case_consensus, may_discuss
from review.models import Assignment, Campaign, DiscussionPost, Resolution, ReviewCase
from review.refusal import Refused
from review.services.assignments import seats_end
from review.statements import post_facts, resolution_facts
from review.topics import campaign_topic
from review.wording import MAX_COMMENT, MAX_REASON, checked_text

__all__ = ["case_discuss", "case_resolve"]


@transaction.atomic
def case_discuss(*, case: ReviewCase, author: User, text: str) -> DiscussionPost:
    """Say something about a case. Raises Refused before the author has judged it, and when the campaign is closed."""
    campaign = _locked(case)
    require(author, campaign.project, Capability.REVIEW_JUDGE)
    if not may_discuss(case, author):
        raise Refused("Judge the case first; its discussion opens to you after that.")
    text = checked_text(text, name="Your words", longest=MAX_COMMENT, required=True)
    post = DiscussionPost(case=case, author=author, text=text, written_at=timezone.now())
    post.sha256 = statement_digest("post", post_facts(post))
    post.save()
    record(
        action="case.discuss",
        actor=author,
        project=campaign.project,
        target=case,
        payload={"campaign": campaign.pk, "post": post.pk, "sha256": post.sha256},
    )
    touch(campaign_topic(campaign.project_id, campaign.pk))
    return post


@transaction.atomic
def case_resolve(
    *, case: ReviewCase, actor: User, escalate: bool, crisis_type: str, severity: int | None, reason: str
) -> Resolution:
    """Decide a case on which the experts are split. It stands for their consensus from then on and never changes.

    Raises Refused where they are not split, where somebody still judges it, or where it was decided.
    """
    campaign = _locked(case)
    require(actor, campaign.project, Capability.REVIEW_RESOLVE)
    if campaign.model_version.trainer_id == actor.pk:
        raise Refused("You trained this version, so others decide.")
    reason = checked_text(reason, name="Reason", longest=MAX_REASON, required=True)
    if crisis_type not in CRISIS_TYPES or (escalate and crisis_type == NONE_TYPE):
        raise Refused("What is escalated has a crisis type; choose which.")
    if crisis_type == NONE_TYPE:
        severity = None
    elif severity not in SEVERITIES:
        raise Refused("Choose a severity from 1 to 5.")
    found = case_consensus(case)
    if Resolution.objects.filter(case=case).exists():
        raise Refused("This case was decided already.")
    if not found.is_split or found.opinions < campaign.minimum_reviewers:
        raise Refused("The experts are not split on this case, so there is nothing to decide.")
    if case.assignments.filter(state=Assignment.State.BEGUN).exists():
        raise Refused("Somebody is judging this case now; wait for what they say.")
    seats_end(campaign=campaign, case=case)
    row = Resolution(
        case=case,
        escalate=escalate,
        crisis_type=crisis_type,
        severity=severity,
        reason=reason,
        decided_by=actor,
        decided_at=timezone.now(),
    )
    row.sha256 = statement_digest("resolution", resolution_facts(row))
    row.save()
    record(
        action="case.resolve",
        actor=actor,
        project=campaign.project,
        target=case,
        payload={"campaign": campaign.pk, "escalate": escalate, "crisis_type": crisis_type, "sha256": row.sha256},
    )
    touch(campaign_topic(campaign.project_id, campaign.pk))
    return row


def _locked(case: ReviewCase) -> Campaign:
    rows = Campaign.objects.select_related("project", "model_version")
    campaign = rows.select_for_update(no_key=True, of=("self",)).get(pk=case.campaign_id)
    if campaign.state != Campaign.State.OPEN:
        raise Refused("This campaign is closed.")
    return campaign
