"""Reads of the programme: who may own a task, what happened to a phase, what the integration suite found."""

from __future__ import annotations

from django.db.models import QuerySet

from inference.models import IntegrationRun
from pixelhub.accounts.models import Project, User
from review.evidence.program import Task
from review.models import GateWaiver, PhaseClosing

__all__ = ["closings_of", "integration_runs_of", "people_for", "waivers_of"]


def people_for(project: Project, task: Task) -> QuerySet[User]:
    """The active members who hold one of the task's roles."""
    held = {"memberships__project": project, "memberships__role__in": task.owners}
    return User.objects.filter(is_active=True, **held).distinct().order_by("display_name", "username")


def closings_of(project: Project, phase: int) -> QuerySet[PhaseClosing]:
    """Every closing of a phase, the newest first, with how its gates stood."""
    closings = PhaseClosing.objects.filter(project=project, phase=phase).select_related("closed_by", "reopened_by")
    return closings.prefetch_related("gates__pm", "gates__clinical_lead").order_by("-pk")


def waivers_of(project: Project, gate: str) -> QuerySet[GateWaiver]:
    """Every half of a waiver that was ever given for a gate, the newest first."""
    return GateWaiver.objects.filter(project=project, gate=gate).select_related("person", "ended_by").order_by("-pk")


def integration_runs_of(project: Project) -> QuerySet[IntegrationRun]:
    """Recorded runs of the integration suite, the newest first."""
    return IntegrationRun.objects.filter(project=project).select_related("deployment__model_version", "run_by")
