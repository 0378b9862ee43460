"""Reads of review: what waits for whom, what an expert reads next, what the ledger says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from datasets_app.models import Record
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction
from review.models import Assignment, Campaign, Judgement, ReviewCase
from review.selectors_expert_sets import rating_actions
from review.selectors_feedback import feedback_actions
from review.selectors_findings import reading_actions
from review.selectors_promotion import production_actions, promotion_actions
from training_app.models import Evaluation, ModelVersion, VersionState

__all__ = [
    "CampaignProgress",
    "campaign_progress",
    "campaigns_of",
    "cases_of",
    "judgement_of",
    "missed_positives",
    "next_actions",
    "next_case",
    "reviewable_versions",
    "versions_of",
]


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """Cases that have all the judgements they need, of those drawn; `minimum` must be judged before closing."""

    judged: int
    cases: int
    minimum: int

    @property
    def may_close(self) -> bool:
        return self.judged >= self.minimum


def campaigns_of(project: Project) -> QuerySet[Any]:
    """The project's campaigns, newest first, with `cases_count` and `judged_count`."""
    campaigns = Campaign.objects.filter(project=project).select_related("model_version", "created_by")
    cases = ReviewCase.objects.filter(campaign=OuterRef("pk")).order_by().values("campaign")
    judged = cases.alias(done=_done()).filter(done__gte=F("campaign__minimum_reviewers"))
    return campaigns.annotate(
        cases_count=Coalesce(Subquery(cases.annotate(n=Count("pk")).values("n")), 0),
        judged_count=Coalesce(Subquery(judged.annotate(n=Count("pk")).values("n")), 0),
    )


def _done() -> Coalesce:
    """How many finished judgements a case has."""
    finished = Judgement.objects.filter(case=OuterRef("pk"), judged_at__isnull=False).order_by().values("case")
    return Coalesce(Subquery(finished.annotate(n=Count("pk")).values("n")), 0)


def campaign_progress(campaign: Campaign) -> CampaignProgress:
    cases = campaign.cases.count()
    judged = campaign.cases.alias(done=_done()).filter(done__gte=campaign.minimum_reviewers).count()
    return CampaignProgress(judged, cases, campaign.minimum_judged)


def cases_of(campaign: Campaign) -> QuerySet[ReviewCase]:
    """A closed campaign's cases with their judgements, disagreements first: what the signer reads."""
    finished = Judgement.objects.filter(case=OuterRef("pk"), judged_at__isnull=False)
    disputed = finished.exclude(verdict=Judgement.Verdict.AGREE)
    return (
        campaign.cases.annotate(is_judged=Exists(finished), is_disputed=Exists(disputed))
        .select_related("record")
        .prefetch_related("judgements__expert")
        .order_by("-is_disputed", "position")
    )


def judgement_of(case: ReviewCase, expert: User) -> Judgement | None:
    return Judgement.objects.filter(case=case, expert=expert).first()


def next_case(campaign: Campaign, expert: User) -> ReviewCase | None:
    """What this expert reads next: what they began, what waits with them, then what wants a reader most.

    None when nothing is left for them. It only looks; `services.case_claim` gives the case to them.
    """
    seats = Assignment.objects.filter(case=OuterRef("pk"), state__in=Assignment.SEATED)
    mine = seats.filter(expert=expert)
    taken = Coalesce(Subquery(seats.order_by().values("case").annotate(n=Count("pk")).values("n")), 0)
    cases = campaign.cases.annotate(
        begun=Exists(mine.filter(state=Assignment.State.BEGUN)),
        given=Exists(mine.filter(state=Assignment.State.OPEN)),
        done=Exists(mine.filter(state=Assignment.State.DONE)),
        taken=taken,
    )
    wanting = cases.filter(done=False, taken__lt=campaign.minimum_reviewers).order_by("taken", "position")
    return cases.filter(begun=True).first() or cases.filter(given=True).first() or wanting.first()


def reviewable_versions(project: Project) -> QuerySet[ModelVersion]:
    """Versions that a campaign can be opened for: evaluated, not past review, without an open campaign."""
    states = (VersionState.CANDIDATE, VersionState.VALIDATED, VersionState.IN_REVIEW)
    evaluated = Evaluation.objects.filter(model_version=OuterRef("pk"), split="test")
    under_way = Campaign.objects.filter(model_version=OuterRef("pk"), state=Campaign.State.OPEN)
    versions = ModelVersion.objects.filter(project=project, state__in=states)
    return versions.filter(Exists(evaluated)).exclude(Exists(under_way)).order_by("-pk")


def versions_of(project: Project) -> QuerySet[ModelVersion]:
    """Every version with its trainer, newest first, for the ledger."""
    return ModelVersion.objects.filter(project=project).select_related("trainer").order_by("-pk")


def missed_positives(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Every crisis of the test split that the model did not flag, the gravest first, with its record."""
    missed: list[dict[str, Any]] = evaluation.metrics.get("missed", [])
    hashes = [row["content_hash"] for row in missed]
    project = evaluation.model_version.project_id
    records = {row.content_hash: row for row in Record.objects.filter(project=project, content_hash__in=hashes)}
    return [{**row, "record": records.get(row["content_hash"])} for row in missed]


def next_actions(user: User, project: Project) -> list[NextAction]:
    """What this person could do in review now."""
    found: list[NextAction] = []
    if can(user, project, Capability.CAMPAIGN_MANAGE):
        found += _campaigns_to_open(project) + _campaigns_to_close(project)
    if can(user, project, Capability.REVIEW_JUDGE):
        found += _cases_to_judge(user, project) + rating_actions(user, project)
    if can(user, project, Capability.SIGNOFF_DECIDE):
        found += reading_actions(user, project) + _versions_to_sign(user, project) + production_actions(project)
    found += promotion_actions(user, project)
    if can(user, project, Capability.BOARD_EDIT) and project.starts_on is None:
        detail = "All due dates of the program follow from it."
        found.append(NextAction("Set the start date", detail, reverse("review:board"), 45, role=Role.PM))
    return found + feedback_actions(user, project)


def _campaigns_to_open(project: Project) -> list[NextAction]:
    closed = Campaign.objects.filter(model_version=OuterRef("pk"))
    return [
        NextAction(
            f"Open a review of version {version.version}",
            "Experts read a sample of its test predictions.",
            f"{reverse('review:campaign_create')}?version={version.pk}",
            25,
            role=Role.ML_ENGINEER,
        )
        for version in reviewable_versions(project).exclude(Exists(closed))
    ]


def _campaigns_to_close(project: Project) -> list[NextAction]:
    found = []
    for campaign in campaigns_of(project).filter(state=Campaign.State.OPEN):
        if campaign.judged_count >= campaign.minimum_judged:
            detail = f"Version {campaign.model_version.version}: {campaign.judged_count} cases are judged."
            url = reverse("review:campaign_detail", args=[campaign.pk])
            found.append(NextAction("Close the review", detail, url, 16, role=Role.CLINICAL_LEAD))
    return found


def _cases_to_judge(user: User, project: Project) -> list[NextAction]:
    found = []
    campaigns = campaigns_of(project).filter(state=Campaign.State.OPEN).exclude(model_version__trainer=user)
    for campaign in campaigns:
        waiting = campaign.cases_count - campaign.judged_count
        if waiting:
            detail = f"Version {campaign.model_version.version}: your own label first, then the prediction."
            url = reverse("review:case_next", args=[campaign.pk])
            found.append(NextAction("Judge predictions", detail, url, 14, waiting, Role.QA))
    return found


def _versions_to_sign(user: User, project: Project) -> list[NextAction]:
    versions = ModelVersion.objects.filter(
        project=project, state=VersionState.IN_REVIEW, campaigns__state=Campaign.State.CLOSED
    ).exclude(Q(campaigns__state=Campaign.State.OPEN) | Q(trainer=user) | Q(signoffs__signer=user))
    return [
        NextAction(
            f"Decide on version {version.version}",
            "Its review is closed; read the missed crises and sign.",
            reverse("review:signoff", args=[version.pk]),
            10,
            role=Role.CLINICAL_LEAD,
        )
        for version in versions.distinct()
    ]
