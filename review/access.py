"""Getters that check permission: 404 for what is not yours to know of, 403 for what is not yours to do."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404

from inference.models import ScoreLog
from pixelhub.accounts.access import can, projects_of, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from review.models import (
    Absence,
    Campaign,
    CaseRequest,
    Expert,
    ExpertExample,
    ExpertSet,
    FairnessReport,
    Feedback,
    GateWaiver,
    ReviewCase,
    SignOff,
    TaskOwner,
)
from training_app.models import ModelVersion

Row = TypeVar("Row", bound=Model)

__all__ = [
    "get_absence_for",
    "get_campaign_for",
    "get_case_for",
    "get_case_request_for",
    "get_example_for",
    "get_expert_set_for",
    "get_fairness_report_for",
    "get_feedback_for",
    "get_owner_for",
    "get_score_for",
    "get_signoff_for",
    "get_version_for",
    "get_waiver_for",
    "require_one_of",
]


def get_campaign_for(user: User, pk: int, capability: Capability = Capability.MODEL_VIEW) -> Campaign:
    campaigns = Campaign.objects.filter(project__in=projects_of(user)).select_related(
        "project", "model_version", "model_version__trainer", "evaluation", "created_by", "closed_by"
    )
    campaign = _one(campaigns, pk)
    require(user, campaign.project, capability)
    return campaign


def get_case_for(user: User, pk: int) -> ReviewCase:
    cases = ReviewCase.objects.filter(campaign__project__in=projects_of(user)).select_related(
        "campaign", "campaign__project", "campaign__model_version", "record"
    )
    case = _one(cases, pk)
    require(user, case.campaign.project, Capability.REVIEW_JUDGE)
    return case


def get_feedback_for(user: User, pk: int) -> Feedback:
    """Something that waits for a clinical lead's word."""
    rows = Feedback.objects.filter(case__campaign__project__in=projects_of(user)).select_related(
        "case__campaign__project", "case__record"
    )
    row = _one(rows, pk)
    require(user, row.case.campaign.project, Capability.REVIEW_RESOLVE)
    return row


def get_case_request_for(user: User, pk: int, capability: Capability) -> CaseRequest:
    rows = CaseRequest.objects.filter(feedback__case__campaign__project__in=projects_of(user)).select_related(
        "feedback__case__campaign__project"
    )
    row = _one(rows, pk)
    require(user, row.feedback.case.campaign.project, capability)
    return row


def get_expert_for(user: User, pk: int) -> Expert:
    experts = Expert.objects.filter(project__in=projects_of(user)).select_related("project", "user")
    expert = _one(experts, pk)
    require(user, expert.project, Capability.EXPERT_MANAGE)
    return expert


def get_expert_set_for(user: User, pk: int, capability: Capability = Capability.MODEL_VIEW) -> ExpertSet:
    """A set to look at; its conversations are read one by one, see `get_example_for`."""
    rows = ExpertSet.objects.filter(project__in=projects_of(user)).select_related("project", "created_by", "frozen_by")
    found = _one(rows, pk)
    require(user, found.project, capability)
    return found


def get_example_for(user: User, pk: int, capability: Capability = Capability.REVIEW_JUDGE) -> ExpertExample:
    """A conversation of an expert set, to rate or to decide."""
    rows = ExpertExample.objects.filter(expert_set__project__in=projects_of(user)).select_related(
        "expert_set", "expert_set__project", "record"
    )
    found = _one(rows, pk)
    require(user, found.expert_set.project, capability)
    return found


def get_absence_for(user: User, pk: int) -> Absence:
    """One's own absence, or anybody's for who manages experts."""
    absences = Absence.objects.filter(expert__project__in=projects_of(user)).select_related(
        "expert", "expert__project", "expert__user"
    )
    absence = _one(absences, pk)
    own = absence.expert.user_id == user.pk
    require(user, absence.expert.project, Capability.REVIEW_JUDGE if own else Capability.EXPERT_MANAGE)
    return absence


def get_version_for(user: User, pk: int, capability: Capability = Capability.MODEL_VIEW) -> ModelVersion:
    versions = ModelVersion.objects.filter(project__in=projects_of(user)).select_related(
        "project", "trainer", "run", "release"
    )
    version = _one(versions, pk)
    require(user, version.project, capability)
    return version


def get_fairness_report_for(user: User, pk: int) -> FairnessReport:
    reports = FairnessReport.objects.filter(project__in=projects_of(user)).select_related("project", "model_version")
    report = _one(reports, pk)
    require(user, report.project, Capability.MODEL_VIEW)
    return report


def get_signoff_for(user: User, pk: int) -> SignOff:
    rows = SignOff.objects.filter(project__in=projects_of(user)).select_related("project", "model_version")
    signoff = _one(rows, pk)
    require_one_of(user, signoff.project, Capability.MODEL_VIEW, Capability.SIGNOFF_GOVERN)
    return signoff


def require_one_of(user: User, project: Project, first: Capability, second: Capability) -> None:
    """Like `require`, for a page that two kinds of people have to see."""
    if not can(user, project, second):
        require(user, project, first)


def get_score_for(user: User, score_id: UUID) -> ScoreLog:
    scores = ScoreLog.objects.filter(project__in=projects_of(user)).select_related("project", "deployment")
    score = _one(scores, score_id)
    require(user, score.project, Capability.SCORE_VIEW)
    return score


def get_owner_for(user: User, pk: int) -> TaskOwner:
    owner = _one(TaskOwner.objects.filter(project__in=projects_of(user)).select_related("project"), pk)
    require(user, owner.project, Capability.BOARD_EDIT)
    return owner


def get_waiver_for(user: User, pk: int) -> GateWaiver:
    waiver = _one(GateWaiver.objects.filter(project__in=projects_of(user)).select_related("project"), pk)
    require(user, waiver.project, Capability.GATE_WAIVE)
    return waiver


def _one(rows: QuerySet[Row], pk: int | UUID) -> Row:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404("There is nothing here.")
    return found
