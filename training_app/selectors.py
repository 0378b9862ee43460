"""Reads of training: curves, versions with their evaluation, what waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import NoReverseMatch, reverse

from datasets_app.models import Record, Release
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction
from training_app.models import Evaluation, ModelVersion, RunMetric, RunState, TestSetUse, TrainingRun, VersionState

__all__ = [
    "MissedCrisis",
    "curves_of",
    "epochs_of",
    "evaluation_of",
    "latest_version",
    "missed_crises",
    "next_actions",
    "test_set_uses",
    "trainable_releases",
    "with_evaluations",
]


@dataclass(frozen=True)
class MissedCrisis:
    """A crisis that the version did not flag; `url` leads to its text for those who may read it."""

    content_hash: str
    record_id: str
    crisis_type: str
    severity: int | None
    score: float
    url: str = ""


def trainable_releases(project: Project) -> QuerySet[Release]:
    """The published labelled releases, newest first; a corpus has lines without a label."""
    labelled = Release.objects.exclude(kind=Release.Kind.CORPUS)
    return labelled.filter(project=project, state=Release.State.PUBLISHED).order_by("-pk")


def curves_of(run: TrainingRun, names: Sequence[str]) -> list[dict[str, Any]]:
    """Points {epoch, name, value} of some curves, in order of epochs."""
    metrics = RunMetric.objects.filter(run=run, name__in=names).order_by("epoch", "name")
    return [dict(row) for row in metrics.values("epoch", "name", "value")]


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


def missed_crises(version: ModelVersion, evaluation: Evaluation, user: User) -> list[MissedCrisis]:
    """The crises that were missed on the test split, the gravest first."""
    rows = evaluation.metrics["missed"]
    urls: dict[str, str] = {}
    if rows and can(user, version.project, Capability.RAWTEXT_VIEW):
        hashes = [row["content_hash"] for row in rows]
        records = Record.objects.filter(project=version.project, content_hash__in=hashes)
        urls = {content: _record_url(pk) for content, pk in records.values_list("content_hash", "pk")}
    return [MissedCrisis(**row, url=urls.get(row["content_hash"], "")) for row in rows]


def next_actions(user: User, project: Project) -> list[NextAction]:
    """What this person could do next in training."""
    if not can(user, project, Capability.TRAINING_RUN):
        return []
    role = Role.ML_ENGINEER.value
    actions = []
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


def _record_url(pk: int) -> str:
    try:
        return reverse("datasets:record_detail", args=[pk])
    except NoReverseMatch:
        return ""
