"""The gates, the freeze switch, the way back, and the same as JSON: everything that stands in the way is said."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.urls import reverse

from inference.models import Deployment
from pixelhub.audit.models import AuditEvent
from review import services
from review.models import PromotionFreeze
from review.refusal import Refused
from tests.review.staged import Staged, stage_version
from training_app.models import ModelVersion, VersionState

pytestmark = pytest.mark.django_db
WHY = "Alarms in the night; nothing new until we know why."


def codes(refused: Refused) -> set[str]:
    return {block.code for block in refused.blocks}


def second_in_production(staged: Staged) -> Staged:
    """Two versions that both were in production; the newer one is."""
    staged.approved()
    services.version_promote(version=staged.version, actor=staged.trainer)
    newer = stage_version(staged.world, seed=2)
    newer.approved()
    services.version_promote(version=newer.version, actor=staged.trainer)
    return newer


def test_a_gate_is_passed_or_waived_by_two_and_never_by_one(staged: Staged) -> None:
    staged.approved(waived=False)
    with pytest.raises(Refused) as refused:
        services.version_promote(version=staged.version, actor=staged.trainer)
    failing = codes(refused.value)
    assert failing == {"gate_3.sensitivity", "gate_3.f1", "gate_3.per-type"}, "specificity passes"
    lead = {"project": staged.project, "actor": staged.lead, "reason": "Served under watch.", "seat": "clinical_lead"}
    for code in failing:
        services.gate_waive(gate=code.removeprefix("gate_"), version=staged.version, **lead)
    with pytest.raises(Refused, match="the PM's half is missing"):
        services.version_promote(version=staged.version, actor=staged.trainer)
    page = staged.world.client("ml_engineer").get(reverse("review:promotion")).content.decode()
    assert page.count('data-block="gate_') == 3
    for code in failing:
        pm = lead | {"actor": staged.world.user("pm"), "seat": "pm"}
        services.gate_waive(gate=code.removeprefix("gate_"), version=staged.version, **pm)
    services.version_promote(version=staged.version, actor=staged.trainer)
    event = AuditEvent.objects.get(action="version.promote")
    assert set(json.loads(event.payload_json)["waived"]) == {code.removeprefix("gate_") for code in failing}
    assert AuditEvent.objects.filter(action="version.promote_refused").count() == 2
    other = stage_version(staged.world, seed=9)
    other.approved(waived=False)
    with pytest.raises(Refused, match="does not pass"):
        services.version_promote(version=other.version, actor=staged.trainer)


def test_a_freeze_stops_promotions_and_leaves_the_way_back(staged: Staged) -> None:
    second_in_production(staged)
    third = stage_version(staged.world, seed=3)
    third.approved()
    client = staged.world.client("ml_engineer")
    assert client.post(reverse("review:promotion_freeze"), {"reason": WHY}).status_code == 302
    with pytest.raises(Refused, match="frozen already"):
        services.promotion_freeze(project=staged.project, actor=staged.lead, reason=WHY)
    with pytest.raises(Refused) as refused:
        services.version_promote(version=third.version, actor=staged.trainer)
    assert codes(refused.value) == {"frozen"}
    assert WHY in client.get(reverse("review:promotion")).content.decode()
    client.post(reverse("review:roll_back"))
    assert Deployment.objects.get(retired_at=None).model_version == staged.version
    assert client.post(reverse("review:promotion_unfreeze"), {"reason": "Found."}).status_code == 403
    with pytest.raises(PermissionDenied):
        services.promotion_unfreeze(project=staged.project, actor=staged.trainer, reason="Found.")
    admin = staged.world.client("administrator")
    assert admin.post(reverse("review:promotion_unfreeze"), {"reason": ""}).status_code == 302
    assert PromotionFreeze.objects.filter(lifted_at=None).exists(), "not without a reason"
    admin.post(reverse("review:promotion_unfreeze"), {"reason": "It was the sensor."})
    services.version_promote(version=third.version, actor=staged.trainer)
    ledger = admin.get(reverse("review:ledger")).content.decode()
    for words in ("Promotions frozen", "Promotions go on", "It was the sensor.", "Rolled back", "because of: frozen"):
        assert words in ledger


def test_back_is_one_step_and_skips_nothing_silently(staged: Staged) -> None:
    with pytest.raises(Refused, match="No version was in production before"):
        services.roll_back(project=staged.project, actor=staged.trainer)
    newer = second_in_production(staged)
    out = StringIO()
    call_command("roll_back", staged.project.slug, by=staged.trainer.username, stdout=out)
    assert f"Version {staged.version.version} is in production." in out.getvalue()
    call_command("promote_version", staged.project.slug, newer.version.version, by=staged.trainer.username, stdout=out)
    staged.flip_byte()
    with pytest.raises(CommandError, match=r"model\.onnx"):
        call_command("roll_back", staged.project.slug, by=staged.trainer.username)
    with pytest.raises(CommandError, match="role"):
        call_command("roll_back", staged.project.slug, by=staged.lead.username)
    assert Deployment.objects.get(retired_at=None).model_version == newer.version


def test_the_same_as_json_with_every_reason(staged: Staged) -> None:
    staged.reviewed()
    client = staged.world.client("ml_engineer")
    address = reverse("production_api:signoff", args=[staged.version.pk])
    state = client.get(address).json()
    assert (state["holds"], state["state"], state["approvals_needed"]) == (False, "in_review", 1)
    assert {block["code"] for block in state["blocks_promotion"]} >= {"state", "unsigned", "gate_3.f1"}
    assert {block["code"] for block in state["blocks_signing"]} >= {"not_a_signer", "made_it", "sign_in_needed"}
    refused = client.post(reverse("production_api:promote", args=[staged.version.pk]))
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    assert {block["code"] for block in refused.json()["blocks"]} >= {"state", "unsigned", "gate_3.f1"}
    staged.sign()
    staged.waive_gates()
    done = client.post(reverse("production_api:promote", args=[staged.version.pk]))
    assert (done.status_code, done.json()["bundle_sha256"]) == (200, staged.version.bundle_sha256)
    state = client.get(address).json()
    assert state["holds"] and state["signoffs"][0]["signer"] == str(staged.lead)
    assert client.post(reverse("production_api:roll_back")).status_code == 409
    freeze = reverse("production_api:freeze")
    assert client.post(freeze, {}, content_type="application/json").status_code == 422
    assert client.post(freeze, {"reason": WHY}, content_type="application/json").json() == {"frozen": True}
    unfreeze = reverse("production_api:unfreeze")
    assert client.post(unfreeze, {"reason": WHY}, content_type="application/json").status_code == 403
    lead = staged.world.client("clinical_lead")
    assert lead.post(unfreeze, {"reason": "Known."}, content_type="application/json").json() == {"frozen": False}
    client.logout()
    ended = client.post(reverse("production_api:promote", args=[staged.version.pk]))
    assert (ended.status_code, ended.json()["code"]) == (401, "not_authenticated")
    assert "Your session has ended" in ended.json()["detail"]
    assert ModelVersion.objects.get().state == VersionState.PRODUCTION
