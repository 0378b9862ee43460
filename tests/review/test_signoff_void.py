"""What ends a sign-off: a void by a lead or administrator, any change of the evidence; in page, service and loader."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.urls import reverse

from inference.engine.errors import SignoffRefused
from inference.models import Deployment, SignoffVoid
from inference.services import deployment_activate
from inference.serving.reading import read_signed_bundle
from pixelhub.objects import get_store
from review import services
from review.models import FairnessReport
from review.refusal import Refused
from review.standing import signoff_standing
from tests.review.staged import Staged, stage_version
from training_app.models import ModelVersion, VersionState

pytestmark = pytest.mark.django_db
WHY = "A miss came in that the experts had not seen."


def test_a_void_ends_service_at_once_and_spends_the_evidence(staged: Staged) -> None:
    signoff = staged.approved()
    deployment = services.version_promote(version=staged.version, actor=staged.trainer)
    client = staged.world.client("administrator")
    url = reverse("review:signoff_void", args=[staged.version.pk])
    assert "It leaves production at once" in client.get(url).content.decode()
    assert client.post(url, {"reason": " "}).status_code == 400
    assert client.post(url, {"reason": WHY}).status_code == 302
    void = SignoffVoid.objects.get()
    assert (void.evidence_sha256, void.voided_by) == (signoff.evidence_sha256, staged.world.user("administrator"))
    version = ModelVersion.objects.get()
    assert version.state == VersionState.RETIRED
    assert not Deployment.objects.filter(retired_at=None).exists()
    # No way back to it: in the service, through the ledger's own service, and for a row written past both.
    with pytest.raises(Refused, match="voided by"):
        services.version_promote(version=version, actor=staged.trainer)
    with pytest.raises(SignoffRefused, match="voided"):
        deployment_activate(
            project=staged.project, model_version=version, signoff=deployment.signoff, actor=staged.trainer
        )
    with pytest.raises(SignoffRefused, match="voided"):
        read_signed_bundle(model_version=version, bundle_sha256=version.bundle_sha256, signoff=deployment.signoff)
    page = staged.world.client("ml_engineer").get(reverse("review:promotion")).content.decode()
    assert "It cannot come back, because:" in page and WHY in page
    state = staged.world.client("ml_engineer").post(reverse("production_api:promote", args=[version.pk]))
    assert state.status_code == 409 and state["Content-Type"] == "application/problem+json"
    assert [block["code"] for block in state.json()["blocks"]] == ["voided"]
    ledger = staged.world.client("administrator").get(reverse("review:ledger")).content.decode()
    assert "Sign-off voided" in ledger and "Promotion refused" in ledger and WHY in ledger
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        SignoffVoid.objects.all().delete()


def test_voided_evidence_is_not_signed_again_and_a_new_review_is(staged: Staged) -> None:
    staged.approved()
    services.signoff_void(version=staged.version, actor=staged.lead, reason=WHY)
    assert ModelVersion.objects.get().state == VersionState.IN_REVIEW
    second = staged.world.user("clinical_lead", n=2)
    with pytest.raises(Refused, match="takes new evidence to sign again") as refused:
        staged.sign(second)
    assert {block.code for block in refused.value.blocks} == {"voided"}
    page = staged.world.sign_in(second).get(reverse("review:signoff", args=[staged.version.pk])).content.decode()
    assert 'data-block="voided"' in page and "<b>Void</b>" in page
    with pytest.raises(Refused, match="void already"):
        services.signoff_void(version=staged.version, actor=staged.lead, reason=WHY)
    campaign = services.campaign_create(version=ModelVersion.objects.get(), actor=staged.lead, size=6, seed=12)
    staged.judge_all(campaign)
    services.campaign_close(campaign=campaign, actor=staged.lead)
    assert staged.sign(second).decision == "approved"
    assert ModelVersion.objects.get().state == VersionState.APPROVED


def test_who_may_void_and_what(staged: Staged) -> None:
    with pytest.raises(Refused, match="no approval"):
        services.signoff_void(version=staged.version, actor=staged.lead, reason=WHY)
    staged.approved()
    for role in ("ml_engineer", "qa", "pm", "data_engineer"):
        with pytest.raises(PermissionDenied):
            services.signoff_void(version=staged.version, actor=staged.world.user(role), reason=WHY)
    assert not SignoffVoid.objects.exists()


def test_each_changed_part_is_named(staged: Staged) -> None:
    staged.approved()
    version = ModelVersion.objects.get()
    assert signoff_standing(version).holds
    FairnessReport.objects.create(
        project=staged.project,
        model_version=version,
        bundle_sha256=version.bundle_sha256,
        document={"n": 1},
        sha256="d" * 64,
        alert="none",
        created_by=staged.lead,
    )
    assert any("was altered" in block.says for block in signoff_standing(version).blocks)
    other = stage_version(staged.world, seed=5)
    other.approved()
    get_store().put(f"{other.version.evidence_prefix}card.md", b"# Another card\n")
    [block] = signoff_standing(ModelVersion.objects.get(pk=other.version.pk)).blocks
    assert block.code == "evidence_changed" and "model card" in block.says
