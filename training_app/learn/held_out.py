"""The evaluation of a frozen bundle: the only door to a test split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.canonical import canonical_json

from .bundle import FrozenBundle
from .cases import Case, case_of
from .data import TEST_SPLIT, release_open
from .encoder import use_threads
from .errors import ReleaseRefused
from .evaluation import Predictions, evaluate
from .predict import predict
from .reference import reference_of


@dataclass(frozen=True)
class HeldOut:
    """Metrics as JSON types and one prediction per conversation, by content hash; no text in either."""

    metrics: dict[str, Any]
    predictions: list[dict[str, Any]]

    def predictions_jsonl(self) -> bytes:
        """Return the predictions as canonical JSON lines."""
        return b"".join(canonical_json(row) + b"\n" for row in self.predictions)


def evaluate_bundle(
    bundle: FrozenBundle, release_folder: Path, *, split: str = TEST_SPLIT, threads: int = 1
) -> HeldOut:
    """Evaluate the bundle's own bytes on a split of the release that it was trained on.

    Raises ReleaseRefused, BundleRefused, and ReleaseRefused for a split without crises or without non-crises.
    """
    use_threads(threads)
    release = release_open(release_folder)
    if split == TEST_SPLIT:
        samples = release.held_out(bundle)
    else:
        samples = release.samples(split, last_messages=int(bundle.document["last_messages"]))
    predictions = predict(bundle, [sample.text for sample in samples], threads=threads)
    cases = [case_of(sample) for sample in samples]
    if {case.crisis for case in cases} != {True, False}:
        raise ReleaseRefused("an evaluation needs conversations with a crisis and conversations without one")
    metrics = evaluate(cases, predictions)
    metrics |= {
        "split": split,
        "bundle_sha256": bundle.sha256,
        "release": release.version,
        "release_manifest_sha256": release.manifest_sha256,
        "test_set_sha256": release.test_set_sha256 if split == TEST_SPLIT else None,
        "simulated_labels": sum(sample.simulated for sample in samples),
        "weak_labels": sum(sample.label_source == "weak" for sample in samples),
        "synthetic_only": set(metrics["sources"]) <= {"synthetic", "augmented"},
        "reference": reference_of(
            score=predictions.scores.tolist(),
            characters=[sample.size.characters for sample in samples],
            messages=[sample.size.messages for sample in samples],
        ),
    }
    return HeldOut(metrics, [_row(*pair, predictions) for pair in enumerate(cases)])


def _row(index: int, case: Case, predictions: Predictions) -> dict[str, Any]:
    # Exact floats, not rounded ones: whoever compares a score with the threshold must decide as the bundle does.
    return {
        "content_hash": case.content_hash,
        "record_id": case.record_id,
        "true_type": case.type_name,
        "true_severity": case.severity,
        "predicted_type": CRISIS_TYPES[int(predictions.types[index])],
        "severity": int(predictions.severities[index]),
        "score": float(predictions.scores[index]),
        "probabilities": dict(zip(CRISIS_TYPES, predictions.probabilities[index].tolist(), strict=True)),
        "slices": dict(case.slices),
    }
