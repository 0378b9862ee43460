"""Scoring a conversation over HTTP: signed models answer, everything else is answered by the rules and says so."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from inference.models import Case, ScoreLog
from pixelhub.audit.models import AuditEvent
from tests.inference.conftest import user_says
from tests.inference.deployed import deploy, flip, place, register, sign
from tests.personas import World

CRISIS_WORDS = "I have the pills in front of me and I am going to kill myself tonight."


async def score(client: httpx.AsyncClient, text: str, **more: Any) -> dict[str, Any]:
    response = await client.post("/api/v1/crisis/score", json=user_says(text, **more))
    assert response.status_code == 200, response.text
    return dict(response.json())


async def test_a_signed_model_answers(world: World, client: httpx.AsyncClient, signed: Any) -> None:
    answer = await score(client, "doom")
    assert (answer["verdict"], answer["crisis"], answer["degraded"]) == ("crisis", True, False)
    assert (answer["crisis_type"], answer["severity"], answer["model_version"]) == ("immediate_harm", 5, "1.0.0")
    assert answer["band"] == "emergency"
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert answer["score"] == pytest.approx(1 - answer["probabilities"]["none"], abs=1e-5)
    assert answer["recommended_actions"]


async def test_a_calm_text_is_no_crisis_only_when_the_model_says_so(client: httpx.AsyncClient, signed: Any) -> None:
    answer = await score(client, "calm")
    assert (answer["verdict"], answer["crisis"], answer["band"], answer["alert_level"]) == (
        "no_crisis",
        False,
        "none",
        "none",
    )


@pytest.fixture
def signed(world: World) -> None:
    deploy(world)


@pytest.mark.parametrize("path", ["/infer", "/api/v1/crisis/score"])
@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "user", "content": "doom"}]},
        {"conversation": [{"role": "user", "content": "doom"}]},
        {"text": "doom"},
        {"text": "doom", "metadata": {"anything": 1}},
    ],
    ids=lambda body: next(iter(body)),
)
async def test_each_form_of_the_request(client: httpx.AsyncClient, signed: Any, path: str, body: Any) -> None:
    response = await client.post(path, json=body)
    assert response.json()["crisis_type"] == "immediate_harm"


async def test_only_the_last_ten_messages_count(client: httpx.AsyncClient, signed: Any) -> None:
    early = [{"role": "user", "content": "doom"}]
    late = [{"role": "assistant", "content": "calm"}, {"role": "user", "content": "calm"}] * 5
    answer = (await client.post("/infer", json={"messages": early + late})).json()
    assert (answer["crisis"], answer["messages_used"]) == (False, 10)


async def test_spans_point_into_the_request_as_it_was_sent(client: httpx.AsyncClient, signed: Any) -> None:
    filler = [{"role": "system", "content": "x"}, *[{"role": "user", "content": "calm"}] * 12]
    answer = (
        await client.post("/infer", json={"messages": [*filler, {"role": "user", "content": CRISIS_WORDS}]})
    ).json()
    signal = next(s for s in answer["signals"] if s["signal"])
    assert signal["message"] == 13
    assert CRISIS_WORDS[signal["start"] : signal["end"]].strip()
    assert CRISIS_WORDS not in str(answer)


async def test_contacts_follow_the_locale(client: httpx.AsyncClient, signed: Any) -> None:
    def numbers(answer: dict[str, Any]) -> set[str]:
        return {contact["contact"] for action in answer["recommended_actions"] for contact in action["contacts"]}

    assert {"988", "911"} <= numbers(await score(client, "doom", locale="en-US"))
    assert {"116 123", "999"} <= numbers(await score(client, "doom", locale="en-GB"))
    assert "112" in numbers(await score(client, "doom", locale="xx-XX"))


async def test_without_a_deployment_the_rules_answer(client: httpx.AsyncClient) -> None:
    answer = await score(client, CRISIS_WORDS)
    assert (answer["verdict"], answer["degraded"], answer["reason"]) == ("crisis", True, "no_deployment")
    assert (answer["model_version"], answer["probabilities"]) == ("rules", None)


async def test_a_degraded_answer_never_reads_as_no_crisis(client: httpx.AsyncClient) -> None:
    answer = await score(client, "I had soup for lunch.")
    assert (answer["verdict"], answer["crisis"], answer["crisis_type"]) == ("unknown", None, None)
    assert (answer["band"], answer["alert_level"]) == ("unknown", "concern")
    assert answer["recommended_actions"][0]["action"] == "human_read"


@pytest.fixture
def unsigned(world: World) -> None:
    version = register(world)
    sign(version, world.user("clinical_lead"))
    place(version, {})


async def test_an_unsigned_model_is_not_served(client: httpx.AsyncClient, unsigned: Any) -> None:
    answer = await score(client, "doom")
    assert answer["degraded"] is True
    assert answer["reason"].startswith("refused: unsigned")
    ready = (await client.get("/ready")).json()
    assert ready["status"] == "degraded"
    assert ready["models"][0]["reason"].startswith("refused: unsigned")


@pytest.fixture(params=["model.onnx", "tokenizer.json", "head.safetensors", "bundle.json", "envelope", "signer"])
def tampered(request: pytest.FixtureRequest, world: World) -> str:
    """A deployment whose named part was changed after its sign-off."""
    version = register(world)
    lead = world.user("clinical_lead")
    envelope = sign(version, lead)
    if request.param == "envelope":
        envelope["document"]["reason"] += "!"
    elif request.param == "signer":
        envelope = sign(version, lead, signer={"id": version.trainer_id, "name": "x", "role": "clinical_lead"})
    else:
        flip(version, request.param)
    place(version, envelope)
    return str(request.param)


async def test_changed_bytes_are_refused_and_named(client: httpx.AsyncClient, tampered: str) -> None:
    answer = await score(client, CRISIS_WORDS)
    named = {"envelope": "signature", "signer": "signer"}.get(tampered, tampered)
    assert answer["degraded"] is True
    assert answer["crisis"] is True
    assert answer["reason"].startswith(f"refused: {named}:")
    refusals = await asyncio.to_thread(lambda: list(AuditEvent.objects.filter(action="deployment.refuse")))
    assert len(refusals) == 1
    assert named in refusals[0].payload_json


async def test_each_project_gets_its_own_model(client: httpx.AsyncClient, only_beta: Any) -> None:
    assert (await score(client, "doom"))["reason"] == "no_deployment"


@pytest.fixture
def only_beta(world: World) -> None:
    version = register(world, project=world.other_project)
    place(version, sign(version, world.outsider("clinical_lead")))


@pytest.fixture
def borrowed(world: World) -> None:
    """A sign-off of beta's lead on the same bytes, put beside alpha's deployment."""
    theirs = register(world, project=world.other_project)
    envelope = sign(theirs, world.outsider("clinical_lead"))
    place(register(world), envelope)


async def test_a_sign_off_of_another_project_does_not_count(client: httpx.AsyncClient, borrowed: Any) -> None:
    assert (await score(client, "doom"))["reason"].startswith("refused: project:")


async def test_rules_raise_what_the_model_misses(client: httpx.AsyncClient, signed: Any) -> None:
    answer = await score(client, f"calm calm {CRISIS_WORDS}")
    assert answer["model_score"] < 0.5
    assert (answer["verdict"], answer["raised_by_rules"], answer["degraded"]) == ("crisis", True, False)
    assert answer["alert_level"] == "emergency"


async def test_rules_do_not_lower_what_the_model_says(client: httpx.AsyncClient, signed: Any) -> None:
    answer = await score(client, "doom, but I have my family and I am hopeful")
    assert (answer["crisis_type"], answer["severity"], answer["raised_by_rules"]) == ("immediate_harm", 5, False)
    assert answer["score"] == answer["model_score"]


async def test_fifty_at_once_equal_one_after_another(client: httpx.AsyncClient, signed: Any) -> None:
    texts = [" ".join(["doom", "worry", "calm", "word"][i % 4] for i in range(n, n + 1 + n % 17)) for n in range(50)]
    serial = [await score(client, text) for text in texts]
    together = await asyncio.gather(*(score(client, text) for text in texts))
    for one, other in zip(serial, together, strict=True):
        assert one["score"] == pytest.approx(other["score"], abs=1e-6)
        assert (one["verdict"], one["crisis_type"], one["content_hash"]) == (
            other["verdict"],
            other["crisis_type"],
            other["content_hash"],
        )


async def test_what_must_be_durable_is_written_before_the_answer(client: httpx.AsyncClient, signed: Any) -> None:
    answer = await score(client, "doom")
    row = await asyncio.to_thread(lambda: ScoreLog.objects.get(pk=answer["evidence_id"]))
    assert (row.band, row.crisis, answer["recorded"]) == ("emergency", True, True)


async def test_the_model_page_of_the_api(client: httpx.AsyncClient, signed: Any) -> None:
    model = (await client.get("/api/v1/model")).json()
    assert (model["state"], model["threshold"], model["model_version"]) == ("serving", 0.5, "1.0.0")
    for ready, health in (("/ready", "/health"), ("/readyz", "/healthz")):
        assert (await client.get(ready)).json()["status"] == "ready"
        assert (await client.get(health)).json() == {"status": "ok"}


async def test_an_alarm_names_its_case_and_later_turns_join_it(client: httpx.AsyncClient, signed: Any) -> None:
    first = await score(client, "doom", conversation_id="chat-7")
    assert isinstance(first["case_id"], int) and first["recorded"] is True
    assert (await score(client, f"calm {CRISIS_WORDS}", conversation_id="chat-7"))["case_id"] == first["case_id"]
    assert (await score(client, "doom", conversation_id="chat-8"))["case_id"] != first["case_id"]
    assert (await score(client, "calm"))["case_id"] is None
    case = await asyncio.to_thread(lambda: Case.objects.get(pk=first["case_id"]))
    assert (case.level, case.scores, case.conversation_id) == ("emergency", 2, "chat-7")


@pytest.mark.parametrize("reference", ["", "a" * 65, "a b", "é", "a\n", 7, ["a"], {"a": 1}])
async def test_a_reference_that_is_none_is_refused(client: httpx.AsyncClient, signed: Any, reference: Any) -> None:
    response = await client.post("/infer", json=user_says("calm", conversation_id=reference))
    assert (response.status_code, response.json()["code"]) == (422, "bad_conversation_id")
