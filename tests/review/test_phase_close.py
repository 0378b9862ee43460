"""Closing a phase: over gates that stand, and never by one person over one that fails."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from review import services
from review.models import ClosedGate, PhaseClosing
from review.refusal import Refused
from tests.review.staged import Staged
from tests.review.test_gate_waive import waive

pytestmark = pytest.mark.django_db
HELD = ("3.sensitivity", "3.f1", "3.per-type")


def close(staged: Staged, phase: int = 3) -> PhaseClosing:
    return services.phase_close(project=staged.project, actor=staged.world.user("pm"), phase=phase, note="minutes")


def test_a_phase_closes_only_once_every_gate_passes_or_two_have_waived_it(staged: Staged) -> None:
    with pytest.raises(Refused, match="F1, mean over the types"):
        close(staged)
    for gate in HELD:
        waive(staged, "pm", gate=gate)
    with pytest.raises(Refused, match="without a waiver by the clinical lead"):
        close(staged)
    for gate in HELD:
        waive(staged, "clinical_lead", gate=gate)
    closing = close(staged)
    pm, lead = staged.world.user("pm"), staged.lead
    assert {row.gate: (row.verdict, row.pm, row.clinical_lead) for row in closing.gates.all()} == {
        "3.sensitivity": ("insufficient_data", pm, lead),
        "3.specificity": ("pass", None, None),
        "3.f1": ("fail", pm, lead),
        "3.per-type": ("insufficient_data", pm, lead),
    }
    assert closing.open_lines > 0
    with pytest.raises(Refused, match="closed already"):
        close(staged)
    services.phase_reopen(project=staged.project, actor=pm, phase=3, reason="A miss was found")
    with pytest.raises(Refused, match="not closed"):
        services.phase_reopen(project=staged.project, actor=pm, phase=3, reason="again")
    assert close(staged).pk != closing.pk
    actions = AuditEvent.objects.filter(action__startswith="phase.").order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["phase.close", "phase.reopen", "phase.close"]


def test_the_database_takes_no_failing_gate_that_one_person_passed(staged: Staged) -> None:
    pm = staged.world.user("pm")
    closing = PhaseClosing.objects.create(project=staged.project, phase=3, open_lines=0, closed_by=pm)
    for people in ({}, {"pm": pm}, {"clinical_lead": pm}, {"pm": pm, "clinical_lead": pm}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClosedGate.objects.create(closing=closing, gate="3.f1", value=0.8, verdict="fail", **people)
    ClosedGate.objects.create(closing=closing, gate="3.f1", value=0.8, verdict="fail", pm=pm, clinical_lead=staged.lead)


@pytest.mark.parametrize("role", ["clinical_lead", "qa", "ml_engineer", "administrator"])
def test_only_a_pm_closes_and_opens(staged: Staged, role: str) -> None:
    actor = staged.world.user(role)
    with pytest.raises(PermissionDenied):
        services.phase_close(project=staged.project, actor=actor, phase=3)
    with pytest.raises(PermissionDenied):
        services.phase_reopen(project=staged.project, actor=actor, phase=3, reason="why not")


def test_there_is_no_fifth_phase(staged: Staged) -> None:
    with pytest.raises(Refused, match="no such phase"):
        close(staged, 5)


def test_the_page_closes_and_opens_again(staged: Staged) -> None:
    client, url = staged.world.client("pm"), reverse("review:phase_detail", args=[3])
    client.post(reverse("review:phase_close", args=[3]), {"note": ""})
    assert not PhaseClosing.objects.exists()
    for gate in HELD:
        waive(staged, "pm", gate=gate), waive(staged, "clinical_lead", gate=gate)
    assert "Close the phase" in client.get(url).content.decode()
    assert "Close the phase" not in staged.world.client("qa").get(url).content.decode()
    client.post(reverse("review:phase_close", args=[3]), {"note": "minutes of Monday"})
    page = client.get(url).content.decode()
    assert "minutes of Monday" in page
    assert "Open it again" in page
    client.post(reverse("review:phase_reopen", args=[3]), {"reason": ""})
    assert PhaseClosing.objects.get().reopened_at is None
    client.post(reverse("review:phase_reopen", args=[3]), {"reason": "a miss was found"})
    assert "a miss was found" in client.get(url).content.decode()
    assert "Phase 3 closed" in client.get(reverse("review:plan_history")).content.decode()
