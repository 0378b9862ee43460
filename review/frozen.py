"""The evidence a decision rests on, gathered and checked at one moment: bytes, evaluation, campaign, card."""

from __future__ import annotations

from inference.engine.errors import BundleRefused
from inference.serving.reading import read_bundle
from pixelhub.canonical import sha256_hex, sha256_json
from pixelhub.objects import ObjectNotFound, get_store
from review.evidence.digests import Evidence
from review.figures import campaign_problems
from review.models import Campaign
from review.refusal import Refused
from training_app.models import Evaluation, ModelVersion
from training_app.services.evaluations import CARD

__all__ = ["check_bytes", "closed_campaign", "gather_evidence", "test_evaluation"]


def gather_evidence(version: ModelVersion) -> Evidence:
    """Every part by digest, each recomputed from what lies there now. Raises Refused naming the part that fails."""
    check_bytes(version)
    evaluation = test_evaluation(version)
    campaign = closed_campaign(version)
    problems = campaign_problems(campaign)
    if problems:
        raise Refused(f"Campaign {campaign.pk}: {problems[0]}.")
    return Evidence(
        bundle_sha256=version.bundle_sha256,
        evaluation_sha256=evaluation.sha256,
        test_set_sha256=evaluation.test_set_sha256,
        campaign_sha256=campaign.sha256,
        card_sha256=card_sha256(version),
        files={name: entry["sha256"] for name, entry in version.files.items()},
    )


def check_bytes(version: ModelVersion) -> None:
    """Re-hash every file of the stored bundle. Raises Refused naming the file that is not what was registered."""
    try:
        read_bundle(get_store(), version.object_prefix, version.bundle_sha256)
    except BundleRefused as error:
        raise Refused(f"The stored bytes are not those of {version.bundle_sha256[:12]}: {error}.") from None


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
    campaign = campaigns.order_by("-closed_at", "-pk").first()
    if campaign is None:
        raise Refused("No expert has reviewed this version yet; a closed campaign is needed.")
    return campaign


def card_sha256(version: ModelVersion) -> str:
    """The digest of the stored model card; empty where none was written."""
    try:
        return sha256_hex(get_store().read(f"{version.evidence_prefix}{CARD}"))
    except ObjectNotFound:
        return ""
