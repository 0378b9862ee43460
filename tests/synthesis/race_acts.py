"""What racers do in processes of their own."""

from __future__ import annotations

from django.db.models import Count

from datasets_app.corpus.synthesis.plan import Plan
from datasets_app.models import ImportBatch, SynthesisBatch, SynthesisRow
from datasets_app.services.errors import SynthesisRefused
from datasets_app.services.synthesis import synthesis_start
from datasets_app.services.synthesis_review import row_claim, row_decide, synthesis_take
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Role
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify
from tests.personas import make_world
from tests.synthesis.making import made


def prepare(count: int, readers: int) -> dict[str, list[int]]:
    world = make_world()
    batch = made(world.project, world.user(Role.DATA_ENGINEER), Plan(count, 3))
    rows = batch.rows.order_by("number").values_list("pk", flat=True)
    return {"batch": [batch.pk], "rows": list(rows), "readers": [world.user(Role.QA, n + 1).pk for n in range(readers)]}


def read_all(batch_pk: int, reader_pk: int, first_pk: int, decision: str) -> dict[str, object]:
    """Decide on one row that everybody decides on, then claim and keep until nothing is left."""
    reader, numbers = User.objects.get(pk=reader_pk), []
    try:
        first = SynthesisRow.objects.select_related("batch__project").get(pk=first_pk)
        row_decide(row=first, actor=reader, decision=decision, reason="unreal")
    except SynthesisRefused:
        decision = "refused"
    while row := row_claim(rows=SynthesisRow.objects.filter(batch=batch_pk), actor=reader):
        row_decide(row=row, actor=reader, decision="kept")
        numbers.append(row.number)
    return {"first": decision, "numbers": numbers}


def take_and_start(batch_pk: int, reader_pk: int) -> list[int]:
    """Bring the batch into records, and send one form that asks for another."""
    batch, reader = SynthesisBatch.objects.select_related("project").get(pk=batch_pk), User.objects.get(pk=reader_pk)
    imported = synthesis_take(batch=batch, actor=reader)
    begun = synthesis_start(
        project=batch.project, actor=reader, plan=Plan(3, 1), backend="templates", request_key="the-same-form"
    )
    return [imported.pk, begun.pk]


def look(batch_pk: int) -> dict[str, object]:
    rows = SynthesisRow.objects.filter(batch=batch_pk)
    return {
        "states": dict(rows.order_by().values_list("state").annotate(Count("pk"))),
        "decisions": AuditEvent.objects.filter(action="synthesis.decide").count(),
        "imports": ImportBatch.objects.count(),
        "batches": SynthesisBatch.objects.count(),
        "audit": list(chain_verify().problems),
    }
