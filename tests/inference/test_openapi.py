"""Both OpenAPI documents are valid, cover every address, and their examples really run."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from django.urls import reverse
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from inference.openapi import document
from inference.serving import handlers
from inference.views_integration import imports_document
from tests.personas import World


def test_the_scoring_document_is_valid_and_names_every_operation_once() -> None:
    validate(document())
    operations = [entry["operationId"] for methods in document()["paths"].values() for entry in methods.values()]
    assert len(operations) == len(set(operations))


def test_every_address_of_the_service_is_in_it() -> None:
    documented = set(document()["paths"])
    same = {"/health": "/healthz", "/ready": "/readyz"}
    # the metrics are for who operates the hub, and no program's business
    served = {same.get(path, path) for path in handlers.ROUTES} - {"/api/v1/openapi.json", "/metrics"}
    assert served <= documented
    conversations = {path for path in documented if "conversations" in path}
    assert len(conversations) == 4


def examples() -> list[tuple[str, Any, dict[str, Any]]]:
    found = []
    for path, methods in document()["paths"].items():
        body = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in body.get("examples", {}).values():
            found.append((path, example["value"], methods["post"]["responses"]))
    return found


@pytest.mark.parametrize(("path", "body", "responses"), examples(), ids=[path for path, _, _ in examples()])
async def test_examples_run_and_answers_are_as_described(
    client: httpx.AsyncClient, path: str, body: Any, responses: dict[str, Any]
) -> None:
    if "{session}" in path:
        session = (await client.post("/api/v1/conversations", json={})).json()["session"]["id"]
        path = path.replace("{session}", session)
    answer = await client.post(path, json=body)
    described = responses[str(answer.status_code)]
    schema = described["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": document()["components"]})
    assert [error.message for error in validator.iter_errors(answer.json())] == []
    assert set(described["headers"]) == {"RateLimit-Policy", "RateLimit"}
    assert all(name in answer.headers for name in described["headers"])


async def test_usage_state_and_problems_are_as_described(client: httpx.AsyncClient) -> None:
    session = (await client.post("/api/v1/conversations", json={})).json()["session"]["id"]
    await client.post(f"/api/v1/conversations/{session}/turns", json={"role": "user", "content": "hello"})
    seen = {
        "Usage": await client.get("/api/v1/usage"),
        "SessionState": await client.get(f"/api/v1/conversations/{session}"),
        "Problem": await client.post("/infer", json={"text": 5}),
        "SessionAnswer": await client.delete(f"/api/v1/conversations/{session}"),
    }
    for name, answer in seen.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
        assert [error.message for error in Draft202012Validator(schema).iter_errors(answer.json())] == [], name


async def test_no_answer_of_a_session_has_a_field_that_is_not_described(client: httpx.AsyncClient) -> None:
    opened = (await client.post("/api/v1/conversations", json={})).json()
    url = f"/api/v1/conversations/{opened['session']['id']}"
    added = (await client.post(f"{url}/turns", json={"role": "user", "content": "hello"})).json()
    state = (await client.get(url)).json()
    schemas = document()["components"]["schemas"]
    assert undescribed(opened["session"], schemas["Session"]) == []
    assert undescribed(added["turns"][0], schemas["Turn"]) == []
    assert undescribed(state["turns"][0], schemas["TurnFigures"]) == []


def undescribed(answer: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """The fields of an answer, down to the described depth, that its schema leaves out."""
    properties = schema["properties"]
    missing = sorted(answer.keys() - properties)
    for name, value in answer.items():
        inner = properties.get(name, {})
        if isinstance(value, dict) and "properties" in inner:
            missing += [f"{name}.{field}" for field in undescribed(value, inner)]
    return missing


def test_the_import_document_is_valid_and_made_from_the_views(capsys: pytest.CaptureFixture[str]) -> None:
    made = imports_document()
    assert "Warning" not in capsys.readouterr().err, "drf-spectacular could not read a view"
    validate(made)
    assert set(made["paths"]) == {"/api/v1/datasets/imports", "/api/v1/datasets/imports/{id}"}
    begin = made["paths"]["/api/v1/datasets/imports"]["post"]
    assert set(begin["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    assert {"202", "401", "422", "429"} <= set(begin["responses"])


async def test_both_are_served(client: httpx.AsyncClient, world: World) -> None:
    assert (await client.get("/api/v1/openapi.json")).json()["openapi"] == "3.1.0"

    def look() -> dict[str, Any]:
        signed_in = world.client("ml_engineer")
        page = signed_in.get(reverse("api_docs:explorer"))
        assert page.status_code == 200
        said = page.content.decode()
        assert "swagger-ui-bundle.js" in said and "http://" not in said.split('id="swagger-ui"')[1].split(">")[0]
        served: dict[str, Any] = signed_in.get(reverse("api_docs:imports_schema")).json()
        return served

    assert (await asyncio.to_thread(look))["info"]
