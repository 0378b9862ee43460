# ruff: noqa: E501  (one example, one line)
"""Imports for programs: begin one, ask what became of it; the owner, a colleague, an outsider, and keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from datasets_app.models import ImportBatch, Record
from pixelhub.accounts.models import Membership, User
from pixelhub.accounts.services import api_key_create, api_key_revoke
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from tests.personas import World

FIELDS = {"source": "synthetic", "family": "sarcasm"}
URL = "/api/v1/datasets/imports"


def key_of(world: World, role: str = "data_engineer", scopes: tuple[str, ...] = ("import",)) -> tuple[Any, Client]:
    key, token = api_key_create(project=world.project, name="loader", scopes=scopes, actor=world.user(role))
    return key, Client(headers={"Authorization": f"Bearer {token}"})


def send(client: Client, data: bytes = b'{"text": "a"}\n{"bad": 1}\n', **changes: Any) -> Any:
    return client.post(URL, FIELDS | {"file": SimpleUploadedFile("rows.jsonl", data)} | changes)


def test_a_key_imports_a_file_and_reads_the_report(world: World) -> None:
    _, client = key_of(world)
    response = send(client)
    assert response.status_code == 202
    (begun,) = response.json()["imports"]
    assert (begun["state"], begun["source"], begun["stage"]) == ("queued", "synthetic", 1)
    run_inline(ImportBatch.objects.get(pk=begun["id"]).job)
    shown = client.get(f"{URL}/{begun['id']}").json()
    assert (shown["state"], shown["read"], shown["accepted"], shown["quarantined"]) == ("done", 2, 1, 1)
    assert shown["adds_up"] and shown["reasons"] == {"unknown_format": 1}
    assert ImportBatch.objects.get().origin == "api"
    assert AuditEvent.objects.filter(action="import.start", actor_id=world.user("data_engineer").pk).count() == 1


def test_structure_switches_and_addresses_come_as_json(world: World) -> None:
    client = world.client("data_engineer")
    body = FIELDS | {"address": "s3://127.0.0.1/x/", "endpoint": "http://127.0.0.1:1"}
    response = client.post(URL, json.dumps(body), content_type="application/json")
    assert response.status_code == 422 and response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["code"], list(problem["errors"])) == ("not_importable", ["address"])
    response = send(client, b'{"text": "one turn"}', min_turns=2, alternating=True)
    assert ImportBatch.objects.get().options == {"min_turns": 2, "alternating": True}
    run_inline(ImportBatch.objects.get().job)
    assert client.get(f"{URL}/{response.json()['imports'][0]['id']}").json()["reasons"] == {"too_few_turns": 1}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source": "real"}, "consent_basis"),
        ({"source": "nobody"}, "source"),
        ({"family": ""}, "family"),
        ({"stage": "9"}, "stage"),
        ({"file": ""}, "file"),
        ({"min_turns": "-1"}, "min_turns"),
        ({"max_turns": "9" * 4200}, "max_turns"),
        ({"licence": "a\x00b"}, "licence"),
        ({"licence": "x" * 201}, "licence"),
        ({"address": "s3://bucket/x"}, "file"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(world: World, changes: dict[str, Any], field: str) -> None:
    response = send(world.client("data_engineer"), **changes)
    assert response.status_code == 422 and field in response.json()["errors"]
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b'{"source": "\\ud800"}', 400), (b'{"source": "a\\u0000"}', 400), (b'{"a": 1, "a": 2}', 400),
        (b"[" * 60_000, 400), (b"NaN", 400), (b"[]", 400), (b'"x"', 400), (b"\xff", 400), (b"{}", 422),
        (b'{"source": {"$ne": 1}, "family": [], "stage": {}, "file": "x"}', 422), (b"9" * 5000, 400), (b"1" * 70_000, 413),
        (b'{"address": null, "licence": 5, "min_turns": true}', 422), (b'{"address": {"a": 1}, "file": null}', 422),
    ],
)  # fmt: skip
def test_hostile_json_is_a_4xx_with_a_code(world: World, body: bytes, status: int) -> None:
    response = world.client("data_engineer").post(URL, body, content_type="application/json")
    assert (response.status_code, bool(response.json()["code"])) == (status, True)
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv", b"a,b"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=file; filename=a.jsonl\r\n\r\ncut"),
        ("multipart/form-data; boundary=\xff", b"--x"),
        ("application/x-www-form-urlencoded", b"source=%ff%fe&family=%00"),
        ("application/json; charset=utf-16", b"{}"),
    ],
)  # fmt: skip
def test_a_broken_body_is_a_4xx(world: World, content_type: str, body: bytes) -> None:
    response = world.client("data_engineer").generic("POST", URL, body, content_type=content_type)
    assert 400 <= response.status_code < 500
    assert not ImportBatch.objects.exists()


def test_who_may(world: World) -> None:
    begun = send(world.client("data_engineer")).json()["imports"][0]["id"]
    assert send(world.client("qa")).status_code == 403
    assert world.client("qa").get(f"{URL}/{begun}").status_code == 200
    assert world.client("annotator").get(f"{URL}/{begun}").status_code == 403
    assert world.outsider_client("data_engineer").get(f"{URL}/{begun}").status_code == 404
    assert world.anonymous().get(f"{URL}/{begun}").status_code == 401
    assert send(world.anonymous()).status_code == 401
    assert world.client("data_engineer").get(f"{URL}/{10**30}").status_code == 404
    assert ImportBatch.objects.count() == 1


def test_a_session_needs_its_csrf_token_and_a_key_does_not(world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.user("data_engineer"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert send(browser).status_code == 403
    _, token = api_key_create(project=world.project, name="k", scopes=["import"], actor=world.user("data_engineer"))
    assert send(Client(enforce_csrf_checks=True, headers={"X-Api-Key": token})).status_code == 202


def test_a_key_opens_its_project_only_and_only_while_it_and_its_maker_may(world: World) -> None:
    key, client = key_of(world)
    world_beta = send(world.outsider_client("data_engineer")).json()["imports"][0]["id"]
    assert client.get(f"{URL}/{world_beta}").status_code == 404
    # Its maker belongs to beta too now: the key still opens alpha only.
    Membership.objects.create(project=world.other_project, user=world.user("data_engineer"), role="data_engineer")
    assert client.get(f"{URL}/{world_beta}").status_code == 404
    assert send(client).status_code == 202
    assert Record.objects.count() == 0 and ImportBatch.objects.filter(project=world.project).count() == 1
    _, scorer = key_of(world, scopes=("score",))
    assert send(scorer).status_code == 403
    _, colleague = key_of(world, role="ml_engineer")
    assert send(colleague).status_code == 403
    Membership.objects.filter(project=world.project, user=world.user("data_engineer")).delete()
    assert send(client).status_code == 404
    api_key_revoke(key=key, actor=world.user("data_engineer"))
    assert send(client).status_code == 401
    User.objects.filter(pk=world.user("ml_engineer").pk).update(is_active=False)
    assert send(colleague).status_code == 401


def test_wrong_keys_say_no_more_than_wrong(world: World) -> None:
    for token in ("phk_", "phk_x_y", "x" * 5000, "phk_\x00_a", "Bearer"):
        response = send(Client(headers={"X-Api-Key": token}))
        assert (response.status_code, response.json()["code"]) == (401, "authentication_failed")
    assert reverse("datasets_api:imports") == URL
