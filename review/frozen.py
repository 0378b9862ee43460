"""The evidence a decision rests on, gathered and checked at one moment: every part, or everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import orjson
from django.urls import reverse

from inference.engine.errors import BundleRefused
from inference.serving.reading import read_bundle
from pixelhub.canonical import sha256_hex, sha256_json
from pixelhub.objects import ObjectNotFound, get_store
from review.evidence.signed import Evidence
from review.figures import campaign_problems
from review.found import edge_case_digest, fairness_digest
from review.models import Campaign
from review.refusal import Block, Refused, refused_for
from training_app.models import Evaluation, ModelVersion
from training_app.services.evaluations import CARD, PREDICTIONS

__all__ = ["card_sha256", "check_bytes", "closed_campaign", "evidence_now", "gather_evidence", "test_evaluation"]

INDEX: Final = "bundle.json"
TOKENIZER: Final = "tokenizer.json"

Part = TypeVar("Part")


def gather_evidence(version: ModelVersion, *, with_bytes: bool = True) -> Evidence:
    """Every part by digest, each recomputed from what lies there now. Raises Refused naming every part that fails."""
    evidence, blocks = evidence_now(version, with_bytes=with_bytes)
    if evidence is None:
        raise refused_for(blocks)
    return evidence


def evidence_now(version: ModelVersion, *, with_bytes: bool = True) -> tuple[Evidence | None, list[Block]]:
    """The evidence, or None with everything that is missing or altered.

    `with_bytes` False reads the bundle's index but not its files: for a second look in a transaction, where some 100
    MB must not be hashed under a lock.
    """
    blocks: list[Block] = []

    def part(code: str, read: Callable[[ModelVersion], Part], url: str = "", action: str = "") -> Part | None:
        try:
            return read(version)
        except Refused as refused:
            blocks.append(Block(code, str(refused), url, action))
            return None

    version_url = reverse("training:version_detail", args=[version.pk])
    index = part("bytes", _proven_index if with_bytes else _index, version_url, "Look at the version")
    evaluation = part("evaluation", test_evaluation, version_url, "Look at the evaluation")
    campaign = part("campaign", _whole_campaign, reverse("review:campaigns"), "Open the reviews")
    fairness = part("fairness", fairness_digest)
    edge_cases = part("edge_cases", edge_case_digest)
    if index is None or evaluation is None or campaign is None or fairness is None or edge_cases is None:
        return None, blocks
    lineage = index.get("lineage") or {}
    files = {name: str(entry["sha256"]) for name, entry in index["files"].items()}
    return (
        Evidence(
            bundle_sha256=version.bundle_sha256,
            weights={name: digest for name, digest in files.items() if name != TOKENIZER},
            tokenizer={name: digest for name, digest in files.items() if name == TOKENIZER},
            threshold=float(index["threshold"]),
            temperature=float(index["temperature"]),
            release=str(lineage.get("release") or version.release.version),
            release_manifest_sha256=str(lineage.get("release_manifest_sha256", "")),
            test_set_sha256=evaluation.test_set_sha256,
            config_sha256=str(lineage.get("config_sha256", "")),
            code_version=str(lineage.get("code_version", "")),
            evaluation_sha256=evaluation.sha256,
            predictions_sha256=_stored_sha256(version, PREDICTIONS),
            campaign_sha256=campaign.sha256,
            campaigns=tuple(sorted(_closed(version).values_list("sha256", flat=True))),
            fairness_sha256=fairness,
            edge_cases_sha256=edge_cases,
            card_sha256=card_sha256(version),
        ),
        [],
    )


def check_bytes(version: ModelVersion) -> None:
    """Re-hash every file of the stored bundle. Raises Refused naming the file that is not what was registered."""
    _proven_index(version)


def _proven_index(version: ModelVersion) -> dict[str, Any]:
    try:
        return dict(read_bundle(get_store(), version.object_prefix, version.bundle_sha256).document)
    except BundleRefused as error:
        raise Refused(f"The stored bytes are not those of {version.bundle_sha256[:12]}: {error}.") from None


def _index(version: ModelVersion) -> dict[str, Any]:
    try:
        data = get_store().read(f"{version.object_prefix}{INDEX}")
    except ObjectNotFound:
        data = b""
    if sha256_hex(data) != version.bundle_sha256:
        raise Refused(f"The stored bytes are not those of {version.bundle_sha256[:12]}: {INDEX} differs.")
    found: dict[str, Any] = orjson.loads(data)
    return found


def test_evaluation(version: ModelVersion) -> Evaluation:
    """The version's latest evaluation on its test split. Raises Refused when there is none or it was altered."""
    evaluation = Evaluation.objects.filter(model_version=version, split="test").order_by("-use_number").first()
    if evaluation is None:
        raise Refused(f"Version {version.version} was not evaluated on its test split yet.")
    if sha256_json(evaluation.metrics) != evaluation.sha256:
        raise Refused(f"Evaluation {evaluation.pk} was altered after it was made.")
    return evaluation


test_evaluation.__test__ = False  # type: ignore[attr-defined]  # not a test


def closed_campaign(version: ModelVersion) -> Campaign:
    """The latest closed campaign over exactly these bytes. Raises Refused when there is none or one is still open."""
    campaigns = Campaign.objects.filter(model_version=version, bundle_sha256=version.bundle_sha256)
    if campaigns.filter(state=Campaign.State.OPEN).exists():
        raise Refused("A campaign over this version is still open; close it first.")
    campaign = _closed(version).order_by("-closed_at", "-pk").first()
    if campaign is None:
        raise Refused("No expert has reviewed this version yet; a closed campaign is needed.")
    return campaign


def _closed(version: ModelVersion) -> Any:
    return Campaign.objects.filter(
        model_version=version, bundle_sha256=version.bundle_sha256, state=Campaign.State.CLOSED
    )


def _whole_campaign(version: ModelVersion) -> Campaign:
    campaign = closed_campaign(version)
    for closed in _closed(version):
        problems = campaign_problems(closed)
        if problems:
            raise Refused(f"Campaign {closed.pk}: {problems[0]}.")
    return campaign


def card_sha256(version: ModelVersion) -> str:
    """The digest of the stored model card; empty where none was written."""
    return _stored_sha256(version, CARD)


def _stored_sha256(version: ModelVersion, name: str) -> str:
    """The digest of a file kept beside the bundle; empty where none was written."""
    try:
        return sha256_hex(get_store().read(f"{version.evidence_prefix}{name}"))
    except ObjectNotFound:
        return ""
