"""What people decide about made-up conversations, one reader a row, and bringing the kept ones into records.

A screen never decides here: rules mishear edge cases, so only a person may reject a row, and says why. Right on SQLite
and on PostgreSQL at READ COMMITTED: each claim and each decision is one conditional UPDATE of the row.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from datasets_app.corpus import taxonomy
from datasets_app.corpus.synthesis.edge_cases import SOURCE_FAMILY
from datasets_app.corpus.synthesis.plan import EDGE_CASES
from datasets_app.models import ImportBatch, SynthesisBatch, SynthesisRow
from pixelhub.audit.services import record
from pixelhub.live.services import touch

from .errors import ImportRefused, SynthesisRefused
from .imports import import_start
from .synthesis import synthesis_topic

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

HELD_FOR: Final = timedelta(minutes=15)
_CANDIDATES: Final = 8
_EDGE_STAGE: Final = 3
_S = SynthesisRow.State
DECISIONS: Final = (_S.KEPT.value, _S.CORRECTED.value, _S.REJECTED.value)
TAKEN_STATES: Final = (_S.KEPT, _S.CORRECTED, _S.NOT_DRAWN)


def row_claim(*, rows: QuerySet[SynthesisRow], actor: User, leave_out: int | None = None) -> SynthesisRow | None:
    """The next row to read of `rows`: the one that this person holds already, or one that nobody holds.

    Rows that the rules hear otherwise come first. None where nothing is left that is free.
    """
    waiting = rows.filter(state=_S.WAITING, batch__import_batch=None)
    if leave_out is not None:
        waiting = waiting.exclude(pk=leave_out)
    while True:
        now = timezone.now()
        held = waiting.filter(held_by=actor, held_until__gte=now).order_by("pk").first()
        if held is not None:
            return held
        free = waiting.filter(_free(now))
        # In one order for everybody: what is wrong most likely is read first, then row by row.
        found = list(free.order_by("rules_agree", "pk").values_list("pk", flat=True)[:_CANDIDATES])
        if not found:
            return None
        for pk in found:
            mine = SynthesisRow.objects.filter(_free(now), pk=pk, state=_S.WAITING)
            if mine.update(held_by=actor, held_until=now + HELD_FOR):
                return SynthesisRow.objects.select_related("batch__project").get(pk=pk)


def row_decide(
    *,
    row: SynthesisRow,
    actor: User,
    decision: str,
    reason: str = "",
    note: str = "",
    crisis_type: str = "",
    severity: int | None = None,
) -> None:
    """Keep a row, keep it under another label, or reject it with a reason.

    Raises SynthesisRefused for a decision that is not whole, and where somebody else decided or holds the row.
    """
    values = _values(decision, reason, note, crisis_type, severity)
    now = timezone.now()
    with transaction.atomic():
        waits = SynthesisRow.objects.filter(_free(now) | Q(held_by=actor), pk=row.pk, state=_S.WAITING)
        taken = SynthesisBatch.objects.filter(pk=row.batch_id).exclude(import_batch=None).exists()
        if taken or not waits.update(decided_by=actor, decided_at=now, held_by=None, held_until=None, **values):
            raise SynthesisRefused("Somebody else has this conversation, or has decided on it meanwhile.")
        record(
            action="synthesis.decide",
            actor=actor,
            project=row.batch.project,
            target=row.batch,
            payload={
                "row": row.number,
                "decision": decision,
                "reason": values["reason"],
                "asked": [row.crisis_type, row.severity],
                "corrected": [values["corrected_type"], values["corrected_severity"]],
            },
        )
        touch(synthesis_topic(row.batch.project_id))


def row_reopen(*, row: SynthesisRow, actor: User) -> None:
    """Take a decision back; this person holds the row again. Raises SynthesisRefused once the batch is in records."""
    with transaction.atomic():
        # Locked: who brings the batch into records at this moment has counted this row as decided.
        batch = SynthesisBatch.objects.select_for_update(no_key=True).get(pk=row.batch_id)
        decided = SynthesisRow.objects.filter(pk=row.pk, state__in=DECISIONS)
        changed = batch.import_batch_id is None and decided.update(
            state=_S.WAITING, reason="", note="", corrected_type="", corrected_severity=None, decided_by=None,
            decided_at=None, held_by=actor, held_until=timezone.now() + HELD_FOR,
        )  # fmt: skip
        if not changed:
            raise SynthesisRefused("There is no decision to take back, or its batch is in the records already.")
        record(
            action="synthesis.reopen",
            actor=actor,
            project=row.batch.project,
            target=row.batch,
            payload={"row": row.number},
        )
        touch(synthesis_topic(row.batch.project_id))


def synthesis_take(*, batch: SynthesisBatch, actor: User) -> ImportBatch:
    """Bring what was kept, and what was not drawn into a sample, into records, as one import. Twice gives the same one.

    Rejected rows and answers that were no conversation stay where they are. Raises SynthesisRefused while rows are made
    or wait for a reader, and where nothing was kept.
    """
    with transaction.atomic():
        locked = SynthesisBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if locked.import_batch is not None:
            return locked.import_batch
        if SynthesisBatch.objects.select_related("job").get(pk=batch.pk).is_open:
            raise SynthesisRefused("The conversations are still being made; wait, or cancel the job.")
        if waiting := locked.rows.filter(state=_S.WAITING).count():
            raise SynthesisRefused(f"{waiting:,} of its conversations still wait for a reader.")
        with tempfile.TemporaryFile() as file:
            file.writelines(_lines(locked))
            if not file.tell():
                raise SynthesisRefused("Nothing of it was kept.")
            file.seek(0)
            imported = _import(locked, file, actor)
        locked.import_batch, locked.taken_by, locked.taken_at = imported, actor, timezone.now()
        locked.save(update_fields=["import_batch", "taken_by", "taken_at"])
        taken = locked.rows.filter(state__in=TAKEN_STATES).count()
        record(
            action="synthesis.take",
            actor=actor,
            project=locked.project,
            target=locked,
            payload={"import": imported.pk, "rows": taken},
        )
        touch(synthesis_topic(locked.project_id))
    return imported


def _import(batch: SynthesisBatch, file: BinaryIO, actor: User) -> ImportBatch:
    try:
        return import_start(
            project=batch.project,
            source=taxonomy.Source.SYNTHETIC.value,
            family=SOURCE_FAMILY,
            file=file,
            file_name=f"synthesis-{batch.pk}.jsonl",
            actor=actor,
            stage=_EDGE_STAGE if batch.plan["kind"] == EDGE_CASES else 1,
            licence="made by this hub",
        )
    except ImportRefused as refused:
        raise SynthesisRefused(str(refused)) from None


def quarantine_lines(batch: SynthesisBatch) -> Iterator[bytes]:
    """What of a batch never becomes a record, as JSON lines: rejected rows, and answers as they came."""
    for row in batch.rows.filter(state__in=(_S.REJECTED, _S.BROKEN)).order_by("number").iterator():
        told = {"number": row.number, "state": row.state, "reason": row.reason, "note": row.note}
        yield orjson.dumps(told | ({"sample": row.sample} if row.sample else {"raw": row.raw})) + b"\n"


def _free(now: Any) -> Q:
    return Q(held_by=None) | Q(held_until__lt=now)


def _lines(batch: SynthesisBatch) -> Iterator[bytes]:
    for row in batch.rows.filter(state__in=TAKEN_STATES).order_by("number").iterator():
        sample = row.sample
        looked = {"batch": batch.pk, "row": row.number, "review": row.state}
        if row.state == _S.CORRECTED:
            looked |= {"asked_type": row.crisis_type, "asked_severity": row.severity}
            sample = sample | {"crisis_type": row.corrected_type, "severity": row.corrected_severity}
        yield orjson.dumps(sample | {"metadata": sample["metadata"] | {"synthesis": looked}}) + b"\n"


def _values(decision: str, reason: str, note: str, crisis_type: str, severity: int | None) -> dict[str, Any]:
    if decision not in DECISIONS:
        raise SynthesisRefused("Keep it, keep it under another label, or reject it.")
    values: dict[str, Any] = {
        "state": decision,
        "reason": "",
        "note": note.strip()[:300],
        "corrected_type": "",
        "corrected_severity": None,
    }
    if decision == _S.REJECTED:
        if reason not in SynthesisRow.Reason.values:
            raise SynthesisRefused("Say why it is rejected.")
        if reason == SynthesisRow.Reason.OTHER and not note.strip():
            raise SynthesisRefused("Say in a few words what it is.")
        values["reason"] = reason
    if decision == _S.CORRECTED:
        if crisis_type not in taxonomy.CRISIS_TYPES:
            raise SynthesisRefused("Choose the crisis type that it is.")
        if crisis_type != taxonomy.NONE_TYPE and severity not in taxonomy.SEVERITIES:
            raise SynthesisRefused("Choose how severe it is.")
        values["corrected_type"] = crisis_type
        values["corrected_severity"] = None if crisis_type == taxonomy.NONE_TYPE else severity
    return values
