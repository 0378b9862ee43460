"""Review of identifiers: who looks at what now, what was decided, and the record rewritten by it.

A record belongs to one reviewer at a time by a lease; a decision locks the record's row and names the version of the
text that it was made on, so of two decisions one stands. Right on SQLite and on PostgreSQL at READ COMMITTED.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from datasets_app.corpus.hashing import content_hash, record_hash
from datasets_app.models import PiiFinding, PiiLease, Record
from pixelhub.audit.services import record as audit
from pixelhub.live.services import touch

from .errors import DatasetError
from .pii_text import Span, check_spans, echo_pattern, replace_spans, shifted, with_placeholders, without_echoes
from .screening import intake_digest, screen_records

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

State = PiiFinding.State


class ReviewRefused(DatasetError):
    """A decision cannot be taken; `code` is for programs, `status` for HTTP, the text for the reviewer."""

    def __init__(self, code: str, message: str, status: int = 409) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Decision:
    """What a reviewer says of one stretch of text; `finding` is None for one that the rules missed."""

    finding: int | None
    turn: int
    start: int
    end: int
    kind: str
    accept: bool


@dataclass(frozen=True)
class Outcome:
    """What became of the record: reviewed, or withdrawn as a copy of `kept`."""

    record: int
    withdrawn: bool = False
    kept: int | None = None


def pii_confirm(*, record: Record, actor: User, version: str, decisions: Sequence[Decision]) -> Outcome:
    """Apply a reviewer's decisions to a record for good: its messages are rewritten, the original words go.

    `version` is the content hash of the text that they read; every finding needs a decision. Raises ReviewRefused.
    """
    with transaction.atomic():
        locked = Record.objects.select_for_update(no_key=True).select_related("project").get(pk=record.pk)
        _refuse_if_settled(locked)
        if locked.content_hash != version:
            raise ReviewRefused("changed", "The conversation has changed since it was shown. Nothing was changed.")
        if PiiLease.objects.filter(record=locked, until__gte=timezone.now()).exclude(holder=actor).exists():
            raise ReviewRefused("lease_lost", "Somebody else has this conversation now. Nothing was changed.")
        rows = {row.pk: row for row in locked.pii_findings.all()}
        named = [decision.finding for decision in decisions if decision.finding is not None]
        if sorted(named) != sorted(rows):
            raise ReviewRefused("undecided", "Every finding needs exactly one decision. Nothing was changed.", 400)
        return _settle(locked, actor, [_decided(locked, row, actor) for row in _merged(rows, decisions)], way="person")


def confirm_bulk_decided(*, record_id: int, actor: User | None) -> Outcome | None:
    """Apply decisions that were all taken in bulk. None where somebody has the record, or something is undecided.

    Call inside a transaction: the job's step.
    """
    locked = Record.objects.select_for_update(no_key=True).select_related("project").get(pk=record_id)
    rows = list(locked.pii_findings.all())
    open_now = PiiLease.objects.filter(record=locked, until__gte=timezone.now()).exists()
    if locked.pii_state != Record.PiiState.PENDING or open_now or any(row.state == State.PENDING for row in rows):
        return None
    try:
        return _settle(locked, actor, rows, way="bulk")
    except ReviewRefused:  # told before anything is written: a person has to look
        return None


def _refuse_if_settled(locked: Record) -> None:
    if locked.state == Record.State.WITHDRAWN:
        raise ReviewRefused("withdrawn", "This conversation was withdrawn. Nothing was changed.")
    if locked.pii_state != Record.PiiState.PENDING:
        raise ReviewRefused("decided", "This conversation was reviewed already. Nothing was changed.")


def _merged(rows: dict[int, PiiFinding], decisions: Iterable[Decision]) -> Iterable[tuple[PiiFinding | None, Decision]]:
    for decision in decisions:
        yield (rows[decision.finding] if decision.finding is not None else None), decision


def _decided(locked: Record, pair: tuple[PiiFinding | None, Decision], actor: User) -> PiiFinding:
    """The finding as the reviewer left it, unsaved."""
    row, decision = pair
    now = timezone.now()
    place = {"turn": decision.turn, "start": decision.start, "end": decision.end, "kind": decision.kind}
    if row is None:
        if not decision.accept:
            raise ReviewRefused("bad_decision", "Words that nobody found cannot be rejected.", 400)
        return PiiFinding(
            record=locked, **place, confidence=1.0, placeholder="", origin=PiiFinding.Origin.PERSON,
            state=State.ACCEPTED, decided_by=actor, decided_at=now,
        )  # fmt: skip
    changed = any(getattr(row, name) != value for name, value in place.items())
    if decision.accept:
        state = State.EDITED if changed else State.ACCEPTED
    else:
        place, state = {name: getattr(row, name) for name in place}, State.REJECTED
    return PiiFinding(
        record=locked, **place, confidence=row.confidence, placeholder=row.placeholder, origin=row.origin, state=state,
        decided_by=actor, decided_at=now,
    )  # fmt: skip


def _settle(locked: Record, actor: User | None, rows: Sequence[PiiFinding], *, way: str) -> Outcome:
    """Rewrite the record by decided findings and store them where the text stands now. The row is locked."""
    counts = Counter(f"{row.kind}.{row.state}" for row in rows)
    added = sum(row.origin == PiiFinding.Origin.PERSON for row in rows)
    rows = sorted(rows, key=_span)
    chosen = [_span(row) for row in rows if row.state != State.REJECTED]
    if wrong := check_spans(locked.messages, chosen):
        raise ReviewRefused("bad_decision", f"{wrong} Nothing was changed.", 400)
    replaced = with_placeholders(locked.messages, chosen)
    _overwrite_what_is_freed()
    original = locked.messages
    locked.messages, moved = replace_spans(original, replaced)
    _forget_echoes(locked, original, replaced)
    locked.pii_state = Record.PiiState.REVIEWED
    screen_records([locked])
    kept = _store(locked, content_hash(locked.messages))
    locked.pii_findings.all().delete()
    PiiFinding.objects.bulk_create(_where_they_stand_now(rows, replaced, moved), ignore_conflicts=True)
    PiiLease.objects.filter(record=locked).delete()
    payload = {"decisions": dict(counts), "added": added, "way": way, "duplicate_of": kept.pk if kept else None}
    audit(action="pii.review", actor=actor, project=locked.project, target=locked, payload=payload)
    touch(f"project:{locked.project_id}:pii")
    touch(f"project:{locked.project_id}:records")
    return Outcome(record=locked.pk, withdrawn=kept is not None, kept=kept.pk if kept else None)


def _overwrite_what_is_freed() -> None:
    """SQLite leaves replaced words in free pages of its file unless told to overwrite them.

    PostgreSQL keeps the old row until its next vacuum, and a backup until it is rotated (docs/runbook.md).
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")


def _span(row: PiiFinding) -> Span:
    return Span(row.turn, row.start, row.end, row.kind)


def _where_they_stand_now(
    rows: Sequence[PiiFinding], replaced: Sequence[Span], moved: dict[Span, Span]
) -> list[PiiFinding]:
    """Findings with the places of the rewritten text: the old ones would tell how long the words were."""
    found, placed = [], iter(replaced)
    for row in rows:
        now = shifted(_span(row), replaced) if row.state == State.REJECTED else moved[next(placed)]
        if now is None:
            continue
        row.pk, row.start, row.end = None, now.start, now.end
        row.placeholder = now.placeholder or row.placeholder
        row._state.adding = True
        found.append(row)
    return found


def _forget_echoes(locked: Record, original: Sequence[dict[str, str]], replaced: Sequence[Span]) -> None:
    """Take the replaced words out of what stands beside the conversation, too."""
    pattern = echo_pattern(original, replaced)
    if pattern is None:
        return
    locked.metadata = without_echoes(locked.metadata, pattern)
    locked.group_keys = [
        f"{key.partition(':')[0]}:{intake_digest(locked.project_id, key)[:32]}" if pattern.search(key) else key
        for key in locked.group_keys
    ]
    if locked.group_keys:
        locked.group_key = locked.group_keys[0][:255]
    if pattern.search(locked.external_id):
        locked.external_id = f"ext-{intake_digest(locked.project_id, locked.external_id)[:32]}"
        locked.record_hash = record_hash(locked.external_id, locked.stage, locked.source, locked.proposed_severity)


def _store(locked: Record, digest: str) -> Record | None:
    """Save the rewritten record; where another one reads the same now, withdraw this one and return the other."""
    if digest != locked.content_hash:
        others = Record.objects.filter(project_id=locked.project_id, content_hash=digest).exclude(pk=locked.pk)
        if (twin := others.first()) is None:
            before, locked.content_hash = locked.content_hash, digest
            try:
                with transaction.atomic():
                    locked.save()
                return None
            except IntegrityError:  # the other one was rewritten at the same moment
                locked.content_hash = before
                twin = others.get()
        return _withdraw(locked, twin)
    locked.save()
    return None


def _withdraw(locked: Record, twin: Record) -> Record:
    # A withdrawn copy needs a hash of its own; that of its original words would let guesses be checked.
    locked.content_hash = f"intake:{locked.intake_hash}"
    locked.state = Record.State.WITHDRAWN
    locked.withdrawn_reason = f"With its identifiers replaced it reads as record {twin.pk} does."
    locked.save()
    twin.group_keys = list(dict.fromkeys([*twin.group_keys, *locked.group_keys]))
    if locked.is_edge_case and not twin.is_edge_case:
        twin.is_edge_case, twin.edge_case_kind = True, locked.edge_case_kind
    twin.save(update_fields=["group_keys", "is_edge_case", "edge_case_kind"])
    return twin
