"""Reading made-up conversations: keep, correct, reject; what becomes records and what never does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from datasets_app.corpus.synthesis.plan import EDGE_CASES, Plan
from datasets_app.models import ImportBatch, Record, SynthesisBatch, SynthesisRow
from datasets_app.selectors_synthesis import progress_of, shares_by, synthesis_actions
from datasets_app.services.errors import SynthesisRefused
from datasets_app.services.synthesis_review import row_claim, row_decide, row_reopen, synthesis_take
from pixelhub.accounts.roles import Role
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from tests.personas import World
from tests.synthesis.making import made


@pytest.fixture
def batch(world: World) -> SynthesisBatch:
    return made(world.project, world.user(Role.DATA_ENGINEER), Plan(12, 4))


def next_row(client: Client, **wanted: str) -> str:
    """The address of the next conversation that this person is handed."""
    return str(client.post(reverse("datasets:synthesis_next"), wanted).headers["Location"])


def looked_at(record: Record) -> dict[str, object]:
    """What a record says of who looked at it."""
    return dict(record.metadata["input"]["metadata"]["synthesis"])


def rest(batch: SynthesisBatch) -> Iterator[SynthesisRow]:
    yield from batch.rows.filter(state="waiting").order_by("number")


def test_a_reader_goes_from_one_to_the_next_by_deciding(world: World, batch: SynthesisBatch) -> None:
    reader, colleague = world.client(Role.QA), world.client(Role.CLINICAL_LEAD)
    queue = reader.get(reverse("datasets:synthesis_queue")).content.decode()
    assert "Read the next of 12" in queue
    here = next_row(reader)
    page = reader.get(here)
    row = SynthesisRow.objects.get(pk=int(here.split("/rows/")[1].split("/")[0]))
    assert row.sample["conversation"][0]["content"][:20].split("\n")[0][:8] in page.content.decode().replace(
        "&#x27;", "'"
    )
    assert next_row(reader).split("?")[0] == here.split("?")[0], "one's own row comes back"
    other = next_row(colleague)
    assert other.split("?")[0] != here.split("?")[0]
    assert "Somebody else has this" in colleague.get(here).content.decode()
    # A colleague can't decide on what another one holds.
    refused = colleague.post(here, {"decision": "kept"})
    assert refused.status_code == 422 and "Somebody else" in refused.content.decode()
    # A rejection without a reason, a correction without a label: nothing happens.
    for half in ({"decision": "rejected"}, {"decision": "rejected", "reason": "other"}, {"decision": "corrected"}, {}):
        assert reader.post(here, half).status_code == 422
    row.refresh_from_db()
    assert row.state == "waiting"
    following = reader.post(here, {"decision": "rejected", "reason": "unreal"})
    assert following.status_code == 302 and f"before={row.pk}" in following.headers["Location"]
    row.refresh_from_db()
    assert (row.state, row.reason, row.decided_by) == ("rejected", "unreal", world.user(Role.QA))
    assert row.sample, "nothing is lost"
    # Undo brings it back to whoever took it back.
    assert "Undo" in reader.get(following.headers["Location"]).content.decode()
    reader.post(reverse("datasets:synthesis_reopen", args=[row.pk]))
    row.refresh_from_db()
    assert (row.state, row.reason, row.held_by) == ("waiting", "", world.user(Role.QA))
    actions = AuditEvent.objects.filter(action__in=["synthesis.decide", "synthesis.reopen"]).values_list(
        "action", flat=True
    )
    assert list(actions) == ["synthesis.decide", "synthesis.reopen"]
    assert AuditEvent.objects.filter(action="rawtext.read").count() >= 2
    # Who may not read words gets neither queue nor row; an outsider finds nothing.
    for address in (reverse("datasets:synthesis_queue"), here):
        assert world.client(Role.PM).get(address).status_code == 403
    assert world.outsider_client(Role.QA).get(here).status_code == 404
    assert [action.count for action in synthesis_actions(world.project)] == [12]


def test_filters_hand_out_what_fits_and_what_the_rules_hear_otherwise_comes_first(
    world: World, batch: SynthesisBatch
) -> None:
    reader = world.user(Role.QA)
    unlike = list(batch.rows.exclude(rules_agree="same").values_list("pk", flat=True))
    assert 0 < len(unlike) < 12
    claimed = row_claim(rows=batch.rows.all(), actor=reader)
    assert claimed is not None and claimed.pk in unlike
    client = world.client(Role.QA)
    kind = batch.rows.exclude(pk=claimed.pk).first()
    assert kind is not None
    handed = next_row(
        client, type=kind.crisis_type, difficulty=kind.difficulty, backend="templates", batch=str(batch.pk)
    )
    row = SynthesisRow.objects.get(pk=int(handed.split("/rows/")[1].split("/")[0]))
    assert (row.crisis_type, row.difficulty) == (kind.crisis_type, kind.difficulty)
    assert f"type={kind.crisis_type}" in handed
    assert next_row(client, backend="designer").startswith(reverse("datasets:synthesis_queue"))
    shown = client.get(reverse("datasets:synthesis_queue"), {"type": "nonsense", "batch": "x", "state": "kept"})
    assert "No made-up conversation fits" in shown.content.decode()


def test_only_what_was_kept_becomes_records_under_the_label_that_people_gave(
    world: World, batch: SynthesisBatch
) -> None:
    reader, engineer = world.user(Role.QA), world.user(Role.DATA_ENGINEER)
    rows = list(rest(batch))
    row_decide(row=rows[0], actor=reader, decision="rejected", reason="other", note="a joke about grandmothers")
    row_decide(row=rows[1], actor=reader, decision="corrected", crisis_type="panic", severity=2)
    row_decide(row=rows[2], actor=reader, decision="corrected", crisis_type="none", severity=5)
    with pytest.raises(SynthesisRefused, match="9 of its conversations still wait"):
        synthesis_take(batch=batch, actor=engineer)
    for row in rows[3:]:
        row_decide(row=row, actor=reader, decision="kept")
    with pytest.raises(SynthesisRefused, match="decided on it meanwhile"):
        row_decide(row=rows[3], actor=world.user(Role.CLINICAL_LEAD), decision="rejected", reason="unreal")
    client = world.client(Role.DATA_ENGINEER)
    assert (
        "11 conversations can become records"
        in client.get(reverse("datasets:synthesis_batch", args=[batch.pk])).content.decode()
    )
    client.post(reverse("datasets:synthesis_take", args=[batch.pk]))
    client.post(reverse("datasets:synthesis_take", args=[batch.pk]))
    imported = ImportBatch.objects.get()
    run_inline(imported.job)
    records = {record.external_id: record for record in Record.objects.all()}
    assert len(records) == 11 and rows[0].sample["id"] not in records
    assert {record.source for record in records.values()} == {"synthetic"}
    panic, none = records[rows[1].sample["id"]], records[rows[2].sample["id"]]
    assert (panic.proposed_type, panic.proposed_severity) == ("panic", 2)
    assert (none.proposed_type, none.proposed_severity) == ("none", None)
    assert looked_at(panic)["asked_type"] == rows[1].crisis_type
    assert looked_at(records[rows[4].sample["id"]]) == {"batch": batch.pk, "row": 4, "review": "kept"}
    with pytest.raises(SynthesisRefused, match="in the records already"):
        row_reopen(row=rows[4], actor=reader)
    # What was rejected is kept with its reason, for those who may read it.
    file = world.client(Role.QA).get(reverse("datasets:synthesis_quarantine", args=[batch.pk]))
    [line] = [json.loads(part) for part in file.getvalue().splitlines()]
    assert (line["reason"], line["note"]) == ("other", "a joke about grandmothers")
    assert line["sample"] == rows[0].sample
    assert not any("grandmothers" in event.payload_json for event in AuditEvent.objects.all())


def test_a_sample_is_read_the_rest_goes_along_and_the_share_has_its_interval(world: World) -> None:
    reader, engineer = world.user(Role.QA), world.user(Role.DATA_ENGINEER)
    batch = made(world.project, engineer, Plan(30, 4, EDGE_CASES), sample_size=8)
    rows = list(rest(batch))
    assert len(rows) == 8 and [row.number for row in rows] != list(range(8))
    for place, row in enumerate(rows):
        if place < 2:
            row_decide(row=row, actor=reader, decision="rejected", reason="incoherent")
        else:
            row_decide(row=row, actor=reader, decision="kept")
    progress = progress_of(batch.rows.all())
    share, low, high = progress.share
    assert (share, progress.takeable) == (0.25, 28) and 0.07 < low < 0.08 and 0.58 < high < 0.60
    tables = shares_by(batch.rows.all())
    for name in ("Type", "Difficulty", "Circumstances", "Category of edge case"):
        assert sum(row.read for row in tables[name]) == 8 and sum(row.rejected for row in tables[name]) == 2
    assert "Who wrote" not in tables, "one group alone is no comparison"
    page = world.client(Role.PM).get(reverse("datasets:synthesis_batch", args=[batch.pk])).content.decode()
    assert "25.0%" in page and "does not hold together: 2" in page
    imported = synthesis_take(batch=batch, actor=engineer)
    run_inline(imported.job)
    records = Record.objects.all()
    assert records.count() == 28 and all(record.is_edge_case for record in records)
    assert {record.stage for record in records} == {3}
    reviews = [looked_at(record)["review"] for record in records]
    assert (reviews.count("kept"), reviews.count("not_drawn")) == (6, 22)
