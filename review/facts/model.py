"""Figures of runs and of the version at hand: the one in production, else the newest that was evaluated."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from datasets_app.corpus.taxonomy import SIX_TYPES
from pixelhub.accounts.models import Project
from review.evidence.estimates import Verdict
from review.facts.dataset import release_caveat
from review.facts.fact import Fact, unknown
from training_app.models import Evaluation, ModelVersion, RunState, TrainingRun, VersionState

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


def model_facts(project: Project) -> dict[str, Fact]:
    versions_url = reverse("training:versions")
    evaluations = Evaluation.objects.filter(model_version__project=project, split="test")
    versions = ModelVersion.objects.filter(project=project).count()
    succeeded = TrainingRun.objects.filter(project=project, state=RunState.SUCCEEDED).count()
    facts = {
        "runs_succeeded": Fact(succeeded, "runs that went through", url=reverse("training:runs")),
        "versions": Fact(versions, "registered versions", url=versions_url),
        "evaluations": Fact(evaluations.count(), "evaluations on a test split", url=versions_url),
        "cards": Fact(versions, "versions, each with its card", url=versions_url),
    }
    version = version_at_hand(project)
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
    )
