"""What of the signed evidence was altered since, and what is merely newer: two different things.

Altered is what lies there in the place of what was signed and is not the same: the signature speaks of something that
does not exist any more. Newer is a report or a review that was made afterwards: what was signed is untouched. What
cannot be found at the moment (a store that is away) is neither: the serving process refuses it while it is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pixelhub.canonical import sha256_hex, sha256_json
from pixelhub.objects import ObjectNotFound, get_store
from review.evidence.signed import PARTS, SIGNOFF_FORMAT, TOP_LEVEL
from review.figures import campaign_problems
from review.models import Campaign, EdgeCaseCheck, FairnessReport
from training_app.models import Evaluation, ModelVersion
from training_app.services.evaluations import CARD, PREDICTIONS

__all__ = ["altered_parts", "newer_parts"]

_INDEX: Final = "bundle.json"
_FINDINGS: Final = {"fairness_sha256": FairnessReport, "edge_cases_sha256": EdgeCaseCheck}


def altered_parts(version: ModelVersion, document: Mapping[str, Any]) -> list[str]:
    """The names of the signed parts in whose place something else lies now; empty while all of it stands."""
    return [PARTS[name] for name in _altered(version, _signed(document))]


def newer_parts(version: ModelVersion, document: Mapping[str, Any]) -> list[str]:
    """The names of what was made after the signature, and that nobody has signed."""
    signed = _signed(document)
    found = []
    if "campaigns" in signed:
        closed = set(_closed(version).values_list("sha256", flat=True))
        if closed - set(signed["campaigns"]):
            found.append(PARTS["campaign_sha256"])
    for name, kind in _FINDINGS.items():
        newest = kind.objects.filter(model_version=version, bundle_sha256=version.bundle_sha256).order_by("-pk").first()
        if newest is not None and name in signed and newest.sha256 != signed[name]:
            found.append(PARTS[name])
    return found


def _signed(document: Mapping[str, Any]) -> Mapping[str, Any]:
    evidence = document.get("evidence") if document.get("format") == SIGNOFF_FORMAT else None
    return evidence if isinstance(evidence, dict) else {name: document.get(name) for name in TOP_LEVEL}


def _altered(version: ModelVersion, signed: Mapping[str, Any]) -> Iterator[str]:
    if version.bundle_sha256 != signed["bundle_sha256"] or _differs(
        f"{version.object_prefix}{_INDEX}", signed["bundle_sha256"]
    ):
        yield "bundle_sha256"
    manifest = signed.get("release_manifest_sha256")
    if manifest and version.release.manifest_sha256 != manifest:
        yield "release_manifest_sha256"
    evaluations = Evaluation.objects.filter(model_version=version, split="test", sha256=signed["evaluation_sha256"])
    if not any(sha256_json(row.metrics) == row.sha256 for row in evaluations):
        yield "evaluation_sha256"
    if _differs(f"{version.evidence_prefix}{PREDICTIONS}", signed.get("predictions_sha256")):
        yield "predictions_sha256"
    campaigns = {row.sha256: row for row in _closed(version)}
    for digest in signed.get("campaigns") or [signed["campaign_sha256"]]:
        if digest not in campaigns or campaign_problems(campaigns[digest]):
            yield "campaign_sha256"
            break
    for name, kind in _FINDINGS.items():
        rows = kind.objects.filter(model_version=version, sha256=signed.get(name) or "")
        if signed.get(name) and not any(sha256_json(row.document) == row.sha256 for row in rows):
            yield name
    if _differs(f"{version.evidence_prefix}{CARD}", signed["card_sha256"]):
        yield "card_sha256"


def _closed(version: ModelVersion) -> Any:
    return Campaign.objects.filter(
        model_version=version, bundle_sha256=version.bundle_sha256, state=Campaign.State.CLOSED
    )


def _differs(key: str, digest: str | None) -> bool:
    """Whether an object lies there and is another one than was signed."""
    if not digest:
        return False
    try:
        return sha256_hex(get_store().read(key)) != digest
    except ObjectNotFound:
        return False
