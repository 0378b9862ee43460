"""Promotion: only what was signed, byte for byte; former out and new in, together; and the way back."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from inference.models import Deployment
from pixelhub.audit.models import AuditEvent
from pixelhub.signing import load_or_create_key
from review import services
from review.models import SignOff
from review.refusal import Refused
from tests.review.staged import Staged, stage_version
from training_app.models import ModelVersion, VersionState

pytestmark = pytest.mark.django_db


def states() -> dict[str, str]:
    return dict(ModelVersion.objects.values_list("version", "state"))


def test_an_ml_engineer_promotes_a_signed_version_in_the_browser(staged: Staged) -> None:
    staged.approved()
    client = staged.world.client("ml_engineer")
    assert "Promote" in client.get(reverse("review:promotion")).content.decode()
    client.post(reverse("review:version_promote", args=[staged.version.pk]))
    deployment = Deployment.objects.get()
    assert deployment.bundle_sha256 == staged.version.bundle_sha256
    assert deployment.signoff == SignOff.objects.get().envelope
    assert states() == {staged.version.version: VersionState.PRODUCTION}
    assert AuditEvent.objects.filter(action="version.promote").count() == 1


def test_the_former_version_is_retired_in_the_same_step_and_can_come_back(staged: Staged) -> None:
    staged.approved()
    services.version_promote(version=staged.version, actor=staged.trainer)
    newer = stage_version(staged.world, seed=2)
    newer.approved()
    services.version_promote(version=newer.version, actor=staged.trainer)
    assert states() == {staged.version.version: VersionState.RETIRED, newer.version.version: VersionState.PRODUCTION}
    assert Deployment.objects.filter(retired_at=None).get().model_version == newer.version
    services.version_promote(version=staged.version, actor=staged.trainer)
    assert states() == {staged.version.version: VersionState.PRODUCTION, newer.version.version: VersionState.RETIRED}
    assert Deployment.objects.filter(retired_at=None).get().model_version == staged.version
    assert Deployment.objects.count() == 3
    assert AuditEvent.objects.filter(action="version.roll_back").count() == 1


def test_an_unsigned_version_is_not_promoted(staged: Staged) -> None:
    staged.reviewed()
    with pytest.raises(Refused, match="in review"):
        services.version_promote(version=staged.version, actor=staged.trainer)
    ModelVersion.objects.update(state=VersionState.APPROVED)
    with pytest.raises(Refused, match="no sign-off"):
        services.version_promote(version=staged.version, actor=staged.trainer)
    assert not Deployment.objects.exists()


def test_one_flipped_byte_stops_it_and_is_named(staged: Staged) -> None:
    staged.approved()
    staged.flip_byte()
    client = staged.world.client("ml_engineer")
    answer = client.post(reverse("review:version_promote", args=[staged.version.pk]), follow=True)
    assert "model.onnx" in answer.content.decode()
    assert not Deployment.objects.exists()
    assert states() == {staged.version.version: VersionState.APPROVED}


def test_going_back_needs_bytes_that_are_still_those_signed(staged: Staged) -> None:
    staged.approved()
    services.version_promote(version=staged.version, actor=staged.trainer)
    newer = stage_version(staged.world, seed=2)
    newer.approved()
    services.version_promote(version=newer.version, actor=staged.trainer)
    staged.flip_byte()
    with pytest.raises(Refused, match=r"model\.onnx"):
        services.version_promote(version=staged.version, actor=staged.trainer)
    assert Deployment.objects.filter(retired_at=None).get().model_version == newer.version


def test_a_sign_off_by_a_foreign_key_does_not_count(staged: Staged, settings: object, tmp_path: object) -> None:
    staged.approved()
    other = load_or_create_key(tmp_path / "other.pem")  # type: ignore[operator]
    settings.SIGNING_PUBLIC_KEY_FILE.write_bytes(other.public.pem())  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="signature"):
        services.version_promote(version=staged.version, actor=staged.trainer)


def test_evidence_that_changed_after_signing_needs_a_new_review(staged: Staged) -> None:
    staged.approved()
    version = ModelVersion.objects.get()
    version.evaluations.update(test_set_sha256="8" * 64)
    with pytest.raises(Refused, match="evidence changed"):
        services.version_promote(version=version, actor=staged.trainer)


def test_what_runs_is_not_promoted_again(staged: Staged) -> None:
    staged.approved()
    services.version_promote(version=staged.version, actor=staged.trainer)
    with pytest.raises(Refused, match="in production"):
        services.version_promote(version=staged.version, actor=staged.trainer)
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize("role", ["clinical_lead", "qa", "pm", "data_engineer", "annotator", "administrator"])
def test_other_roles_do_not_promote(staged: Staged, role: str) -> None:
    staged.approved()
    url = reverse("review:version_promote", args=[staged.version.pk])
    assert staged.world.client(role).post(url).status_code == 403
    with pytest.raises(PermissionDenied):
        services.version_promote(version=staged.version, actor=staged.world.user(role))
    assert not Deployment.objects.exists()


def test_an_outsider_does_not_promote(staged: Staged) -> None:
    staged.approved()
    url = reverse("review:version_promote", args=[staged.version.pk])
    assert staged.world.outsider_client("ml_engineer").post(url).status_code == 404
    assert staged.world.anonymous().post(url).status_code == 302
