"""Getters that check permission, so that no view or command can forget it."""

from __future__ import annotations

from django.db.models import QuerySet

from pixelhub.accounts.access import reached, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from training_app.models import ModelVersion, Study, TrainingRun

__all__ = ["get_run_for", "get_study_for", "get_version_for", "runs_of", "studies_of", "versions_of"]


def runs_of(user: User, project: Project) -> QuerySet[TrainingRun]:
    """The project's runs. Raises Http404 for outsiders, PermissionDenied without the capability."""
    require(user, project, Capability.TRAINING_VIEW)
    return TrainingRun.objects.filter(project=project).select_related("release", "job", "started_by")


def studies_of(user: User, project: Project) -> QuerySet[Study]:
    """The project's studies. Raises Http404 for outsiders, PermissionDenied without the capability."""
    require(user, project, Capability.TRAINING_VIEW)
    return Study.objects.filter(project=project).select_related("release", "job", "started_by")


def versions_of(user: User, project: Project) -> QuerySet[ModelVersion]:
    """The project's model versions. Raises Http404 for outsiders, PermissionDenied without the capability."""
    require(user, project, Capability.MODEL_VIEW)
    return ModelVersion.objects.filter(project=project).select_related("release", "trainer", "run")


def get_run_for(user: User, pk: int, capability: Capability = Capability.TRAINING_VIEW) -> TrainingRun:
    """One run of any of the user's projects. Raises Http404 or PermissionDenied."""
    runs = TrainingRun.objects.select_related(
        "project", "release", "job", "started_by", "cloned_from", "study", "source_version", "reproduced"
    )
    return reached(user, runs, pk, "run", capability)


def get_study_for(user: User, pk: int, capability: Capability = Capability.TRAINING_VIEW) -> Study:
    """One study of any of the user's projects. Raises Http404 or PermissionDenied."""
    studies = Study.objects.select_related("project", "release", "job", "started_by")
    return reached(user, studies, pk, "study", capability)


def get_version_for(user: User, pk: int, capability: Capability = Capability.MODEL_VIEW) -> ModelVersion:
    """One model version of any of the user's projects. Raises Http404 or PermissionDenied."""
    versions = ModelVersion.objects.select_related("project", "release", "trainer", "run")
    return reached(user, versions, pk, "model version", capability)
