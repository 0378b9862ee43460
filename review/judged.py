"""What stands of a campaign: the finished judgements of each case and what they come to. Read from rows every time."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import QuerySet

from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from review.evidence.consensus import Consensus, Opinion, consensus_of
from review.models import Assignment, Campaign, Judgement, Resolution, ReviewCase

__all__ = ["case_consensus", "consensus_by_case", "finished_judgements", "may_discuss", "opinion_of"]


def finished_judgements(campaign: Campaign) -> QuerySet[Judgement]:
    """Judgements with a verdict, in the order in which they were begun."""
    judgements = Judgement.objects.filter(case__campaign=campaign, judged_at__isnull=False)
    return judgements.select_related("case", "case__record", "expert").order_by("pk")


def opinion_of(judgement: Judgement) -> Opinion:
    """The verdict turned into what should have happened to this conversation."""
    escalated = bool(judgement.case.prediction["crisis"])
    agrees = judgement.verdict == Judgement.Verdict.AGREE
    return Opinion(escalated if agrees else not escalated, judgement.correct_type, judgement.correct_severity)


def consensus_by_case(campaign: Campaign) -> dict[int, Consensus]:
    """Of every case that somebody judged, by its id."""
    opinions: dict[int, list[Opinion]] = defaultdict(list)
    for judgement in finished_judgements(campaign):
        opinions[judgement.case_id].append(opinion_of(judgement))
    decided = {row.case_id: _decided(row) for row in Resolution.objects.filter(case__campaign=campaign)}
    return {case: consensus_of(found, decided.get(case)) for case, found in opinions.items()}


def case_consensus(case: ReviewCase) -> Consensus:
    """The same for one case."""
    judgements = Judgement.objects.filter(case=case, judged_at__isnull=False).select_related("case").order_by("pk")
    row = Resolution.objects.filter(case=case).first()
    return consensus_of([opinion_of(found) for found in judgements], _decided(row) if row else None)


def _decided(row: Resolution) -> Opinion:
    return Opinion(row.escalate, row.crisis_type, row.severity)


def may_discuss(case: ReviewCase, person: User) -> bool:
    """Whether this person may read and write the thread: they have judged the case, or decide it once it is judged.

    Nobody who still has to judge reads what others said.
    """
    project = case.campaign.project
    if case.campaign.model_version.trainer_id == person.pk or not can(person, project, Capability.REVIEW_JUDGE):
        return False
    if case.assignments.filter(expert=person, state__in=Assignment.HELD).exists():
        return False
    judged = case.judgements.filter(expert=person, judged_at__isnull=False).exists()
    if judged:
        return True
    decides = can(person, project, Capability.REVIEW_RESOLVE)
    return decides and case_consensus(case).opinions >= case.campaign.minimum_reviewers
