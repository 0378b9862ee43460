"""What others take of a release's scores: the QA report its better figures, the stage ladder its scores by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus.manifest import MANIFEST
from datasets_app.corpus.verify import FolderReader, lines_in

from .bulk import DOCUMENT, FORMAT, SCORES, scores_in

#: Figures of the QA report that the scores tell better, because they read every conversation or its meaning.
_BETTER: Final[Mapping[str, tuple[str, str]]] = {
    "coherence": ("coherence", "enrichment: form, and how far each reply belongs; all conversations"),
    "bias": ("bias", "enrichment: 1 less the gravest finding of the bias rules that serving uses; all conversations"),
    "empathy": ("empathy", "enrichment: feeling words taken up, validating phrases; all conversations"),
    "similarity": ("similarity_within_turns", "enrichment: cosine of sentence embeddings of neighbouring sentences"),
}  # fmt: skip
#: Scores that the validators of the stage ladder take from a record's `metadata.scores`.
_FOR_STAGES: Final = ("empathy", "safety")


class ScoresRefused(ValueError):
    """The folder holds no scores of this release."""


def document_of(folder: Path, manifest_sha256: str) -> dict[str, Any]:
    """Return scores.json of a folder. Raises ScoresRefused when it is not of the release with that manifest."""
    try:
        document: dict[str, Any] = msgspec.json.decode((folder / DOCUMENT).read_bytes())
    except (OSError, msgspec.DecodeError):
        raise ScoresRefused(f"{folder} holds no {DOCUMENT}") from None
    if document.get("format") != FORMAT or document.get("manifest_sha256") != manifest_sha256:
        raise ScoresRefused(f"{folder} holds the scores of another release")
    return document


def with_scores(report: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a QA report with the figures that the scores tell better, and with what they tell beside it.

    A figure that the scores could not judge stays as it was. `overall` stays that of the sample.
    """
    figures = document["report"]["figures"]
    metrics = []
    for metric in report["metrics"]:
        name, method = _BETTER.get(metric["name"], ("", ""))
        figure = figures.get(name)
        if figure is None or figure["value"] is None:
            metrics.append(metric)
            continue
        taken = {key: figure[key] for key in ("n", "value", "low", "high")}
        verdict = "passed" if figure["value"] >= metric["target"] else "failed"
        metrics.append(dict(metric) | taken | {"verdict": verdict, "method": method})
    beside = {key: document[key] for key in ("scores_sha256", "rules_version", "heads_sha256")}
    return dict(report) | {"metrics": metrics, "enrichment": beside | {"report": document["report"]}}


def scored_lines(release: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the release's lines with `metadata.scores` for the stage ladder. Raises ScoresRefused where they differ."""
    manifest = msgspec.json.decode((release / MANIFEST).read_bytes())
    for line, scores in zip(lines_in(FolderReader(release), manifest), scores_in(folder / SCORES), strict=True):
        if line["metadata"]["content_hash"] != scores["content_hash"]:
            raise ScoresRefused(f"{folder} holds the scores of another release")
        known = {name: scores["quality"][name] for name in _FOR_STAGES} if scores["quality"] else {}
        given = {name: value for name, value in known.items() if value is not None}
        yield line | {"metadata": line["metadata"] | {"scores": given}}
