"""What the review page asks of the hub: held by one person, told as reading, refused with a reason."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datasets_app.models import PiiLease, Record
from pixelhub.audit.models import AuditEvent
from tests.personas import World
from tests.pii_queue.making import CALM, make_batch, reviewer, said, screened, text_of, waiting


def post(client: Client, name: str, body: Any, *arguments: Any) -> Any:
    return client.post(
        reverse(f"datasets:{name}", args=arguments),
        body if isinstance(body, bytes) else json.dumps(body),
        content_type="application/json",
    )


def claim(world: World, client: Client, **more: Any) -> list[dict[str, Any]]:
    answer = post(client, "pii_claim", {"project": world.project.pk, **more})
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


def decisions(record: dict[str, Any]) -> dict[str, Any]:
    places = ("turn", "start", "end", "kind")
    made = [
        {"finding": row["id"], "accept": True, **{name: row[name] for name in places}} for row in record["findings"]
    ]
    return {"version": record["version"], "decisions": made}


def test_two_people_never_hold_the_same(world: World) -> None:
    waiting(world.project, 5)
    first = claim(world, world.client("data_engineer"))
    second = claim(world, world.client("qa"))
    assert [len(first), len(second)] == [3, 2]
    assert not {row["id"] for row in first} & {row["id"] for row in second}
    again = claim(world, world.client("data_engineer"))
    assert [row["id"] for row in again] == [row["id"] for row in first], "what one holds comes first"


def test_what_was_put_back_goes_to_somebody_else(world: World) -> None:
    waiting(world.project, 1)
    client = world.client("data_engineer")
    [held] = claim(world, client)
    assert post(client, "pii_release", {}, held["id"]).status_code == 200
    assert claim(world, client, leave_out=[held["id"]]) == []
    assert claim(world, world.client("qa"))[0]["id"] == held["id"]


def test_a_lapsed_lease_returns_and_a_sign_of_life_keeps_it(world: World) -> None:
    waiting(world.project, 1)
    client = world.client("data_engineer")
    claim(world, client)
    PiiLease.objects.update(until=timezone.now() + timedelta(seconds=1))
    assert post(client, "pii_beat", {"project": world.project.pk}).json() == {"held": 1}
    assert claim(world, world.client("qa")) == []
    PiiLease.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert len(claim(world, world.client("qa"))) == 1


def test_nobody_hoards_the_queue(world: World) -> None:
    waiting(world.project, 12)
    client, seen = world.client("data_engineer"), []
    for _ in range(6):
        seen += [row["id"] for row in claim(world, client, leave_out=seen)]
    assert len(seen) == len(set(seen)) == 8


def test_every_conversation_that_was_sent_is_noted_as_read(world: World) -> None:
    waiting(world.project, 2)
    held = claim(world, world.client("data_engineer"))
    events = AuditEvent.objects.filter(action="rawtext.read", actor_id=reviewer(world).pk)
    assert {event.target_id for event in events} == {str(row["id"]) for row in held}


def test_confirming_by_the_page_rewrites_and_tells_the_progress(world: World) -> None:
    [record, _] = waiting(world.project, 2)
    client = world.client("data_engineer")
    [held] = claim(world, client, want=1)
    answer = post(client, "pii_confirm", decisions(held), held["id"])
    assert answer.json() == {
        "record": record.pk, "withdrawn": False, "kept": None, "progress": {"waiting": 1, "reviewed": 1},
    }  # fmt: skip
    assert "Marta" not in text_of(record)
    again = post(client, "pii_confirm", decisions(held), held["id"])
    assert (again.status_code, again.json()["error"]) == (409, "decided")


def test_a_colleagues_conversation_is_409_and_an_outsiders_404(world: World) -> None:
    [record] = waiting(world.project, 1)
    [held] = claim(world, world.client("qa"))
    answer = post(world.client("data_engineer"), "pii_confirm", decisions(held), record.pk)
    assert (answer.status_code, answer.json()["error"]) == (409, "lease_lost")
    for name, body in (("pii_confirm", decisions(held)), ("pii_release", {})):
        assert post(world.outsider_client("data_engineer"), name, body, record.pk).status_code == 404
        assert post(world.client("annotator"), name, body, record.pk).status_code == 403
    assert "Marta" in text_of(record)
    assert claim_of_outsider(world) == (409, "other_project")


def claim_of_outsider(world: World) -> tuple[int, str]:
    answer = post(world.outsider_client("data_engineer"), "pii_claim", {"project": world.project.pk})
    return answer.status_code, answer.json()["error"]


OUTSIDE = {"finding": 1, "turn": -1, "start": 0, "end": 1, "kind": "url", "accept": True}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'"' * 600_000, b'{"version": 5, "decisions": []}', b'{"version": "x"}',
        json.dumps({"version": "x", "decisions": [OUTSIDE]}).encode(), b'{"version": "x", "decisions": [], "more": 1}',
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_read_are_400_and_not_repeated(world: World, body: bytes) -> None:
    [record] = waiting(world.project, 1)
    client = world.client("data_engineer")
    for name, arguments in (("pii_confirm", (record.pk,)), ("pii_claim", ()), ("pii_beat", ())):
        answer = post(client, name, body, *arguments)
        assert answer.status_code == 400, (name, answer.content)
        assert set(answer.json()) == {"error", "message"}
    assert Record.objects.get().pii_state == "pending"


def test_a_record_without_findings_or_synthetic_is_never_handed_out(world: World) -> None:
    screened(make_batch(world.project), said(CALM))
    screened(make_batch(world.project, source="synthetic"), said("My name is Marta Holt."))
    assert claim(world, world.client("data_engineer")) == []
