"""How sign-offs are shown: the parts of the evidence in plain words, each with a link; what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from review.evidence.signed import PARTS, Evidence
from training_app.models import ModelVersion

__all__ = ["PartRow", "metric_rows", "part_rows"]

_SAYS = {
    "bundle_sha256": "everything that is served, under one digest",
    "weights": "what the model has learned",
    "tokenizer": "how it cuts text into pieces",
    "threshold": "the score from which it says “crisis”",
    "temperature": "how its probabilities were calibrated",
    "release": "the data it was trained and tested on",
    "release_manifest_sha256": "the list of every file of that release",
    "test_set_sha256": "the conversations it was tested on and never saw before",
    "config_sha256": "how it was trained",
    "code_version": "the program that trained it",
    "evaluation_sha256": "every figure above",
    "predictions_sha256": "its answer to each test conversation",
    "campaign_sha256": "what experts judged, case by case",
    "campaigns": "the closed reviews of these bytes",
    "fairness_sha256": "how it treats different groups",
    "edge_cases_sha256": "that hard cases stayed in training",
    "card_sha256": "what it is for, and where it fails",
}
_SHOWN = (
    ("sensitivity", "Sensitivity"),
    ("specificity", "Specificity"),
    ("false_positive_rate", "False-positive rate"),
    ("macro_f1", "F1, mean over the types"),
)


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part: its name, what it is, its digests or its value, and the page that shows it."""

    name: str
    says: str
    digests: tuple[tuple[str, str], ...]  # (file name or "", digest)
    value: str
    url: str
    missing: bool


def part_rows(version: ModelVersion, evidence: Evidence, campaign_pk: int | None) -> list[PartRow]:
    """Every part of the evidence in the order in which it is read."""
    urls = _urls(version, campaign_pk)
    return [_row(name, label, getattr(evidence, name), urls.get(name, "")) for name, label in PARTS.items()]


def _row(name: str, label: str, value: Any, url: str) -> PartRow:
    digests: tuple[tuple[str, str], ...] = ()
    text = ""
    if isinstance(value, tuple):
        digests = tuple(("", digest) for digest in value)
    elif isinstance(value, str) and name.endswith("_sha256"):
        digests = (("", value),) if value else ()
    elif isinstance(value, str | float | int):
        text = f"{value:g}" if isinstance(value, float) else str(value)
    else:
        digests = tuple(sorted(value.items()))
    return PartRow(label, _SAYS[name], digests, text, url, missing=not digests and not text)


def _urls(version: ModelVersion, campaign_pk: int | None) -> dict[str, str]:
    page = reverse("training:version_detail", args=[version.pk])
    run = reverse("training:run_detail", args=[version.run_id])
    release = reverse("datasets:release_detail", args=[version.release_id])
    found = {
        **dict.fromkeys(("bundle_sha256", "weights", "tokenizer", "threshold", "temperature"), page),
        **dict.fromkeys(("release", "release_manifest_sha256", "test_set_sha256"), release),
        **dict.fromkeys(("config_sha256", "code_version"), run),
        "evaluation_sha256": page,
        "predictions_sha256": reverse("training:version_errors", args=[version.pk]),
        "campaigns": reverse("review:campaigns"),
        "fairness_sha256": reverse("review:fairness", args=[version.pk]),
        "edge_cases_sha256": reverse("review:edge_cases", args=[version.pk]),
        "card_sha256": reverse("training:version_card", args=[version.pk]),
    }
    if campaign_pk is not None:
        found["campaign_sha256"] = reverse("review:campaign_detail", args=[campaign_pk])
    return found


def metric_rows(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """The four figures that the targets are about."""
    measured = metrics["metrics"]
    return [{"label": label, **measured[name]} for name, label in _SHOWN if name in measured]
