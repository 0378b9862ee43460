"""Reads of training: curves, versions with their evaluation, what waits for somebody."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from datasets_app.models import Release
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction
from training_app import selectors_runs, selectors_studies
from training_app.models import Evaluation, ModelVersion, RunMetric, RunState, TestSetUse, TrainingRun, VersionState

__all__ = [
    "epochs_of",
    "evaluation_of",
    "latest_version",
    "next_actions",
    "test_set_uses",
    "trainable_releases",
    "with_evaluations",
]


def trainable_releases(project: Project) -> QuerySet[Release]:
    """The published labelled releases, newest first; a corpus has lines without a label."""
    labelled = Release.objects.exclude(kind=Release.Kind.CORPUS)
    return labelled.filter(project=project, state=Release.State.PUBLISHED).order_by("-pk")


def epochs_of(run: TrainingRun) -> list[dict[str, float]]:
    """One row per epoch with all its values, the newest first."""
    rows: dict[int, dict[str, float]] = {}
    for metric in RunMetric.objects.filter(run=run).order_by("-epoch"):
        rows.setdefault(metric.epoch, {"epoch": metric.epoch})[metric.name] = metric.value
    return list(rows.values())


def with_evaluations(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    """Versions with their evaluations fetched, for lists."""
    return versions.prefetch_related(Prefetch("evaluations", queryset=Evaluation.objects.order_by("-pk")))


def evaluation_of(version: ModelVersion) -> Evaluation | None:
    """The version's evaluation on the test split, if there is one."""
    return Evaluation.objects.filter(model_version=version, split="test").order_by("-pk").first()


def latest_version(project: Project) -> ModelVersion | None:
    """The newest version of a project."""
    return ModelVersion.objects.filter(project=project).order_by("-pk").first()


def test_set_uses(release: Release) -> QuerySet[TestSetUse]:
    """Every opening of a release's test split, the newest first."""
    return TestSetUse.objects.filter(release=release).select_related("model_version", "by")


def next_actions(user: User, project: Project) -> list[NextAction]:
    """What this person could do next in training."""
    if not can(user, project, Capability.TRAINING_RUN):
        return []
    role = Role.ML_ENGINEER.value
    actions = []
    actions += selectors_studies.next_actions(project)
    actions += selectors_runs.next_actions(project)
    running = TrainingRun.objects.filter(project=project, state__in=(RunState.QUEUED, RunState.RUNNING)).count()
    if running:
        detail = "Runs that wait or train now."
        actions.append(NextAction("Watch the training", detail, reverse("training:runs"), 30, running, role))
    fresh = trainable_releases(project).exclude(pk__in=TrainingRun.objects.filter(project=project).values("release"))
    release = fresh.first()
    if release is not None:
        url = f"{reverse('training:run_create')}?release={release.pk}"
        detail = f"Release {release.version} is published and no run has used it."
        actions.append(NextAction("Train on the new release", detail, url, 25, None, role))
    candidates = ModelVersion.objects.filter(project=project, state=VersionState.CANDIDATE, evaluations__isnull=False)
    if candidates.exists():
        detail = "Evaluated, and at least one target is clearly missed."
        url = reverse("training:versions")
        actions.append(NextAction("Look at a version that fails a target", detail, url, 40, candidates.count(), role))
    return actions
