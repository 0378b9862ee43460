"""What responders do with a case. Each act locks the row first: of two people at once one wins, the other is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from inference.models import Case, CaseEvent, CaseKind, CaseNote, CaseOutcome, CaseState, OverrideReason
from inference.models.cases import DECIDED_STATES
from inference.refusals import CaseInvalid, CaseRefused
from inference.services.case_record import (
    case_happened,
    escalation_of,
    locked_case,
    note_write,
    stop_clock,
    wait_for,
)
from inference.services.session_alerts import session_alerts_return, session_alerts_settle
from pixelhub.accounts.access import require
from pixelhub.accounts.roles import Capability

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

Kind = CaseEvent.Kind


@transaction.atomic
def case_acknowledge(*, case: Case, actor: User) -> Case:
    """Take an open case. Raises `CaseRefused` where a colleague has it; one's own is left as it is."""
    require(actor, case.project, Capability.CASE_RESPOND)
    case = locked_case(case)
    if case.state == CaseState.ACKNOWLEDGED and case.holder_id == actor.pk:
        return case
    if case.state == CaseState.ACKNOWLEDGED:
        raise CaseRefused("held", f"{case.holder} has this case already.")
    _require_state(case, CaseState.OPEN)
    now = timezone.now()
    _hold(case, actor, now)
    if case.acknowledged_at is None:
        case.acknowledged_at = now
        case.acknowledged_in_time = case.acknowledge_due is not None and now <= case.acknowledge_due
    case.escalate_at = escalation_of(case, now=now)
    case_happened(case=case, kind=Kind.ACKNOWLEDGED, actor=actor)
    return case


@transaction.atomic
def case_take_over(*, case: Case, actor: User, from_holder: int) -> Case:
    """Take a case from a colleague who has it, named by whoever takes it. Raises `CaseRefused` where that changed."""
    require(actor, case.project, Capability.CASE_RESPOND)
    case = locked_case(case)
    _require_state(case, CaseState.ACKNOWLEDGED)
    if case.holder_id == actor.pk:
        return case
    if case.holder_id != from_holder:
        raise CaseRefused("held", f"{case.holder} has this case now.")
    _hold(case, actor, timezone.now())
    case_happened(case=case, kind=Kind.TAKEN_OVER, actor=actor, former=from_holder)
    return case


@transaction.atomic
def case_release(*, case: Case, actor: User) -> Case:
    """Give a case back; its deadlines stay where they were."""
    require(actor, case.project, Capability.CASE_RESPOND)
    case = locked_case(case)
    _require_held(case, actor)
    case.state, case.holder, case.held_since = CaseState.OPEN, None, None
    case.escalate_at = escalation_of(case, now=timezone.now())
    case_happened(case=case, kind=Kind.RELEASED, actor=actor)
    return case


@transaction.atomic
def case_verify(*, case: Case, actor: User) -> Case:
    """Say that the alarm was true. Whoever has the case decides."""
    require(actor, case.project, Capability.CASE_RESPOND)
    case = locked_case(case)
    _require_held(case, actor)
    _decide(case, actor, CaseState.VERIFIED, CaseOutcome.TRUE_ALARM)
    case_happened(case=case, kind=Kind.VERIFIED, actor=actor)
    return case


@transaction.atomic
def case_override(*, case: Case, actor: User, reason: str, text: str, seen: int) -> Case:
    """Say, with a reason, that there is no danger. `seen` is the newest alarm that the page showed.

    An alarm takes clinical authority, whoever has the case. A case that the model gave no answer for may be judged by
    the responder who has it. Raises `CaseRefused` where a new alarm came meanwhile.
    """
    require(actor, case.project, Capability.CASE_RESPOND)
    case = locked_case(case)
    if case.kind == CaseKind.ALARM:
        require(actor, case.project, Capability.CASE_OVERRIDE)
        _require_state(case, CaseState.OPEN, CaseState.ACKNOWLEDGED, CaseState.VERIFIED)
    else:
        _require_held(case, actor)
    if reason not in OverrideReason.values:
        raise CaseInvalid("reason", "Choose why there is no danger.")
    _require_seen(case, seen)
    note = note_write(case=case, kind=CaseNote.Kind.OVERRIDE, text=text, author=actor)
    case.override_reason, case.override_note = reason, note
    _decide(case, actor, CaseState.OVERRIDDEN, CaseOutcome.FALSE_ALARM)
    case_happened(case=case, kind=Kind.OVERRIDDEN, actor=actor, reason=reason, note=note.pk)
    return case


@transaction.atomic
def case_close(*, case: Case, actor: User, text: str, seen: int) -> Case:
    """Close a decided case with a note. Raises `CaseRefused` where a colleague did, or a new alarm came."""
    require(actor, case.project, Capability.CASE_RESPOND)
    case = locked_case(case)
    if case.state == CaseState.CLOSED:
        raise CaseRefused("closed", f"{case.closed_by} has closed this case.")
    if case.state not in DECIDED_STATES:
        raise CaseRefused("undecided", "Verify or override the alarm first: a case closes with a decision.")
    _require_seen(case, seen)
    note = note_write(case=case, kind=CaseNote.Kind.CLOSING, text=text, author=actor)
    session_alerts_settle(case=case)
    case.state, case.closed_at, case.closed_by, case.closing_note = CaseState.CLOSED, timezone.now(), actor, note
    case.holder, case.held_since = None, None
    case_happened(case=case, kind=Kind.CLOSED, actor=actor, note=note.pk)
    return case


def case_reopen(*, case: Case, actor: User, text: str) -> Case:
    """Open a decided or closed case again, with a reason; its clock starts anew.

    Raises `CaseRefused` where the conversation has another open case meanwhile.
    """
    require(actor, case.project, Capability.CASE_RESPOND)
    try:
        with transaction.atomic():
            return _reopen(locked_case(case), actor, text)
    except IntegrityError:
        raise CaseRefused("other_open", "This conversation has another open case; go on with that one.") from None


@transaction.atomic
def case_note(*, case: Case, actor: User, text: str) -> CaseNote:
    """Add a clinical note, in any state."""
    require(actor, case.project, Capability.CASE_RESPOND)
    case = locked_case(case)
    note = note_write(case=case, kind=CaseNote.Kind.GENERAL, text=text, author=actor)
    case_happened(case=case, kind=Kind.NOTED, actor=actor, note=note.pk)
    return note


def _reopen(case: Case, actor: User, text: str) -> Case:
    _require_state(case, *DECIDED_STATES, CaseState.CLOSED)
    case.reopened += 1
    note = note_write(case=case, kind=CaseNote.Kind.REOPENING, text=text, author=actor)
    former = case.outcome
    case.state, case.outcome, case.override_reason, case.override_note = CaseState.OPEN, "", "", None
    case.closed_at = case.closed_by = case.closing_note = None
    case.holder = case.held_since = case.decided_at = case.decided_by = None
    wait_for(case, now=timezone.now())
    session_alerts_return(case=case)
    case_happened(case=case, kind=Kind.REOPENED, actor=actor, former=former, note=note.pk)
    return case


def _hold(case: Case, actor: User, now: Any) -> None:
    case.state, case.holder, case.held_since = CaseState.ACKNOWLEDGED, actor, now


def _decide(case: Case, actor: User, state: str, outcome: str) -> None:
    now = timezone.now()
    if case.first_decided_at is None:
        case.first_decided_at = now
        case.decided_in_time = case.verify_due is not None and now <= case.verify_due
    case.state, case.outcome, case.decided_at, case.decided_by = state, outcome, now, actor
    case.holder = case.holder or actor
    stop_clock(case)


def _require_state(case: Case, *states: str) -> None:
    if case.state not in states:
        raise CaseRefused("state", f"This case is {case.get_state_display().lower()} now.")


def _require_held(case: Case, actor: User) -> None:
    _require_state(case, CaseState.ACKNOWLEDGED)
    if case.holder_id != actor.pk:
        raise CaseRefused("held", f"{case.holder} has this case. Take it over first.")


def _require_seen(case: Case, seen: int) -> None:
    if case.alarm_seq > seen:
        raise CaseRefused("new_alarm", "A new alarm came while you were reading. Look at it first.")
