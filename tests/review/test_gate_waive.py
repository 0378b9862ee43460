"""Waivers: two people in two roles, for exactly what the gate reads; a worse figure voids them."""

from __future__ import annotations

import orjson
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from review import services
from review.models import GateWaiver, PhaseClosing
from review.refusal import Refused
from review.services.phases import seen_of
from review.services.plan import gate_standing
from tests.review.staged import Staged, stage_version
from training_app.models import Evaluation

pytestmark = pytest.mark.django_db
REASON = "Forty test conversations; the next release brings more."


def waive(staged: Staged, seat: str, actor: User | None = None, gate: str = "3.f1", **kwargs: object) -> GateWaiver:
    actor = actor or staged.world.user(seat)
    return services.gate_waive(
        project=staged.project,
        actor=actor,
        gate=gate,
        seat=seat,
        reason=REASON,
        **kwargs,  # type: ignore[arg-type]
    )


def read_again(staged: Staged, value: float) -> None:
    """Another look at the same version: its F1 is now this."""
    first = Evaluation.objects.filter(model_version=staged.version).latest("use_number")
    metrics = orjson.loads(orjson.dumps(first.metrics))
    metrics["metrics"]["macro_f1"] |= {"value": value, "low": value - 0.1, "high": value + 0.05}
    Evaluation.objects.create(
        model_version=staged.version,
        metrics=metrics,
        sha256="8" * 64,
        test_set_sha256=first.test_set_sha256,
        use_number=first.use_number + 1,
    )


def test_a_gate_is_waived_by_two_people_each_in_writing(staged: Staged) -> None:
    assert not gate_standing(staged.project, "3.f1").stands
    waive(staged, "pm")
    half = gate_standing(staged.project, "3.f1")
    assert (half.stands, half.missing, half.state) == (False, "clinical lead", "fail")
    waive(staged, "clinical_lead")
    standing = gate_standing(staged.project, "3.f1")
    assert (standing.stands, standing.waived, standing.passes, standing.state) == (True, True, False, "waived")
    written = [orjson.loads(event.payload_json) for event in AuditEvent.objects.filter(action="gate.waive")]
    assert [(row["as"], row["reason"], row["value"], row["subject"]) for row in written] == [
        ("pm", REASON, 0.8, "version 1.0.0"),
        ("clinical_lead", REASON, 0.8, "version 1.0.0"),
    ]


def test_one_person_with_both_roles_gives_one_half(staged: Staged) -> None:
    both = staged.world.user("pm")
    staged.world.grant(both, "clinical_lead")
    waive(staged, "pm", both)
    with pytest.raises(Refused, match="another person"):
        waive(staged, "clinical_lead", both)
    half = GateWaiver.objects.get()
    half.pk, half.seat = None, "clinical_lead"
    with pytest.raises(IntegrityError), transaction.atomic():
        half.save(force_insert=True)
    half.pk, half.seat, half.person = None, "pm", staged.world.user("pm", 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        half.save(force_insert=True)
    half.pk, half.seat = None, "qa"
    with pytest.raises(IntegrityError), transaction.atomic():
        half.save(force_insert=True)
    assert not gate_standing(staged.project, "3.f1").stands


def test_no_page_lets_one_person_pass_a_gate(staged: Staged) -> None:
    both, pm = staged.world.user("pm"), staged.world.client("pm")
    staged.world.grant(both, "clinical_lead")
    detail, waive_url = (reverse(f"review:{name}", args=["3.f1"]) for name in ("gate_detail", "gate_waive"))
    form = {"reason": REASON, "seen": pm.get(detail).context["form"].initial["seen"]}
    for seat in ("pm", "clinical_lead", "pm"):
        pm.post(waive_url, {**form, "seat": seat})
    assert GateWaiver.objects.get().seat == "pm"
    assert "Waive this gate" not in pm.get(detail).content.decode()
    close = pm.post(reverse("review:phase_close", args=[3]), {"note": ""}, follow=True)
    assert "cannot be closed over" in close.content.decode()
    assert not PhaseClosing.objects.exists()


def test_only_the_two_roles_waive_and_each_as_what_it_is(staged: Staged) -> None:
    for role in ("qa", "ml_engineer", "data_engineer", "administrator", "annotator"):
        with pytest.raises(PermissionDenied):
            waive(staged, "pm", staged.world.user(role))
    with pytest.raises(PermissionDenied):
        waive(staged, "clinical_lead", staged.world.user("pm"))
    with pytest.raises(Refused, match="Choose"):
        waive(staged, "qa", staged.world.user("pm"))


def test_what_passes_is_unknown_or_has_no_reason_is_not_waived(staged: Staged) -> None:
    with pytest.raises(Refused, match="nothing to waive"):
        waive(staged, "pm", gate="3.specificity")
    with pytest.raises(Refused, match="no such gate"):
        waive(staged, "pm", gate="9.none")
    with pytest.raises(Refused, match="few words"):
        services.gate_waive(project=staged.project, actor=staged.world.user("pm"), gate="3.f1", seat="pm", reason="  ")
    assert not GateWaiver.objects.exists()


def test_a_figure_that_changed_since_it_was_seen_is_looked_at_again(staged: Staged) -> None:
    seen = seen_of(gate_standing(staged.project, "3.f1"))
    read_again(staged, 0.79)
    with pytest.raises(Refused, match="changed since"):
        waive(staged, "pm", seen=seen)
    assert waive(staged, "pm", seen=seen_of(gate_standing(staged.project, "3.f1"))).value == 0.79


def test_a_worse_figure_voids_and_a_better_one_does_not(staged: Staged) -> None:
    waive(staged, "pm"), waive(staged, "clinical_lead")
    read_again(staged, 0.82)
    assert gate_standing(staged.project, "3.f1").waived
    read_again(staged, 0.79)
    standing = gate_standing(staged.project, "3.f1")
    assert not standing.stands
    assert {half.seat for half in standing.void} == {"pm", "clinical_lead"}
    waive(staged, "pm")
    assert sorted(GateWaiver.objects.values_list("seat", "ended")) == [
        ("clinical_lead", "void"),
        ("pm", ""),
        ("pm", "void"),
    ]
    assert not gate_standing(staged.project, "3.f1").stands
    waive(staged, "clinical_lead")
    assert gate_standing(staged.project, "3.f1").waived


def test_a_waiver_speaks_of_one_version(staged: Staged) -> None:
    waive(staged, "pm"), waive(staged, "clinical_lead")
    later = stage_version(staged.world, seed=2)
    assert not gate_standing(staged.project, "3.f1").stands, "the newest version is at hand now"
    assert gate_standing(staged.project, "3.f1", staged.version).waived
    waive(staged, "pm", version=later.version), waive(staged, "clinical_lead", version=later.version)
    assert gate_standing(staged.project, "3.f1", later.version).waived


def test_a_figure_that_was_missing_and_came_voids(staged: Staged) -> None:
    waive(staged, "pm", gate="1.kappa"), waive(staged, "clinical_lead", gate="1.kappa")
    assert gate_standing(staged.project, "1.kappa").waived
    GateWaiver.objects.update(value=0.7)
    assert not gate_standing(staged.project, "1.kappa").stands


def test_a_half_is_taken_back_by_who_gave_it(staged: Staged) -> None:
    half = waive(staged, "pm")
    waive(staged, "clinical_lead")
    with pytest.raises(PermissionDenied):
        services.waiver_withdraw(waiver=half, actor=staged.lead)
    services.waiver_withdraw(waiver=half, actor=staged.world.user("pm"))
    assert not gate_standing(staged.project, "3.f1").stands
    with pytest.raises(Refused, match="no longer stands"):
        services.waiver_withdraw(waiver=half, actor=staged.world.user("pm"))
    assert AuditEvent.objects.filter(action="gate.waiver_withdraw").count() == 1


def test_the_page_leads_each_of_the_two_through_their_half(staged: Staged) -> None:
    world, url = staged.world, reverse("review:gate_detail", args=["3.f1"])
    pm, lead, qa = world.client("pm"), world.client("clinical_lead"), world.client("qa")
    assert "Waive this gate" not in qa.get(url).content.decode()
    page = pm.get(url)
    assert "Waive this gate" in page.content.decode()
    seen = page.context["form"].initial["seen"]
    form = {"seat": "pm", "reason": REASON, "seen": seen}
    assert qa.post(reverse("review:gate_waive", args=["3.f1"]), form).status_code == 403
    pm.post(reverse("review:gate_waive", args=["3.f1"]), {**form, "reason": ""})
    pm.post(reverse("review:gate_waive", args=["3.f1"]), form)
    assert "Waive this gate" not in pm.get(url).content.decode(), "one half by one person"
    asked = lead.get(url).content.decode()
    assert "the clinical lead has not" in asked
    assert REASON in asked
    lead.post(reverse("review:gate_waive", args=["3.f1"]), {**form, "seat": "clinical_lead"})
    assert gate_standing(staged.project, "3.f1").waived
    assert "Waived by" in qa.get(url).content.decode()
    pm.post(reverse("review:waiver_withdraw", args=[GateWaiver.objects.get(seat="pm").pk]))
    assert not gate_standing(staged.project, "3.f1").stands
    phase = pm.get(reverse("review:phase_detail", args=[3])).content.decode()
    assert "waits for the PM" in phase
    assert world.outsider_client("pm").get(f"{url}?version={staged.version.pk}").status_code == 404
