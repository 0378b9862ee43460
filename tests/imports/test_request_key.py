"""A client's retry after a lost answer (Idempotency-Key), and how often a key may ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets_app.models import ImportBatch
from datasets_app.services import import_requests
from pixelhub.accounts import rates
from pixelhub.accounts.services import api_key_create
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from tests.personas import World
from tests.races import in_database, run_race

URL = "/api/v1/datasets/imports"
FIELDS = {"source": "synthetic", "family": "sarcasm"}
ACTS = "tests.imports.race_acts"
ROWS = b'{"text": "a"}\n'


def files(*contents: bytes) -> dict[str, Any]:
    return {"file": [SimpleUploadedFile(f"{n}.jsonl", data) for n, data in enumerate(contents)]}


def ask(client: Client, key: str, **changes: Any) -> Any:
    return client.post(URL, FIELDS | files(ROWS) | changes, headers={"Idempotency-Key": key})


def client_with_key(world: World, **options: Any) -> Client:
    _, token = api_key_create(project=world.project, scopes=["import"], **options)
    return Client(headers={"X-Api-Key": token})


def ids(response: Any) -> list[int]:
    assert response.status_code == 202, response.content
    return [shown["id"] for shown in response.json()["imports"]]


def test_the_same_request_again_is_the_first_import(world: World) -> None:
    client = world.client("data_engineer")
    first, again = ask(client, "load-1"), ask(client, "load-1")
    assert ids(first) == ids(again) == [ImportBatch.objects.get().pk]
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert Job.objects.filter(kind="dataset.import").count() == 1
    assert AuditEvent.objects.filter(action="import.start").count() == 1
    # A colleague of the same project retries the same load; another key and no key are new imports.
    assert ids(ask(world.client("data_engineer", 2), "load-1")) == ids(first)
    assert ids(ask(client, "load-2")) != ids(first)
    assert ids(client.post(URL, FIELDS | files(ROWS))) != ids(client.post(URL, FIELDS | files(ROWS)))
    assert ImportBatch.objects.count() == 4


def test_all_imports_of_a_request_come_again_in_their_order(world: World) -> None:
    client = world.client("data_engineer")
    parts = files(b'{"text": "a"}', b'{"text": "b"}', b'{"text": "c"}')["file"]
    first = ids(ask(client, "three", file=parts))
    for part in parts:
        part.seek(0)
    assert ids(ask(client, "three", file=parts)) == first
    assert len(first) == ImportBatch.objects.count() == 3


@pytest.mark.parametrize(
    "changes",
    [
        files(b'{"text": "other"}'),
        files(ROWS, ROWS),
        {"family": "cptsd"},
        {"stage": "2"},
        {"alternating": "true"},
        {"licence": "MIT"},
        {"file": [SimpleUploadedFile("other.jsonl", ROWS)]},
    ],
    ids=["content", "files", "family", "stage", "rules", "licence", "name"],
)
def test_a_key_with_another_request_is_refused(world: World, changes: dict[str, Any]) -> None:
    client = world.client("data_engineer")
    ids(ask(client, "load-1"))
    refused = ask(client, "load-1", **changes)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert ImportBatch.objects.count() == 1


def test_a_key_belongs_to_its_project(world: World) -> None:
    mine = ids(ask(world.client("data_engineer"), "load-1"))
    theirs = ids(ask(world.outsider_client("data_engineer"), "load-1"))
    assert mine != theirs
    assert ImportBatch.objects.get(pk=theirs[0]).project == world.other_project
    assert ask(world.client("qa"), "load-1").status_code == 403


def test_a_refused_request_leaves_its_key_free(world: World) -> None:
    client = world.client("data_engineer")
    assert ask(client, "load-1", file=[SimpleUploadedFile("a.jsonl", b"")]).status_code == 422
    assert ask(client, "load-1", source="nobody").status_code == 422
    assert ids(ask(client, "load-1")) == [ImportBatch.objects.get().pk]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "caf\u00e9", "a\tb", "a\x7f"])
def test_a_key_that_is_none_is_a_400(world: World, key: str) -> None:
    refused = ask(world.client("data_engineer"), key)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_idempotency_key")
    assert not ImportBatch.objects.exists()
    assert ids(ask(world.client("data_engineer"), "x" * 200))


def test_what_came_to_a_prefix_meanwhile_is_no_new_import(
    world: World, s3_url: str, s3_endpoint: str, settings: Any
) -> None:
    bucket = s3_url.split("/")[2]
    settings.IMPORT_STORES = [f"s3://{bucket}"]
    s3 = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    for key in ("x/a.jsonl", "x/b.jsonl"):
        s3.put_object(Bucket=bucket, Key=key, Body=ROWS)
    client, body = world.client("data_engineer"), FIELDS | {"address": f"s3://{bucket}/x/"}
    first = client.post(URL, body, headers={"Idempotency-Key": "k"})
    s3.put_object(Bucket=bucket, Key="x/0.jsonl", Body=ROWS)
    assert ids(client.post(URL, body, headers={"Idempotency-Key": "k"})) == ids(first)
    assert ImportBatch.objects.count() == 2


def test_the_slower_of_two_gets_the_import_of_the_quicker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looked before either had begun; the database decides."""
    client = world.client("data_engineer")
    first = ids(ask(client, "load-1"))
    looked = import_requests._begun
    answers = iter([lambda *_: [], looked])
    monkeypatch.setattr(import_requests, "_begun", lambda *asked: next(answers)(*asked))
    again = ask(client, "load-1")
    assert (ids(again), again["Idempotency-Replayed"]) == (first, "true")
    assert ImportBatch.objects.count() == Job.objects.filter(kind="dataset.import").count() == 1


@pytest.mark.slow
def test_processes_that_ask_at_once_begin_one_import(database_url: str, tmp_path: Path) -> None:
    project, person = in_database(database_url, tmp_path, f"{ACTS}:prepare")
    answers = run_race(database_url, tmp_path, f"{ACTS}:ask", [[project, person, f"k{n % 2}"] for n in range(8)])
    for key in (0, 1):
        mine = answers[key::2]
        assert len({tuple(answer["ids"]) for answer in mine}) == 1 and len(mine[0]["ids"]) == 2
        assert [answer["replayed"] for answer in mine].count(False) == 1
    assert in_database(database_url, tmp_path, f"{ACTS}:counted") == [4, 4, 4]


class Clock:
    """A clock that a test moves by hand."""

    now = 1000.0

    def time(self) -> float:
        return self.now


def test_past_its_rate_a_key_waits_and_others_do_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    engineer = world.user("data_engineer")
    slow, other = (client_with_key(world, actor=engineer, name=name, rate_per_minute=3) for name in ("slow", "other"))
    begun = slow.post(URL, FIELDS | files(ROWS)).json()["imports"][0]["id"]
    assert [slow.get(f"{URL}/{begun}").status_code, slow.get(URL).status_code] == [200, 200]
    refused = slow.post(URL, FIELDS | files(ROWS))
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused["Content-Type"] == "application/problem+json" and refused.json()["title"] == "Too Many Requests"
    assert ImportBatch.objects.count() == 1
    assert other.get(URL).status_code == 200
    assert [world.client("data_engineer").get(URL).status_code for _ in range(5)] == [200] * 5
    clock.now += int(refused["Retry-After"]) - 1
    assert slow.get(URL).status_code == 429
    clock.now += 1
    assert slow.get(URL).status_code == 200


def test_pages_of_the_list_hold_every_import_once_also_while_new_ones_come(world: World) -> None:
    client = world.client("data_engineer")
    begun = [ids(client.post(URL, FIELDS | files(ROWS)))[0] for _ in range(5)]
    theirs = ids(world.outsider_client("data_engineer").post(URL, FIELDS | files(ROWS)))
    seen: list[int] = []
    address = f"{URL}?limit=2"
    while address:
        answer = world.client("qa").get(address).json()
        seen += [shown["id"] for shown in answer["imports"]]
        address = answer["next"]
        client.post(URL, FIELDS | files(ROWS))
    assert seen == begun[::-1]
    assert not set(theirs) & set(seen)
    shown = client.get(URL).json()
    assert (len(shown["imports"]), shown["next"]) == (8, None)
    assert shown["imports"][-1]["state"] == "queued" and shown["imports"][-1]["begun_at"]


def test_who_may_list(world: World) -> None:
    mine = ids(ask(world.client("data_engineer"), "k"))
    by_key = client_with_key(world, actor=world.user("data_engineer"), name="k")
    for client in (by_key, world.client("qa"), world.client("data_engineer", 2)):
        assert [shown["id"] for shown in client.get(URL).json()["imports"]] == mine
    assert world.outsider_client("data_engineer").get(URL).json() == {"imports": [], "next": None}
    assert world.client("annotator").get(URL).status_code == 403
    assert world.anonymous().get(URL).status_code == 401


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=-1", "limit=", "limit=x", "before=0", "before=9223372036854775808",
     f"before={'9' * 4200}", "before=%D9%A1", "before=1e3", "limit=%20", "before=+1"],
)  # fmt: skip
def test_a_page_that_is_none_is_a_400(world: World, query: str) -> None:
    refused = world.client("data_engineer").get(f"{URL}?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_query")
