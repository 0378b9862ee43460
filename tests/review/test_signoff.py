"""Sign-off: one clinical lead, not the trainer, once, on evidence that is whole, with the password again."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from inference.engine.signoff import verify_signoff
from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from pixelhub.keys import public_key
from review import services
from review.evidence.signed import evidence_digest
from review.frozen import gather_evidence
from review.models import AppendOnlyError, Judgement, SignOff
from review.refusal import Refused
from review.signin import SignIn
from tests.personas import PASSWORD
from tests.review.staged import REASON, Staged, stage_version
from training_app.models import Evaluation, ModelVersion, VersionState

pytestmark = pytest.mark.django_db


def now_by(user: User) -> SignIn:
    return SignIn(user.pk, timezone.now(), ("password",))


def form(staged: Staged, **changes: str) -> dict[str, str]:
    digest = evidence_digest(gather_evidence(staged.version))
    return {"decision": "approved", "reason": REASON, "password": PASSWORD, "evidence_sha256": digest} | changes


def test_a_clinical_lead_signs_in_the_browser(staged: Staged) -> None:
    staged.reviewed()
    client = staged.world.client("clinical_lead")
    url = reverse("review:signoff", args=[staged.version.pk])
    page = client.get(url).content.decode()
    assert staged.version.bundle_sha256 in page
    assert "Crises that it missed" in page and "not opened by you yet" in page
    assert 'value="rejected"' in page and 'value="approved"' not in page, "approving lives once all were read"
    missed = Evaluation.objects.get().metrics["missed"]
    assert page.count('class="missed"') == len(missed) > 0
    assert "macro_f1" in page, "targets that are clearly missed are named before the decision"
    assert client.post(url, form(staged)).status_code == 409, "nobody approves what they have not read"
    assert not SignOff.objects.exists()
    for row in missed:
        key = row["content_hash"].removeprefix("sha256:")
        assert client.get(reverse("review:error_read", args=[staged.version.pk, key])).status_code == 200
    page = client.get(url).content.decode()
    assert "Opened by you" in page and 'value="approved"' in page
    assert client.post(url, form(staged)).status_code == 302
    signoff = SignOff.objects.get()
    assert (signoff.decision, signoff.signer, signoff.trainer) == ("approved", staged.lead, staged.trainer)
    assert ModelVersion.objects.get().state == VersionState.APPROVED
    document = verify_signoff(signoff.envelope, staged.version.bundle_sha256, public_key())
    assert document["reason"] == REASON
    assert document["signer"]["role"] == "clinical_lead"
    assert document["missed_targets"] == ["macro_f1"]
    assert document["signed_in"]["methods"] == ["password"]
    assert document["readings"]["opened"] == document["readings"]["misses"] == len(missed)
    event = AuditEvent.objects.get(action="signoff.decide")
    assert staged.version.bundle_sha256 in event.payload_json
    assert REASON not in event.payload_json


def test_a_refusal_blocks_the_version(staged: Staged) -> None:
    staged.reviewed()
    staged.sign(decision="rejected")
    assert ModelVersion.objects.get().state == VersionState.REJECTED
    with pytest.raises(Refused, match="rejected"):
        services.version_promote(version=staged.version, actor=staged.trainer)


def test_a_wrong_password_signs_nothing(staged: Staged) -> None:
    staged.reviewed()
    client = staged.world.client("clinical_lead")
    answer = client.post(reverse("review:signoff", args=[staged.version.pk]), form(staged, password="wrong"))
    assert answer.status_code == 400
    assert "This is not your password" in answer.content.decode()
    assert not SignOff.objects.exists()
    assert AuditEvent.objects.filter(action="session.sign_in_failed").exists()


def test_guessing_passwords_locks_out(staged: Staged, settings: object) -> None:
    staged.reviewed()
    settings.AXES_FAILURE_LIMIT = 3  # type: ignore[attr-defined]
    client = staged.world.client("clinical_lead")
    url = reverse("review:signoff", args=[staged.version.pk])
    answers = [client.post(url, form(staged, password=f"guess {number}")).status_code for number in range(3)]
    assert answers[-1] in (403, 429)
    assert client.post(url, form(staged)).status_code in (403, 429), "not even the right one is looked at now"
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("role", ["qa", "pm", "ml_engineer", "data_engineer", "annotator", "administrator"])
def test_people_who_are_no_lead_cannot_sign(staged: Staged, role: str) -> None:
    staged.reviewed()
    person = staged.world.user(role, n=2)
    with pytest.raises(PermissionDenied):
        staged.sign(person)
    client = staged.world.sign_in(person)
    assert client.post(reverse("review:signoff", args=[staged.version.pk]), form(staged)).status_code == 403
    assert not SignOff.objects.exists()


def test_a_lead_of_another_project_learns_nothing(staged: Staged) -> None:
    staged.reviewed()
    client = staged.world.outsider_client("clinical_lead")
    url = reverse("review:signoff", args=[staged.version.pk])
    assert client.get(url).status_code == 404
    assert client.post(url, form(staged)).status_code == 404
    with pytest.raises(Http404):
        staged.sign(staged.world.outsider("clinical_lead"))


def test_nobody_signs_twice(staged: Staged) -> None:
    first = staged.approved()
    with pytest.raises(Refused, match="decided on this version already"):
        staged.sign()
    copy = {field.name: getattr(first, field.name) for field in SignOff._meta.fields if field.name != "id"}
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        SignOff.objects.create(**copy)
    assert SignOff.objects.count() == 1


def test_the_trainer_does_not_sign(staged: Staged) -> None:
    staged.world.grant(staged.trainer, "clinical_lead")
    staged.reviewed()
    with pytest.raises(Refused, match="You trained this version"):
        staged.sign(staged.trainer)
    page = staged.world.sign_in(staged.trainer).get(reverse("review:signoff", args=[staged.version.pk]))
    assert "somebody else has to decide" in page.content.decode()


def test_the_database_refuses_the_trainer_too(staged: Staged) -> None:
    campaign = staged.reviewed()
    with pytest.raises(IntegrityError, match="review_signer_not_trainer"), transaction.atomic():
        SignOff.objects.create(
            project=staged.project,
            model_version=staged.version,
            campaign=campaign,
            bundle_sha256=staged.version.bundle_sha256,
            evidence_sha256="0" * 64,
            decision="approved",
            reason="past the service",
            signer=staged.trainer,
            trainer=staged.trainer,
            starter=staged.lead,
            document={},
            signature={},
        )


def test_a_decision_is_never_changed_or_removed(staged: Staged) -> None:
    signoff = staged.approved()
    signoff.decision = "rejected"
    with pytest.raises(AppendOnlyError):
        signoff.save()
    with pytest.raises(AppendOnlyError):
        signoff.delete()
    with pytest.raises(AppendOnlyError):
        SignOff.objects.filter(pk=signoff.pk).update(decision="rejected")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        SignOff.objects.filter(pk=signoff.pk)._raw_delete(using="default")


def test_without_a_closed_review_nothing_is_signed(staged: Staged) -> None:
    with pytest.raises(Refused, match="No expert has reviewed"):
        staged.sign()
    staged.open_campaign()
    with pytest.raises(Refused, match="still open"):
        staged.sign()


def test_changed_bytes_are_not_signed(staged: Staged) -> None:
    staged.reviewed()
    staged.flip_byte("tokenizer.json")
    with pytest.raises(Refused, match=r"tokenizer\.json"):
        staged.sign()
    page = staged.world.client("clinical_lead").get(reverse("review:signoff", args=[staged.version.pk]))
    assert "The evidence is not whole" in page.content.decode()


def test_a_judgement_altered_after_closing_is_not_signed(staged: Staged) -> None:
    staged.reviewed()
    Judgement.objects.update(comment="altered")
    with pytest.raises(Refused, match="altered after it was given"):
        staged.sign()


def test_altered_metrics_are_not_signed(staged: Staged) -> None:
    staged.reviewed()
    Evaluation.objects.update(metrics=Evaluation.objects.get().metrics | {"n": 99999})
    with pytest.raises(Refused, match="altered after it was made"):
        staged.sign()


def test_evidence_that_changed_under_the_reader_is_not_signed(staged: Staged) -> None:
    staged.reviewed()
    client = staged.world.client("clinical_lead")
    staged.read_misses(staged.lead)
    answer = client.post(reverse("review:signoff", args=[staged.version.pk]), form(staged, evidence_sha256="0" * 64))
    assert answer.status_code == 409
    assert "The evidence changed since you opened this page" in answer.content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 4001, "a\x00b", "\udfff"])
def test_a_reason_is_needed_and_must_be_text(staged: Staged, reason: str) -> None:
    staged.reviewed()
    with pytest.raises(Refused, match="Reason"):
        services.signoff_decide(
            version=staged.version,
            signer=staged.lead,
            decision="rejected",
            reason=reason,
            signed_in=now_by(staged.lead),
        )


def test_a_second_lead_may_take_an_approval_back(staged: Staged) -> None:
    staged.approved()
    staged.sign(staged.world.user("clinical_lead", n=2), decision="rejected")
    assert ModelVersion.objects.get().state == VersionState.REJECTED
    assert SignOff.objects.count() == 2


def test_a_version_in_production_is_not_up_for_decision(staged: Staged) -> None:
    staged.approved()
    services.version_promote(version=staged.version, actor=staged.trainer)
    with pytest.raises(Refused, match="not up for decision"):
        staged.sign(staged.world.user("clinical_lead", n=2), decision="rejected")


def test_a_lead_does_not_sign_what_another_lead_of_theirs_trained_as_trainer(staged: Staged) -> None:
    lead = staged.lead
    own = stage_version(staged.world, trainer=lead, seed=3)
    other = staged.world.user("clinical_lead", n=2)
    campaign = services.campaign_create(version=own.version, actor=other, size=4, seed=1)
    own.judge_all(campaign)
    services.campaign_close(campaign=campaign, actor=other)
    with pytest.raises(Refused, match="You trained this version"):
        own.sign(lead)
    assert own.sign(other).signer == other
