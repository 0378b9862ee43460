"""The newest documents of figures about a version, each checked against its digest."""

from __future__ import annotations

from typing import TypeVar

from pixelhub.canonical import sha256_json
from review.models import EdgeCaseCheck, FairnessReport
from review.refusal import Refused
from training_app.models import ModelVersion

__all__ = ["edge_case_digest", "fairness_digest", "newest_finding"]

Finding = TypeVar("Finding", FairnessReport, EdgeCaseCheck)


def newest_finding(kind: type[Finding], version: ModelVersion) -> Finding | None:
    """The version's newest document of this kind over exactly its bytes."""
    found: Finding | None = (
        kind.objects.filter(model_version=version, bundle_sha256=version.bundle_sha256).order_by("-pk").first()
    )
    return found


def fairness_digest(version: ModelVersion) -> str:
    """The digest of the newest fairness report; "" where none was made. Raises Refused for one that was altered."""
    return _digest(newest_finding(FairnessReport, version), "Fairness report")


def edge_case_digest(version: ModelVersion) -> str:
    """The same of the newest proof that edge cases were kept."""
    return _digest(newest_finding(EdgeCaseCheck, version), "Edge case check")


def _digest(finding: FairnessReport | EdgeCaseCheck | None, name: str) -> str:
    if finding is None:
        return ""
    if sha256_json(finding.document) != finding.sha256:
        raise Refused(f"{name} {finding.pk} was altered after it was made.")
    return finding.sha256
