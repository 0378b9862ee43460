"""What every act on a case shares: the locked row, the event, the audit, the news."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from inference.models import Case, CaseEvent, CaseNote, CaseState, EscalationTier
from inference.refusals import CaseInvalid
from inference.selectors_policy import policy_of
from inference.services.case_alarms import level_name
from inference.services.webhook_outbox import webhook_tell
from inference.topics import cases_topic
from pixelhub.audit.services import record
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

NOTE_LIMIT = 4000
#: Acts that an operator's webhook hears of; hand-overs and notes stay inside.
_TOLD = frozenset({"acknowledged", "verified", "overridden", "closed", "reopened", "escalated"})


def locked_case(case: Case) -> Case:
    """The case as it is now, locked until the caller's transaction ends."""
    if not connection.in_atomic_block:
        raise RuntimeError("a case is locked inside the transaction of the act")
    return Case.objects.select_for_update(no_key=True).get(pk=case.pk)


def case_happened(
    *, case: Case, kind: str, actor: User | None, at: datetime | None = None, **payload: Any
) -> CaseEvent:
    """Save a locked case with one more event, an audit event, and the news for those who watch."""
    case.last_seq += 1
    case.save()
    event = CaseEvent.objects.create(
        case=case, seq=case.last_seq, kind=kind, actor=actor, level=case.level, payload=payload,
        at=at or timezone.now(),
    )  # fmt: skip
    facts = {"level": case.level, "state": case.state, **payload}
    record(action=f"case.{kind}", actor=actor, project=case.project, target=case, payload=facts)
    if kind in _TOLD:
        webhook_tell(case=case, event=kind)
    touch(cases_topic(case.project_id))
    return event


def note_write(*, case: Case, kind: str, text: str, author: User) -> CaseNote:
    """A clinical note. Raises `CaseInvalid` for an empty one, or text that cannot be stored."""
    return CaseNote.objects.create(
        case=case, kind=kind, text=clean_words(text, required=True), author=author, round=case.reopened
    )


def clean_words(text: str, *, required: bool = False, limit: int = NOTE_LIMIT) -> str:
    """Words without the space around them. Raises `CaseInvalid`."""
    words = text.strip()
    if required and not words:
        raise CaseInvalid("note", "Write a sentence about it.")
    if len(words) > limit:
        raise CaseInvalid("note", f"That is longer than {limit} characters.")
    if "\x00" in words or any("\ud800" <= character <= "\udfff" for character in words):
        raise CaseInvalid("note", "That holds a character that cannot be stored.")
    return words


def wait_for(case: Case, *, now: datetime) -> None:
    """Start the clock of a case that waits (again), with the deadlines of its level."""
    deadlines = policy_of(case.project_id).deadlines(level_name(case.kind, case.level))
    case.acknowledge_due, case.verify_due = now + deadlines.acknowledge, now + deadlines.verify
    case.escalate_at, case.tier = case.acknowledge_due, EscalationTier.ON_CALL


def stop_clock(case: Case) -> None:
    """Nothing is due any more."""
    case.acknowledge_due = case.verify_due = case.escalate_at = None


def escalation_of(case: Case, *, now: datetime) -> datetime | None:
    """When the case escalates next; None at the last tier. A tier that was just asked gets its own time."""
    if case.tier == EscalationTier.ADMINISTRATORS:
        return None
    due = case.acknowledge_due if case.state == CaseState.OPEN else case.verify_due
    if due is None or case.tier == EscalationTier.ON_CALL or case.state == CaseState.OPEN:
        return due
    return max(due, now + policy_of(case.project_id).step(level_name(case.kind, case.level)))
