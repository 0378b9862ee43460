"""The trail as a file: streamed, filtered as the page is, signed at its end, audited; what a check can say of it."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from pixelhub.accounts.models import Project
from pixelhub.audit.browsing import Filter
from pixelhub.audit.chain import GENESIS, event_hash
from pixelhub.audit.exported import verify_export
from pixelhub.audit.exporting import Scope, audit_export
from pixelhub.audit.models import AuditEvent, AuditHead
from pixelhub.audit.services import record
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.keys import public_key, signing_key
from pixelhub.signing import load_or_create_key
from tests.audit.test_record import drop_triggers
from tests.personas import World

pytestmark = pytest.mark.django_db
URL = "audit:export"


def act(action: str, project: Project | None, count: int = 1, **payload: Any) -> None:
    for _ in range(count):
        with transaction.atomic():
            record(action=action, project=project, payload=payload)


def exported(scope: Scope | None = None, asked: Filter | None = None) -> list[bytes]:
    return list(audit_export(scope=scope or Scope(), asked=asked or Filter(), actor=None))


def events(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines[:-1]]


def file_said(path: Path, *options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit_verify", str(path), *options, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_page_gives_the_file_that_its_filters_ask_for(world: World) -> None:
    act("round.open", world.project, 3, note="=2+2\r\n\x1b[31m")
    act("round.close", world.project)
    act("round.open", world.other_project)
    lead = world.client("clinical_lead")
    answer = lead.post(reverse(URL), {"action": "round.open"})
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-alpha-')
    lines = b"".join(answer.streaming_content).splitlines(keepends=True)
    taken = events(lines)
    assert [event["action"] for event in taken] == ["round.open"] * 3
    assert {event["project_id"] for event in taken} == {world.project.pk}
    assert all(b"\x1b" not in line and b"\r" not in line for line in lines), "one line each, whatever is in it"
    head = json.loads(lines[-1])["head"]
    assert head["filter"] == {"action": "round.open"}
    assert (head["events"], head["scope"]["project"]) == (3, "alpha")
    public_key().verify(head, json.loads(lines[-1])["signature"])
    began, ended = AuditEvent.objects.order_by("-seq")[:2][::-1]
    assert (began.action, began.actor_label) == ("audit.export", world.user("clinical_lead").username)
    assert json.loads(began.payload_json) == {"filter": {"action": "round.open"}, "of": "project"}
    assert head["chain"] == {"seq": began.seq, "hash": began.hash}
    assert json.loads(ended.payload_json) == {"events": 3, "export": began.seq, "sha256": head["sha256"]}

    report = verify_export(lines, public_key())
    assert report.ok and any("left out" in sentence for sentence in report.cannot_prove)
    page = lead.get(reverse("audit:list") + "?action=round.open").content.decode()
    assert "Export these as JSON lines" in page and 'name="action" value="round.open"' in page
    assert lead.post(reverse(URL), {"since": "nonsense"}).status_code == 302

    # The hub's own events are for who manages people; others get their project's, whatever they ask for.
    act("account.admin_change", None)
    hub = b"".join(world.client("administrator").post(reverse(URL), {"scope": "hub"}).streaming_content)
    assert {event["project_id"] for event in events(hub.splitlines(keepends=True))} == {None}
    mine = b"".join(lead.post(reverse(URL), {"scope": "hub"}).streaming_content)
    assert {event["project_id"] for event in events(mine.splitlines(keepends=True))} == {world.project.pk}
    for role in ("annotator", "qa", "ml_engineer"):
        assert world.client(role).post(reverse(URL)).status_code == 403
    assert lead.get(reverse(URL)).status_code == 405


def test_a_server_that_is_asynchronous_gets_it_piece_by_piece(world: World) -> None:
    answer = world.client("pm").post(reverse(URL))

    async def read() -> list[bytes]:
        return [piece async for piece in answer]

    pieces = async_to_sync(read)()
    assert verify_export(b"".join(pieces).splitlines(keepends=True), public_key()).ok


def test_filters_leave_the_same_events_as_the_page(world: World) -> None:
    act("round.open", world.project)
    act("round.close", world.project)
    act("signoff.decide", world.project)
    made = AuditEvent.objects.get(action="round.close")
    scope = Scope(world.project)
    for asked, wanted in [
        (Filter(group="annotation"), {"round.open", "round.close"}),
        (Filter(identifier=made.hash), {"round.close"}),
        (Filter(identifier=str(made.seq)), {"round.close"}),
        (Filter(group="signoff"), {"signoff.decide"}),
        (Filter(target="nothing.Such 1"), set()),
    ]:
        lines = exported(scope, asked)
        assert {event["action"] for event in events(lines)} == wanted, asked
        seqs = [event["seq"] for event in events(lines)]
        assert seqs == sorted(set(seqs))
        assert verify_export(lines, public_key()).ok, asked


def test_a_whole_export_proves_that_nothing_is_missing(world: World, tmp_path: Path) -> None:
    act("round.open", world.project, 5)
    out, path = StringIO(), tmp_path / "audit.jsonl"
    call_command("audit_export", output=str(path), stdout=out)
    lines = path.read_bytes().splitlines(keepends=True)
    assert f"{len(lines) - 1} events written" in out.getvalue()
    code, said = file_said(path)
    assert code == 0 and "None is missing from the first to the head" in said
    code, said = file_said(path, "--here", "--json")
    assert code == 0 and "no other that fits the filter" in said
    assert file_said(path, "--key", str(_other_key(tmp_path)))[0] == 1, "signed by this hub, not by another"

    head, signature = json.loads(lines[-1])["head"], json.loads(lines[-1])["signature"]
    for cut, says in [
        (lines[:-1], "the last line, which says what the file is, is missing"),
        (lines[:3] + lines[4:], "the lines are not those that were exported"),
        ([*lines[:2], lines[3], lines[2], *lines[4:]], "stands after event"),
        ([lines[0].replace(b'"seq":1', b'"seq": 1'), *lines[1:]], "is no event of the trail"),
        ([lines[0].replace(b'"actor_label":"', b'"actor_label":"x'), *lines[1:]], "event 1: altered"),
        ([*lines[:-1], canonical_json({"head": head | {"events": 1}, "signature": signature}) + b"\n"], "not signed"),
        (forged(lines[1:-1], head), "events are missing"),
        ([*lines, lines[-1]], "is no event of the trail"),
    ]:
        report = verify_export(cut, public_key())
        assert any(says in problem for problem in report.problems), (says, report.problems)
        assert not report.proves
    for data in (b"", b"\x00" * 300_000, b"[" * 100_000, b"{}\n", b'{"head":{},"signature":{}}\n'):
        path.write_bytes(data)
        assert file_said(path)[0] == 1
    with pytest.raises(CommandError):
        call_command("audit_verify", str(tmp_path / "nowhere"))


def test_a_hub_that_lost_or_rewrote_events_is_found_by_an_older_export(world: World, tmp_path: Path) -> None:
    """What an auditor keeps: the chain made anew holds by itself, the file does not fit it."""
    act("round.open", world.project, 4)
    path = tmp_path / "kept.jsonl"
    path.write_bytes(b"".join(exported(Scope(world.project), Filter(action="round.open"))))
    assert file_said(path, "--here")[0] == 0
    drop_triggers()
    first = AuditEvent.objects.filter(action="round.open").earliest("seq")
    AuditEvent.objects.filter(pk=first.pk).delete()
    second = AuditEvent.objects.filter(action="round.open").earliest("seq")
    AuditEvent.objects.filter(pk=second.pk).update(hash="f" * 64)
    code, said = file_said(path, "--here")
    assert code == 1
    assert f"event {first.seq}: is in the file, not among those of this hub" in said
    assert f"event {second.seq}: has another hash" in said


def forged(lines: list[bytes], head: dict[str, Any]) -> list[bytes]:
    """A file with lines left out, signed by the hub's own key as if it were whole."""
    said = head | {"events": len(lines), "sha256": sha256_hex(b"".join(lines)), "first": json.loads(lines[0])["seq"]}
    return [*lines, canonical_json({"head": said, "signature": signing_key().sign(said)}) + b"\n"]


def _other_key(folder: Path) -> Path:
    target = folder / "other.pub"
    target.write_bytes(load_or_create_key(folder / "other.key").public.pem())
    return target


def many(count: int) -> Iterator[AuditEvent]:
    previous = GENESIS
    for seq in range(1, count + 1):
        fields = {
            "seq": seq,
            "at": "2026-01-01T00:00:00.000000+00:00",
            "action": "round.open" if seq % 2 else "round.close",
            "actor_id": None,
            "actor_label": "",
            "project_id": None,
            "target_type": "",
            "target_id": "",
            "payload_json": "{}",
        }
        digest = event_hash(fields, previous)
        yield AuditEvent(**fields, prev_hash=previous, hash=digest)
        previous = digest


def test_memory_does_not_grow_with_the_trail() -> None:
    rows = list(many(12_000))
    AuditEvent.objects.bulk_create(rows)
    AuditHead.objects.update_or_create(pk=1, defaults={"seq": rows[-1].seq, "hash": rows[-1].hash})
    del rows

    def peak(upto: int) -> int:
        lines = audit_export(scope=Scope(), asked=Filter(group="annotation"), actor=None)
        next(lines)
        tracemalloc.start()
        for _ in range(upto):
            next(lines)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        lines.close()  # type: ignore[attr-defined]
        return highest

    assert peak(11_000) < 1.5 * peak(2_000) + 500_000
