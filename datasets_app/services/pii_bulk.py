"""Decisions on many findings at once; nothing is rewritten before somebody confirms it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from datasets_app.models import PiiFinding, Record
from datasets_app.selectors_pii import pending_records
from pixelhub.audit.services import record as audit
from pixelhub.live.services import touch

from .pii_claims import free_of_others

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

State = PiiFinding.State


def pii_bulk_decide(
    *, project: Project, actor: User, kind: str, least: float, most: float, accept: bool
) -> dict[str, int]:
    """Decide all open findings of a kind within a span of confidence; nothing is rewritten before it is confirmed.

    Records on somebody's screen are left out. Returns counts of findings, records and records left out.
    """
    now = timezone.now()
    with transaction.atomic():
        # Locked in the order of ids: two bulk acts that meet take turns.
        records = pending_records(project).filter(pii_findings__in=_open_findings(kind, least, most))
        pks = list(
            free_of_others(records, now).select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)
        )
        free = set(free_of_others(pending_records(project).filter(pk__in=pks), now).values_list("pk", flat=True))
        chosen = _open_findings(kind, least, most).filter(record__in=free)
        decided = chosen.update(state=State.ACCEPTED if accept else State.REJECTED, decided_by=actor, decided_at=now)
        busy = records.exclude(pk__in=free).distinct().count()
        answer = {"findings": decided, "records": len(free), "left_out": busy}
        payload = {"kind": kind, "least": least, "most": most, "accept": accept, **answer}
        audit(action="pii.bulk_decide", actor=actor, project=project, payload=payload)
        touch(f"project:{project.pk}:pii")
    return answer


def pii_bulk_undo(*, project: Project, actor: User) -> int:
    """Open again everything that was decided in bulk and is not confirmed yet. Returns how many findings."""
    with transaction.atomic():
        pks = list(pending_records(project).select_for_update(no_key=True).values_list("pk", flat=True))
        opened = (
            PiiFinding.objects.filter(record__in=pks)
            .exclude(state=State.PENDING)
            .update(state=State.PENDING, decided_by=None, decided_at=None)
        )
        audit(action="pii.bulk_undo", actor=actor, project=project, payload={"findings": opened})
        touch(f"project:{project.pk}:pii")
    return opened


def pii_spot_check(*, project: Project, actor: User, count: int) -> int:
    """Put conversations in which the rules found nothing into the queue, chosen by chance; returns how many.

    A person reads them and adds what was missed: that measures the rules on the project's own data. Records that are
    in a round or in a published snapshot stay out, because a rewritten text is not the one that was labelled.
    """
    with transaction.atomic():
        clean = Record.objects.filter(
            project=project, state=Record.State.ACTIVE, pii_state=Record.PiiState.CLEAN,
            round_items__isnull=True, snapshot_labels__isnull=True,
        )  # fmt: skip
        chosen = list(clean.order_by("?").values_list("pk", flat=True)[:count])
        locked = Record.objects.filter(pk__in=chosen).select_for_update(no_key=True).order_by("pk")
        moved = Record.objects.filter(
            pk__in=list(locked.values_list("pk", flat=True)), pii_state=Record.PiiState.CLEAN
        ).update(pii_state=Record.PiiState.PENDING)
        audit(action="pii.spot_check", actor=actor, project=project, payload={"records": moved})
        touch(f"project:{project.pk}:pii")
    return moved


def _open_findings(kind: str, least: float, most: float) -> QuerySet[PiiFinding]:
    return PiiFinding.objects.filter(
        kind=kind, confidence__gte=least, confidence__lte=most, state=State.PENDING,
        record__pii_state=Record.PiiState.PENDING,
    )  # fmt: skip
