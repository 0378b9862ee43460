"""Appending to the audit chain, and seeing damage."""

import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from pixelhub.accounts.services import project_create
from pixelhub.audit.chain import event_hash, verify_events
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify, iterate_events
from pixelhub.audit.services import record


def append(count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            record(action="test.act", payload={"n": number, "share": 0.1, "word": "Ü\u202e\r\n\x1b[31m"})


def drop_triggers(table: str = "audit_auditevent") -> None:
    """What somebody with the database's own password can do: the hashes must still tell."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {table}_no_update")
            cursor.execute(f"DROP TRIGGER {table}_no_delete")
        else:
            cursor.execute(f"DROP TRIGGER {table}_no_change ON {table}")


@pytest.mark.django_db
def test_an_untouched_chain_verifies() -> None:
    append(5)
    report = chain_verify()
    assert report.ok and report.events == 5


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record(action="test.act")


@pytest.mark.django_db
def test_an_event_vanishes_with_its_act() -> None:
    append(1)
    with pytest.raises(LookupError), transaction.atomic():
        record(action="test.act")
        raise LookupError
    assert AuditEvent.objects.count() == 1
    assert chain_verify().ok


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"action": "other.act"}, None], ids=["update", "delete"])
def test_the_database_refuses_to_change_an_event(change: dict | None) -> None:
    append(2)
    events = AuditEvent.objects.filter(seq=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        events.update(**change) if change else events.delete()
    assert chain_verify().ok


@pytest.mark.django_db
def test_one_flipped_byte_is_named() -> None:
    append(4)
    drop_triggers()
    payload = AuditEvent.objects.get(seq=2).payload_json
    AuditEvent.objects.filter(seq=2).update(payload_json=payload.replace('"n":1', '"n":2'))
    report = chain_verify()
    assert not report.ok
    assert any("event 2: altered" in problem for problem in report.problems)


@pytest.mark.django_db
def test_a_removed_event_and_a_cut_tail_are_named() -> None:
    append(5)
    drop_triggers()
    AuditEvent.objects.filter(seq=3).delete()
    assert any("event 3: missing" in problem for problem in chain_verify().problems)
    AuditEvent.objects.filter(seq__gte=3).delete()
    assert chain_verify().problems == ("the chain ends at event 2, its head says 5",)


def test_reordered_events_are_named() -> None:
    events: list[dict] = []
    previous = "0" * 64
    for seq in (1, 2, 3):
        fields = {"seq": seq, "at": "t", "action": f"act.{seq}", "actor_id": None, "actor_label": "",
                  "project_id": None, "target_type": "", "target_id": "", "payload_json": "{}"}  # fmt: skip
        digest = event_hash(fields, previous)
        events.append({**fields, "prev_hash": previous, "hash": digest})
        previous = digest
    assert verify_events(events, head_seq=3, head_hash=previous).ok
    swapped = [events[0], {**events[2], "seq": 2}, {**events[1], "seq": 3}]
    problems = verify_events(swapped, head_seq=3, head_hash=previous).problems
    assert any("event 2: altered" in problem for problem in problems)
    assert any("link broken" in problem for problem in problems)


@pytest.mark.django_db
def test_audit_verify_exits_1_and_names_the_event(capsys: pytest.CaptureFixture[str]) -> None:
    append(3)
    call_command("audit_verify")
    assert "intact" in capsys.readouterr().out
    drop_triggers()
    AuditEvent.objects.filter(seq=2).update(actor_label="somebody else")
    with pytest.raises(SystemExit) as ended:
        call_command("audit_verify", json=True)
    assert ended.value.code == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    assert "event 2" in answer["problems"][0]


@pytest.mark.django_db
def test_an_export_can_be_verified_away_from_the_hub(tmp_path) -> None:
    append(3)
    call_command("audit_export", output=str(tmp_path / "audit.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    events, head = lines[:-1], lines[-1]["head"]["chain"]
    assert verify_events(events, head_seq=head["seq"], head_hash=head["hash"]).ok
    assert events == list(iterate_events(upto=head["seq"]))


@pytest.mark.django_db
def test_every_account_act_is_recorded(world) -> None:
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert "project.create" in actions
    project_create(slug="gamma", name="Gamma", actor=world.user("administrator"))
    last = AuditEvent.objects.latest("seq")
    assert (last.action, last.actor_label) == ("project.create", "alpha-administrator-1")
    assert {"user.create", "membership.grant"} <= set(AuditEvent.objects.values_list("action", flat=True))
