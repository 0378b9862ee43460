"""Figures of runs and of the version at hand: the one in production, else the newest that was evaluated."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max
from django.urls import reverse

from datasets_app.corpus.taxonomy import SIX_TYPES
from pixelhub.accounts.models import Project
from review.evidence.estimates import Verdict
from review.facts.dataset import release_caveat
from review.facts.fact import Fact, unknown
from training_app.models import (
    CardSection,
    Evaluation,
    ModelVersion,
    RunSample,
    RunState,
    Study,
    TrainingRun,
    VersionState,
)

__all__ = ["model_facts", "version_at_hand"]

_METRICS = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "fpr": "false_positive_rate",
    "f1": "macro_f1",
}
_GRAVEST_FIRST = (Verdict.FAIL, Verdict.NOT_YET, Verdict.INSUFFICIENT, Verdict.PASS)


def version_at_hand(project: Project) -> ModelVersion | None:
    """The version in production, else the newest one."""
    versions = ModelVersion.objects.filter(project=project).select_related("release")
    return versions.filter(state=VersionState.PRODUCTION).first() or versions.order_by("-pk").first()


def model_facts(project: Project, version: ModelVersion | None) -> dict[str, Fact]:
    """Figures of training, and those of one version: usually the one at hand."""
    versions_url = reverse("training:versions")
    evaluations = Evaluation.objects.filter(model_version__project=project, split="test")
    registered = ModelVersion.objects.filter(project=project).count()
    succeeded = TrainingRun.objects.filter(project=project, state=RunState.SUCCEEDED).count()
    carded = evaluations.values("model_version").distinct().count()
    facts = {
        **_run_facts(project),
        "runs_succeeded": Fact(succeeded, "runs that went through", url=reverse("training:runs")),
        "versions": Fact(registered, "registered versions", url=versions_url),
        "evaluations": Fact(evaluations.count(), "evaluations on a test split", url=versions_url),
        "cards": Fact(carded, "versions with a card of measured figures", url=versions_url),
        "card_sections": _card_sections(version, versions_url),
    }
    evaluation = evaluations.filter(model_version=version).order_by("-use_number").first() if version else None
    if version is None or evaluation is None:
        missing = unknown("no version was evaluated on a test split yet", versions_url)
        return facts | dict.fromkeys((*_METRICS, "per_type_f1"), missing)
    url = reverse("training:version_detail", args=[version.pk])
    caveat = release_caveat(version.release)
    for name, metric in _METRICS.items():
        facts[name] = _metric(evaluation.metrics["metrics"].get(metric), version, url, caveat)
    facts["per_type_f1"] = _weakest_type(evaluation.metrics["per_type"], version, url, caveat)
    return facts


def _run_facts(project: Project) -> dict[str, Fact]:
    runs_url, studies_url = reverse("training:runs"), reverse("training:studies")
    samples = RunSample.objects.filter(run__project=project)
    seen = samples.aggregate(runs=Count("run", distinct=True), rss=Max("rss_mb"), gpu=Max("gpu_mb"))
    peaks = f", at most {seen['rss'] / 1024:.1f} GB of memory" if seen["rss"] else ""
    peaks += f" and {seen['gpu'] / 1024:.1f} GB on the GPU" if seen["gpu"] else ""
    studies = Study.objects.filter(project=project, state=RunState.SUCCEEDED).count()
    chosen = TrainingRun.objects.filter(project=project, study__isnull=False, state=RunState.SUCCEEDED).count()
    return {
        "runs_measured": Fact(seen["runs"], f"runs with their machine measured{peaks}", url=runs_url),
        "studies": Fact(studies, "studies that compared their trials", url=studies_url),
        "study_runs": Fact(chosen, "trainings of a study's best configuration", url=studies_url),
    }


def _card_sections(version: ModelVersion | None, url: str) -> Fact:
    """Which of the card's four sections that only people can write are written."""
    if version is None:
        return unknown("no version is registered yet", url)
    latest: dict[str, str] = dict(
        CardSection.objects.filter(model_version=version).order_by("revision").values_list("name", "text")
    )
    written = sum(bool(text.strip()) for text in latest.values())
    detail = f"of {len(CardSection.Name)} sections of the card of version {version.version} are written"
    return Fact(written, detail, url=reverse("training:version_card", args=[version.pk]))


def metric_verdict(metric: dict[str, Any]) -> Verdict:
    """Training's own verdict on a metric, taken on its one-sided bound."""
    return Verdict(metric["verdict"]) if metric.get("verdict") else Verdict.NOT_YET


def _metric(metric: dict[str, Any] | None, version: ModelVersion, url: str, caveat: str) -> Fact:
    if metric is None:
        return unknown("this evaluation does not hold it", url)
    return Fact(
        metric["value"],
        f"version {version.version}, {metric['n']:,} test conversations",
        metric["low"],
        metric["high"],
        url=url,
        caveat=caveat,
        verdict=metric_verdict(metric),
        subject=f"version {version.version}",
        size=metric["n"],
    )


def _weakest_type(per_type: list[dict[str, Any]], version: ModelVersion, url: str, caveat: str) -> Fact:
    rows = {row["crisis_type"]: row["f1"] for row in per_type if row["f1"] is not None}
    measured = [kind for kind in SIX_TYPES if kind in rows]
    if not measured:
        return unknown("the test split holds no crisis", url)
    weakest = min(measured, key=lambda kind: rows[kind]["value"])
    verdicts = {metric_verdict(rows[kind]) for kind in measured}
    if len(measured) < len(SIX_TYPES):
        verdicts.add(Verdict.INSUFFICIENT)
    return Fact(
        rows[weakest]["value"],
        f"{weakest}, {rows[weakest]['n']} test conversations; {len(measured)} of {len(SIX_TYPES)} types measured",
        rows[weakest]["low"],
        rows[weakest]["high"],
        url=url,
        caveat=caveat,
        verdict=next(verdict for verdict in _GRAVEST_FIRST if verdict in verdicts),
        subject=f"version {version.version}",
        size=rows[weakest]["n"],
    )
