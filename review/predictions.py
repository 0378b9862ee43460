"""The per-record test predictions that training stored beside a bundle when it evaluated it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SEVERITIES
from pixelhub.canonical import sha256_hex
from pixelhub.objects import ObjectNotFound, get_store
from review.evidence.sampling import Prediction
from review.refusal import Refused
from training_app.models import ModelVersion
from training_app.services.evaluations import PREDICTIONS

__all__ = ["TestPredictions", "read_predictions"]


@dataclass(frozen=True)
class TestPredictions:
    """All predictions on the test split, by content hash, with the digest of the file they came from."""

    __test__ = False  # not a test class

    rows: Mapping[str, dict[str, Any]]
    sha256: str

    def for_sampling(self, edge_cases: frozenset[str], groups: Mapping[str, str] | None = None) -> list[Prediction]:
        """As the sampler takes them, by content hash: which are `edge_cases`, and the demographics where known."""
        groups = groups or {}
        return [
            Prediction(
                key=key,
                true_type=row["true_type"],
                true_severity=row["true_severity"],
                predicted_type=row["predicted_type"],
                crisis=row["crisis"],
                confidence=row["probabilities"][row["predicted_type"]],
                is_edge_case=key in edge_cases,
                group=groups.get(key, ""),
            )
            for key, row in sorted(self.rows.items())
        ]


def read_predictions(version: ModelVersion) -> TestPredictions:
    """Read and check the stored predictions. Raises Refused naming what is missing or malformed."""
    try:
        data = get_store().read(f"{version.evidence_prefix}{PREDICTIONS}")
    except ObjectNotFound:
        raise Refused(f"Version {version.version} has no stored test predictions; evaluate it first.") from None
    rows: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            key, row = _parse(json.loads(line), version.threshold)
        except (ValueError, KeyError, TypeError):
            raise Refused(f"Line {number} of the stored test predictions is malformed.") from None
        if key in rows:
            raise Refused(f"Line {number} of the stored test predictions repeats a conversation.")
        rows[key] = row
    return TestPredictions(rows, sha256_hex(data))


def _parse(raw: dict[str, Any], threshold: float) -> tuple[str, dict[str, Any]]:
    score, true_type, predicted_type = float(raw["score"]), raw["true_type"], raw["predicted_type"]
    crisis = score >= threshold
    if true_type not in CRISIS_TYPES or predicted_type not in CRISIS_TYPES or not 0.0 <= score <= 1.0:
        raise ValueError("outside its range")
    if (predicted_type != NONE_TYPE) != crisis:
        raise ValueError("the decision is not that of this version's threshold")
    if raw["true_severity"] is not None and raw["true_severity"] not in SEVERITIES:
        raise ValueError("severity outside 1-5")
    return str(raw["content_hash"]), {
        "true_type": true_type,
        "true_severity": raw["true_severity"],
        "predicted_type": predicted_type,
        "severity": raw["severity"] if crisis else None,
        "score": score,
        "crisis": crisis,
        "probabilities": {kind: float(raw["probabilities"][kind]) for kind in CRISIS_TYPES},
    }
