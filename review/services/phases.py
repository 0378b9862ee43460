"""Gates are waived by two people, phases are closed over gates that stand, and opened again."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import roles_in
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json
from pixelhub.live.services import touch
from review.board import board_of
from review.evidence.program import PHASES, Phase
from review.gates import GateStanding, gate_standing
from review.models import ClosedGate, GateWaiver, PhaseClosing
from review.refusal import Refused
from review.topics import board_topic
from review.wording import MAX_NOTE, checked_text
from training_app.models import ModelVersion

__all__ = ["gate_waive", "phase_close", "phase_reopen", "seen_of", "waiver_withdraw"]

MAX_WAIVER = 2000


def seen_of(standing: GateStanding) -> str:
    """What a person had before their eyes when they opened a waiver's form; a waiver of something else is refused."""
    reading = standing.reading
    return sha256_json([standing.gate.key, reading.fact.subject, reading.fact.value, reading.verdict.value])


def gate_waive(
    *,
    project: Project,
    actor: User,
    gate: str,
    seat: str,
    reason: str,
    seen: str | None = None,
    version: ModelVersion | None = None,
) -> GateWaiver:
    """Give one half of a waiver, as PM or as clinical lead; the other half takes another person.

    It covers what the gate reads now: another subject or a worse figure voids it. Raises PermissionDenied for people
    without that role, Refused for a gate that passes, a second half by one person, or a figure that changed since
    `seen`.
    """
    require(actor, project, Capability.GATE_WAIVE)
    if seat not in GateWaiver.Seat.values:
        raise Refused("Choose whether you waive as PM or as clinical lead.")
    if seat not in roles_in(actor, project):
        raise PermissionDenied(f"You do not hold the role “{GateWaiver.Seat(seat).label}” in this project.")
    reason = checked_text(reason, name="Reason", longest=MAX_WAIVER, required=True)
    try:
        return _waive(project, actor, gate, seat, reason, seen, version)
    except IntegrityError:
        raise Refused("This half of the waiver stands already, or you gave the other half.") from None


@transaction.atomic
def _waive(
    project: Project,
    actor: User,
    gate: str,
    seat: str,
    reason: str,
    seen: str | None,
    version: ModelVersion | None,
) -> GateWaiver:
    # The project's row serialises the plan: waivers, closings, days.
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    try:
        standing = gate_standing(locked, gate, version)
    except KeyError:
        raise Refused("The program has no such gate.") from None
    if standing.passes:
        raise Refused(f"“{standing.gate.title}” passes; there is nothing to waive.")
    if seen is not None and seen != seen_of(standing):
        raise Refused("The figure changed since you opened this page; look at it again before you waive.")
    for half in standing.void:
        _end(half, GateWaiver.Ended.VOID, actor=None, project=locked)
    if any(half.person_id == actor.pk for half in standing.halves):
        raise Refused("You have waived this gate already; the other half takes another person.")
    reading = standing.reading
    half = GateWaiver.objects.create(
        project=locked,
        gate=gate,
        subject=reading.fact.subject,
        seat=seat,
        person=actor,
        reason=reason,
        value=reading.fact.value,
        verdict=reading.verdict.value,
    )
    payload = {**_named(half), "reason": reason}
    record(action="gate.waive", actor=actor, project=locked, target=half, payload=payload)
    touch(board_topic(locked.pk))
    return half


@transaction.atomic
def waiver_withdraw(*, waiver: GateWaiver, actor: User) -> None:
    """Take one's own half back. A phase that was closed over it stays closed until somebody opens it again."""
    require(actor, waiver.project, Capability.GATE_WAIVE)
    if waiver.person_id != actor.pk:
        raise PermissionDenied("A waiver is taken back by the person who gave it.")
    locked = Project.objects.select_for_update(no_key=True).get(pk=waiver.project_id)
    half = GateWaiver.objects.get(pk=waiver.pk)
    if half.ended:
        raise Refused("This waiver no longer stands.")
    _end(half, GateWaiver.Ended.WITHDRAWN, actor=actor, project=locked)
    touch(board_topic(locked.pk))


def _end(half: GateWaiver, how: GateWaiver.Ended, *, actor: User | None, project: Project) -> None:
    half.ended, half.ended_by, half.ended_at = how, actor, timezone.now()
    half.save(update_fields=["ended", "ended_by", "ended_at"])
    action = "gate.waiver_withdraw" if how == GateWaiver.Ended.WITHDRAWN else "gate.waiver_void"
    record(action=action, actor=actor, project=project, target=half, payload=_named(half))


def _named(half: GateWaiver) -> dict[str, Any]:
    return {
        "gate": half.gate,
        "subject": half.subject,
        "as": half.seat,
        "value": half.value,
        "verdict": half.verdict,
    }


def phase_close(*, project: Project, actor: User, phase: int, note: str = "") -> PhaseClosing:
    """Close a phase of which every gate passes or is waived by two people; how each stood is kept.

    Raises Refused naming the gates that hold it open.
    """
    require(actor, project, Capability.BOARD_EDIT)
    found = _phase(phase)
    note = checked_text(note, name="Note", longest=MAX_NOTE)
    try:
        return _close(project, actor, found, note)
    except IntegrityError:
        raise Refused(f"Phase {phase} is closed already.") from None


@transaction.atomic
def _close(project: Project, actor: User, phase: Phase, note: str) -> PhaseClosing:
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    row = next(row for row in board_of(locked, today=timezone.localdate()).phases if row.phase == phase)
    mine = row.gates
    if row.holding:
        names = "; ".join(
            f"{standing.gate.title} (without a waiver by the {standing.missing})" for standing in row.holding
        )
        raise Refused(f"Phase {phase.number} cannot be closed over: {names}.")
    closing = PhaseClosing.objects.create(
        project=locked, phase=phase.number, note=note, open_lines=row.open_lines, closed_by=actor
    )
    ClosedGate.objects.bulk_create(_closed(closing, standing) for standing in mine)
    record(
        action="phase.close",
        actor=actor,
        project=locked,
        target=closing,
        payload={
            "phase": phase.number,
            "open_lines": closing.open_lines,
            "gates": {
                standing.gate.key: {"value": standing.reading.fact.value, "as": standing.state} for standing in mine
            },
            "waivers": [half.pk for standing in mine if standing.waived for half in standing.halves],
        },
    )
    touch(board_topic(locked.pk))
    return closing


def _closed(closing: PhaseClosing, standing: GateStanding) -> ClosedGate:
    waived = standing.waived
    return ClosedGate(
        closing=closing,
        gate=standing.gate.key,
        subject=standing.reading.fact.subject,
        value=standing.reading.fact.value,
        verdict=standing.reading.verdict.value,
        pm=standing.pm.person if waived and standing.pm else None,
        clinical_lead=standing.clinical_lead.person if waived and standing.clinical_lead else None,
    )


@transaction.atomic
def phase_reopen(*, project: Project, actor: User, phase: int, reason: str) -> None:
    """Open a closed phase again, for a reason. The closing stays on record."""
    require(actor, project, Capability.BOARD_EDIT)
    reason = checked_text(reason, name="Reason", longest=MAX_NOTE, required=True)
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    closing = PhaseClosing.objects.filter(project=locked, phase=_phase(phase).number, reopened_at=None).first()
    if closing is None:
        raise Refused(f"Phase {phase} is not closed.")
    closing.reopened_by, closing.reopened_at, closing.reopened_reason = actor, timezone.now(), reason
    closing.save(update_fields=["reopened_by", "reopened_at", "reopened_reason"])
    payload = {"phase": phase, "reason": reason}
    record(action="phase.reopen", actor=actor, project=locked, target=closing, payload=payload)
    touch(board_topic(locked.pk))


def _phase(number: int) -> Phase:
    found = next((phase for phase in PHASES if phase.number == number), None)
    if found is None:
        raise Refused("The program has no such phase.")
    return found
