"""Getters that check permission: 404 for what is not yours to know of, 403 for what is not yours to do."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404

from inference.models import ScoreLog
from pixelhub.accounts.access import projects_of, require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from review.models import Campaign, ReviewCase
from training_app.models import ModelVersion

Row = TypeVar("Row", bound=Model)

__all__ = ["get_campaign_for", "get_case_for", "get_score_for", "get_version_for"]


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


def get_version_for(user: User, pk: int, capability: Capability = Capability.MODEL_VIEW) -> ModelVersion:
    versions = ModelVersion.objects.filter(project__in=projects_of(user)).select_related(
        "project", "trainer", "run", "release"
    )
    version = _one(versions, pk)
    require(user, version.project, capability)
    return version


def get_score_for(user: User, score_id: UUID) -> ScoreLog:
    scores = ScoreLog.objects.filter(project__in=projects_of(user)).select_related("project", "deployment")
    score = _one(scores, score_id)
    require(user, score.project, Capability.SCORE_VIEW)
    return score


def _one(rows: QuerySet[Row], pk: int | UUID) -> Row:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404("There is nothing here.")
    return found
