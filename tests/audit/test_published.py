"""Published heads: signed, written once, and what a cut or rewritten chain is found by."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import transaction

from pixelhub.audit import watch
from pixelhub.audit.chain import event_hash
from pixelhub.audit.models import AuditCheck, AuditEvent, AuditHead
from pixelhub.audit.published import HEADS, published_heads
from pixelhub.audit.selectors import chain_verify, iterate_events
from pixelhub.audit.services import record
from pixelhub.audit.verification import audit_publish_head, audit_verify
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_enqueue
from pixelhub.objects import get_store
from tests.audit.test_record import append, drop_triggers

pytestmark = pytest.mark.django_db


def rewrite_from(seq: int) -> None:
    """As somebody with the database's own password could: every hash after it made anew, so the chain holds."""
    drop_triggers()
    events = list(iterate_events())
    previous = events[seq - 2]["hash"] if seq > 1 else "0" * 64
    for event in events[seq - 1 :]:
        if event["seq"] == seq:
            event["actor_label"] = "somebody else"
        digest = event_hash(event, previous)
        AuditEvent.objects.filter(seq=event["seq"]).update(
            actor_label=event["actor_label"], prev_hash=previous, hash=digest
        )
        previous = digest
    AuditHead.objects.update(hash=previous)


def cut_to(seq: int) -> None:
    drop_triggers()
    AuditEvent.objects.filter(seq__gt=seq).delete()
    AuditHead.objects.update(seq=seq, hash=AuditEvent.objects.get(seq=seq).hash)


def test_a_head_is_signed_written_once_and_in_the_trail() -> None:
    append(3)
    head = audit_publish_head()
    assert head is not None and head.seq == 3
    event = AuditEvent.objects.latest("seq")
    assert (event.action, json.loads(event.payload_json)["sha256"]) == ("audit.publish_head", head.sha256)
    second = audit_publish_head()
    assert second is not None and second.document["previous"] == head.sha256
    assert [each.seq for each in published_heads()] == [3, 4]
    check = audit_verify()
    assert check.ok, check.problems
    assert (check.published_heads, check.events) == (2, 5)


def test_nothing_is_published_of_an_empty_chain_or_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit_publish_head() is None
    append(1)
    monkeypatch.setattr("pixelhub.audit.verification.record", lambda **kwargs: None)
    assert audit_publish_head() is not None
    assert audit_publish_head() is None


def test_a_chain_rewritten_from_end_to_end_is_found() -> None:
    append(4)
    audit_publish_head()
    append(2)
    rewrite_from(2)
    assert chain_verify().ok, "by itself it is whole"
    check = audit_verify()
    assert any("event 4 has another hash than was published" in problem for problem in check.problems)


def test_a_cut_chain_is_found() -> None:
    append(4)
    audit_publish_head()
    cut_to(2)
    assert chain_verify().ok
    assert any("the chain was cut" in problem for problem in audit_verify().problems)


def test_a_head_that_is_gone_forged_or_changed_is_found() -> None:
    append(2)
    first = audit_publish_head()
    append(1)
    audit_publish_head()
    store, whole = get_store(), {}
    for stat in store.list(HEADS):
        whole[stat.key] = store.read(stat.key)
    store.delete(first.key)
    said = "\n".join(audit_verify().problems)
    assert "was published and is gone" in said and "the head before it is gone" in said
    forged = json.loads(whole[first.key])
    forged["document"]["published_at"] = "2020-01-01T00:00:00+00:00"
    store.put(first.key, json.dumps(forged).encode())
    said = "\n".join(audit_verify().problems)
    assert "not signed by this hub's key" in said and "not the document that was published" in said
    store.put(first.key, b"nonsense")
    assert "is no published head" in "\n".join(audit_verify().problems)
    store.put(first.key, whole[first.key])
    assert audit_verify().ok


def test_a_check_can_go_on_where_the_last_good_one_ended() -> None:
    append(5)
    assert audit_verify().whole
    append(2)
    check = audit_verify(whole=False)
    assert (check.whole, check.first_seq, check.last_seq, check.events) == (False, 6, 7, 2)
    drop_triggers()
    AuditEvent.objects.filter(seq=6).update(action="other.act")
    assert audit_verify(whole=False).ok, "it looks only at what is new"
    whole = audit_verify()
    assert not whole.ok and whole.broken_at == 6
    assert audit_verify(whole=False).ok, "the last good check ended later"
    AuditEvent.objects.filter(seq=7).update(hash="f" * 64)
    assert audit_verify(whole=False).broken_at == 6, "where the last good event is another, it begins anew"


def test_an_event_past_the_head_is_found() -> None:
    append(3)
    AuditHead.objects.update(seq=2, hash=AuditEvent.objects.get(seq=2).hash)
    report = chain_verify()
    assert report.problems == ("event 3: lies past the head of the chain (2)",)
    assert report.broken_at == 3


def test_the_jobs_verify_and_publish() -> None:
    append(2)
    for kind in ("audit.publish_head", "audit.verify"):
        job = job_enqueue(kind=kind, params={}, project=None, owner=None)
        run_inline(job)
        assert job.state == "succeeded", job.error
    assert AuditCheck.objects.get().ok
    assert len(list(published_heads())) == 1


def test_publishing_is_due_when_something_happened(settings) -> None:
    settings.AUDIT_PUBLISH_MINUTES = 60
    watch.publish_when_due()
    assert not Job.objects.exists(), "nothing has happened"
    append(1)
    watch.publish_when_due()
    watch.publish_when_due()
    assert Job.objects.filter(kind="audit.publish_head").count() == 1
    run_inline(Job.objects.get())
    Job.objects.update(created_at="2020-01-01T00:00:00+00:00")
    watch.publish_when_due()
    assert Job.objects.count() == 1, "the publication itself is no news"
    with transaction.atomic():
        record(action="test.act")
    settings.AUDIT_PUBLISH_MINUTES = 0
    watch.publish_when_due()
    assert Job.objects.count() == 1


def test_the_command_says_what_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    append(3)
    call_command("audit_publish")
    assert "published audit/heads/000000000003-" in capsys.readouterr().out
    call_command("audit_verify", since_last=True)
    assert "1 published heads compared" in capsys.readouterr().out
    cut_to(1)
    with pytest.raises(SystemExit):
        call_command("audit_verify", json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False and "cut" in " ".join(answer["problems"])
