"""What a project asks of a sign-off: how many people, who, with what proof; each refused with every reason there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from inference.engine.signoff import verify_signoff
from pixelhub.accounts.models import Membership
from pixelhub.accounts.second_factor import remember_set_up
from pixelhub.audit.models import AuditEvent
from pixelhub.keys import public_key
from review import services
from review.models import SignOff, SignOffPolicy
from review.refusal import Refused
from review.signin import MFA, PASSWORD, SignIn
from review.standing import signoff_standing
from tests.personas import PASSWORD as HUB_PASSWORD
from tests.review.staged import REASON, Staged
from tests.review.test_signoff import form
from training_app.models import ModelVersion, VersionState, VersionTransition

pytestmark = pytest.mark.django_db


def ask_two(staged: Staged, **more: object) -> SignOffPolicy:
    return services.signoff_policy_set(
        project=staged.project,
        actor=staged.world.user("administrator"),
        reason="Two pairs of eyes.",
        approvals=2,
        **more,  # type: ignore[arg-type]
    )


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {block.code for block in refused.value.blocks}


def test_two_people_have_to_approve_the_same_evidence(staged: Staged) -> None:
    ask_two(staged)
    staged.reviewed()
    second = staged.world.user("clinical_lead", n=2)
    staged.sign()
    assert ModelVersion.objects.get().state == VersionState.IN_REVIEW
    page = staged.world.sign_in(second).get(reverse("review:signoff", args=[staged.version.pk])).content.decode()
    assert f"{staged.lead} has approved, one more is needed" in page
    with pytest.raises(Refused) as refused:
        staged.sign()
    assert codes(refused) == {"decided"}
    staged.sign(second)
    assert ModelVersion.objects.get().state == VersionState.APPROVED
    staged.waive_gates()
    deployment = services.version_promote(version=ModelVersion.objects.get(), actor=staged.trainer)
    assert len(deployment.signoff["others"]) == 1
    assert verify_signoff(deployment.signoff, staged.version.bundle_sha256, public_key())["policy"]["approvals"] == 2


def test_one_rejection_stops_what_another_approved(staged: Staged) -> None:
    ask_two(staged, second_role="qa")
    staged.reviewed()
    staged.sign()
    staged.sign(staged.world.user("qa", n=2), decision="rejected")
    assert ModelVersion.objects.get().state == VersionState.REJECTED
    assert {block.code for block in signoff_standing(ModelVersion.objects.get()).blocks} == {"rejected"}


def test_qa_signs_as_the_second_only_where_the_policy_says_so(staged: Staged) -> None:
    staged.reviewed()
    qa = staged.world.user("qa", n=2)
    with pytest.raises(PermissionDenied):
        staged.sign(qa)
    ask_two(staged, second_role="qa")
    assert staged.sign(qa).role == "qa"
    staged.sign(staged.world.user("qa", n=3))
    assert ModelVersion.objects.get().state == VersionState.IN_REVIEW, "one of them has to be a clinical lead"
    staged.sign()
    assert ModelVersion.objects.get().state == VersionState.APPROVED


def test_a_policy_set_after_an_approval_holds_its_first_promotion(staged: Staged) -> None:
    staged.approved()
    ask_two(staged)
    with pytest.raises(Refused, match="asks for 2 people to approve; 1 did") as refused:
        services.version_promote(version=staged.version, actor=staged.trainer)
    assert codes(refused) == {"policy"}


def test_leads_and_administrators_set_the_policy_and_each_change_is_kept(staged: Staged) -> None:
    client, url = staged.world.client("clinical_lead"), reverse("review:signoff_policy")
    sent = {"approvals": "2", "second_role": "clinical_lead", "requires_mfa": "on", "reason": "As agreed in November."}
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 400, "these are the rules already"
    assert "As agreed in November." in client.get(url).content.decode()
    assert AuditEvent.objects.get(action="signoff.policy_set").payload_json.count("requires_mfa") == 1
    for role in ("pm", "qa", "ml_engineer"):
        assert staged.world.client(role).post(url, sent).status_code == 403
        with pytest.raises(PermissionDenied):
            services.signoff_policy_set(
                project=staged.project, actor=staged.world.user(role), reason="No.", approvals=1
            )
    with pytest.raises(IntegrityError, match="one_or_two"), transaction.atomic():
        SignOffPolicy.objects.create(project=staged.project, approvals=3, reason="x", set_by=staged.lead)


def test_a_sign_in_counts_for_its_window_and_no_longer(staged: Staged, settings: object) -> None:
    staged.reviewed()
    lead, now = staged.lead, timezone.now()
    wrong = {
        "sign_in_needed": None,
        "sign_in_expired": SignIn(lead.pk, now - timedelta(seconds=301), (PASSWORD,)),
    }
    for code, proof in wrong.items():
        with pytest.raises(Refused) as refused:
            staged.sign(signed_in=proof)
        assert codes(refused) == {code}
    with pytest.raises(Refused):
        staged.sign(signed_in=SignIn(staged.world.user("qa").pk, now, (PASSWORD,)))
    assert AuditEvent.objects.filter(action="signoff.refuse").count() == 3
    # In the browser: the password once, then the window; past it the page says since when and asks again.
    client, url = staged.world.client("clinical_lead"), reverse("review:signoff", args=[staged.version.pk])
    assert client.post(url, form(staged, reason="")).status_code == 400
    assert client.post(url, form(staged, password="", reason="")).status_code == 400
    client.post(url, form(staged, decision="nothing"))
    session = client.session
    session["review_signed_in"] = {
        "user": lead.pk,
        "at": (now - timedelta(seconds=400)).isoformat(),
        "methods": [PASSWORD],
    }
    session.save()
    late = client.post(url, form(staged, password=""))
    assert late.status_code == 409 and "has expired; enter your password again" in late.content.decode()
    state = client.get(reverse("production_api:signoff", args=[staged.version.pk])).json()
    assert [block["code"] for block in state["blocks_signing"]] == ["sign_in_expired"]
    session["review_signed_in"] = {"user": lead.pk, "at": now.isoformat(), "methods": [PASSWORD]}
    session.save()
    assert client.post(url, form(staged, password="")).status_code == 302
    assert SignOff.objects.get().reason == REASON


def test_who_has_a_second_factor_gives_it_and_a_code_works_once(staged: Staged) -> None:
    staged.reviewed()
    staged.read_misses(staged.lead)
    TOTP.activate(staged.lead, generate_totp_secret())
    recovery = RecoveryCodes.activate(staged.lead).get_unused_codes()[0]
    client, url = staged.world.client("clinical_lead"), reverse("review:signoff", args=[staged.version.pk])
    session = client.session
    remember_set_up(session, staged.lead)
    session.save()
    assert "Code of your authenticator app" in client.get(url).content.decode()
    for code in ("", "000000"):
        answer = client.post(url, form(staged, code=code))
        assert "not the current code" in answer.content.decode()
    assert AuditEvent.objects.filter(action="session.sign_in_failed").count() == 2, "guesses count to the lock-out"
    with pytest.raises(Refused) as refused:
        staged.sign()  # the password alone, past the page
    assert codes(refused) == {"second_factor_needed"}
    assert client.post(url, form(staged, code=recovery)).status_code == 302
    assert SignOff.objects.get().document["signed_in"]["methods"] == [MFA, PASSWORD]
    kept = Authenticator.objects.get(user=staged.lead, type=Authenticator.Type.RECOVERY_CODES)
    assert recovery not in RecoveryCodes(kept).get_unused_codes()


def test_a_policy_may_ask_everybody_for_a_second_factor_and_for_reports(staged: Staged) -> None:
    services.signoff_policy_set(
        project=staged.project,
        actor=staged.lead,
        reason="All of it.",
        approvals=1,
        requires_mfa=True,
        requires_fairness=True,
        requires_edge_cases=True,
    )
    staged.reviewed()
    with pytest.raises(Refused) as refused:
        staged.sign(read=False)
    assert codes(refused) == {"unread_misses", "fairness", "edge_cases", "second_factor_missing"}
    page = staged.world.client("clinical_lead").get(reverse("review:signoff", args=[staged.version.pk]))
    for code in ("unread_misses", "fairness", "edge_cases"):
        assert f'data-block="{code}"' in page.content.decode(), "before the button, not after it"


@pytest.mark.parametrize("hand", ["starter", "registrar"])
def test_nobody_signs_what_they_started_or_registered(staged: Staged, hand: str) -> None:
    lead = staged.lead
    campaign = staged.reviewed()
    if hand == "starter":
        run = staged.version.run
        run.started_by = lead
        run.save(update_fields=["started_by"])
    else:
        VersionTransition.objects.create(model_version=staged.version, after="candidate", by=lead)
    version = ModelVersion.objects.get()
    staged.version = version
    with pytest.raises(Refused) as refused:
        staged.sign()
    assert "made_it" in codes(refused)
    page = staged.world.client("clinical_lead").get(reverse("review:signoff", args=[version.pk])).content.decode()
    assert "somebody else has to decide on it" in page and HUB_PASSWORD not in page
    people = {"trainer": staged.trainer, "starter": staged.trainer, "registrar": None} | {hand: lead}
    with pytest.raises(IntegrityError, match=f"review_signer_not_{hand}"), transaction.atomic():
        SignOff.objects.create(
            project=staged.project,
            model_version=version,
            campaign=campaign,
            bundle_sha256=version.bundle_sha256,
            evidence_sha256="0" * 64,
            decision="approved",
            reason="past the service",
            signer=lead,
            document={},
            signature={},
            **people,
        )


def test_a_role_that_asks_for_a_second_factor_signs_nothing_without_one_after_its_grace(staged: Staged) -> None:
    staged.reviewed()
    staged.read_misses(staged.lead)
    Membership.objects.filter(user=staged.lead).update(created_at=timezone.now() - timedelta(days=8))
    with pytest.raises(Refused) as refused:
        staged.sign()
    assert codes(refused) == {"second_factor_missing"}
    Membership.objects.filter(user=staged.lead).update(created_at=timezone.now() - timedelta(days=6))
    assert staged.sign() is not None
