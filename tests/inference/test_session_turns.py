"""A turn of a session: its window is scored by the same code, it gets its place, its trend, and no text is kept."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from inference.models import ConversationSession, ConversationTurn, ScoreLog
from inference.serving import turns as session_turns
from inference.serving.session_handlers import PREFIX
from pixelhub.accounts.services import api_key_create
from tests.inference.deployed import deploy
from tests.inference.talking import HELP, opened, say, turn
from tests.personas import World

pytestmark = pytest.mark.usefixtures("one_database_thread")


@pytest.fixture
async def deployed(world: World) -> None:
    await asyncio.to_thread(deploy, world)


def without_names(answer: dict[str, Any]) -> dict[str, Any]:
    """What two answers about the same window share."""
    own = ("id", "evidence_id", "latency_ms", "request_id", "case_id")
    return {name: value for name, value in answer.items() if name not in own}


@pytest.mark.usefixtures("deployed")
async def test_a_turn_s_answer_is_the_score_of_its_window(client: httpx.AsyncClient) -> None:
    session = await opened(client, locale="en-GB")
    texts = ["calm day", "assistant: calm to hear", "some worry now", HELP]
    (last,) = (await say(client, session, *texts[:1]))["turns"]
    for text in texts[1:]:
        (last,) = (await say(client, session, text))["turns"]
    messages = [{key: turn(text)[key] for key in ("role", "content")} for text in texts]
    plain = await client.post("/api/v1/crisis/score", json={"messages": messages, "locale": "en-GB"})
    assert without_names(last["analysis"]) == without_names(plain.json())
    assert last["analysis"]["degraded"] is False and last["analysis"]["verdict"] == "crisis"
    assert last["window"] == {"first_turn": 1, "messages": 4, "complete": True}
    assert last["alert_level"] == last["analysis"]["alert_level"]
    row = await ConversationTurn.objects.aget(session_id=session["id"], number=4)
    log = await ScoreLog.objects.aget(pk=row.evidence_id)
    assert (log.score, log.content_hash) == (row.score, last["analysis"]["content_hash"])
    assert "kill myself" not in str(row.analysis) and bytes(row.text or b"").find(b"kill") == -1


@pytest.mark.usefixtures("deployed")
async def test_the_window_rolls_over_ten_messages(client: httpx.AsyncClient) -> None:
    session = await opened(client)
    (first,) = (await say(client, session, "doom"))["turns"]
    assert first["analysis"]["crisis"] is True
    answer = await say(client, session, *["calm"] * 9)
    assert [each["turn"] for each in answer["turns"]] == list(range(2, 11))
    assert answer["turns"][-1]["window"] == {"first_turn": 1, "messages": 10, "complete": True}
    (after,) = (await say(client, session, "calm"))["turns"]
    assert after["window"]["first_turn"] == 2
    assert after["analysis"]["score"] < first["analysis"]["score"] and after["analysis"]["crisis"] is False
    # What was raised stays raised until a person has seen to it; relief is shown as such.
    state = (await client.get(f"{PREFIX}/{session['id']}")).json()
    assert state["session"]["alert_level"] == state["session"]["peak_level"] != "none"
    kept = ConversationTurn.objects.filter(session_id=session["id"], text__isnull=False)
    assert [row.number async for row in kept.order_by("number")] == list(range(3, 12))


@pytest.mark.usefixtures("deployed")
async def test_risk_that_rises_over_turns_counts(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.05, 0.15, 0.25, 0.35])
    original = session_turns.rows_of

    def graded(seen: Any, turns: Any, windows: Any, answers: Any) -> Any:
        grades = [{**answer, "score": next(scores), "alert_level": "none", "degraded": False} for answer in answers]
        return original(seen, turns, windows, grades)

    monkeypatch.setattr("inference.serving.turns.rows_of", graded)
    session = await opened(client)
    turns = [(await say(client, session, "calm"))["turns"][0] for _ in range(4)]
    assert [each["trend"]["risk"]["direction"] for each in turns] == ["steady", "rising", "rising", "rising"]
    assert [each["alert_level"] for each in turns] == ["none", "none", "concern", "concern"]
    assert [each["raised_by_trend"] for each in turns] == [False, False, True, True]
    state = (await client.get(f"{PREFIX}/{session['id']}", params={"after": 2})).json()
    assert state["session"]["alert_level"] == "concern" and state["next_after"] is None
    assert [(row["turn"], row["risk_direction"]) for row in state["turns"]] == [(3, "rising"), (4, "rising")]
    assert state["turns"][0]["risk_slope"] == pytest.approx(0.1)


async def test_a_turn_sent_twice_has_one_place_and_one_answer(client: httpx.AsyncClient) -> None:
    session = await opened(client)
    body = {"turns": [turn("hello there"), turn("are you there?")]}
    url = f"{PREFIX}/{session['id']}/turns"
    once, twice = (await client.post(url, json=body)).json(), (await client.post(url, json=body)).json()
    assert [each["replayed"] for each in twice["turns"]] == [True, True]
    assert [each | {"replayed": True} for each in once["turns"]] == twice["turns"]
    at_once = {"turns": [turn("and now?")]}
    answers = await asyncio.gather(*(client.post(url, json=at_once) for _ in range(5)))
    assert {answer.json()["turns"][0]["turn"] for answer in answers} == {3}
    assert [answer.json()["turns"][0]["replayed"] for answer in answers].count(False) == 1
    assert await ConversationTurn.objects.acount() == 3
    other = {"turns": [{**body["turns"][0], "content": "something else"}]}
    refused = await client.post(url, json=other)
    assert (refused.status_code, refused.json()["code"]) == (409, "turn_id_reused")
    mixed = (await client.post(url, json={"turns": [body["turns"][1], turn("new")]})).json()["turns"]
    assert [(each["turn"], each["replayed"]) for each in mixed] == [(2, True), (4, False)]


async def test_two_writers_at_once_get_a_place_each(client: httpx.AsyncClient) -> None:
    session = await opened(client)
    said = [turn(f"{side} {number}") for number in range(6) for side in ("user says", "assistant: it says")]
    url = f"{PREFIX}/{session['id']}/turns"
    answers = await asyncio.gather(*(client.post(url, json=each) for each in said))
    numbers = [answer.json()["turns"][0]["turn"] for answer in answers]
    assert sorted(numbers) == list(range(1, 13))
    rows = [row async for row in ConversationTurn.objects.order_by("number")]
    assert {str(row.turn_id): row.number for row in rows} == {
        each["turn_id"]: number for each, number in zip(said, numbers, strict=True)
    }
    assert [row.analysis["window"]["first_turn"] for row in rows] == [max(1, number - 9) for number in range(1, 13)]


@pytest.mark.usefixtures("deployed")
async def test_without_text_the_client_sends_its_window(client: httpx.AsyncClient) -> None:
    session = await opened(client, retention="none")
    before = [{"role": "user", "content": "calm"}, {"role": "assistant", "content": "calm indeed"}]
    (first,) = (await say(client, session, "calm again", context=before))["turns"]
    assert first["window"] == {"first_turn": -1, "messages": 3, "complete": True}
    assert first["analysis"]["verdict"] == "no_crisis"
    context = [*before, {"role": "user", "content": "calm again"}]
    (second,) = (await say(client, session, "calm still", context=context))["turns"]
    assert second["window"]["complete"] and second["analysis"]["verdict"] == "no_crisis"
    for wrong in (None, context, [{"role": "user", "content": "something else"}]):
        (unsure,) = (await say(client, session, "calm", **({"context": wrong} if wrong else {})))["turns"]
        assert unsure["window"]["complete"] is False
        assert (unsure["analysis"]["verdict"], unsure["analysis"]["crisis"]) == ("unknown", None)
        assert (unsure["analysis"]["degraded"], unsure["analysis"]["reason"]) == (True, "window_incomplete")
        assert unsure["alert_level"] == "concern"
    assert not await ConversationTurn.objects.filter(text__isnull=False).aexists()
    kept = await opened(client)
    refused = await client.post(f"{PREFIX}/{kept['id']}/turns", json={**turn("hi"), "context": before})
    assert (refused.status_code, refused.json()["code"]) == (422, "context_kept")


@pytest.mark.usefixtures("deployed")
async def test_no_fault_of_a_session_reads_as_no_crisis(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await opened(client)
    await say(client, session, "calm", "calm")
    # Words that do not open any more, as after the loss of the key.
    await ConversationTurn.objects.filter(number=1).aupdate(text=b"\x01 not what was sealed")
    (lost,) = (await say(client, session, "calm"))["turns"]
    assert (lost["analysis"]["verdict"], lost["analysis"]["reason"]) == ("unknown", "window_lost")
    assert lost["trend"]["risk"]["complete"] is False and lost["window"]["messages"] == 2

    def away(*args: Any, **given: Any) -> Any:
        raise OperationalError("the database is away")

    monkeypatch.setattr("inference.serving.sessions.session_turns_add", away)
    (unstored,) = (await say(client, session, HELP))["turns"]
    assert unstored["stored"] is False and unstored["analysis"]["verdict"] == "crisis"
    monkeypatch.setattr("inference.serving.sessions.session_of", away)
    (alone, crisis) = (await say(client, session, "calm", HELP))["turns"]
    assert (alone["stored"], alone["turn"], alone["analysis"]["verdict"]) == (False, None, "unknown")
    assert alone["analysis"]["reason"] == "session_unavailable" and alone["alert_level"] == "concern"
    assert crisis["analysis"]["verdict"] == "crisis" and crisis["analysis"]["degraded"] is True
    assert await ConversationTurn.objects.acount() == 3


async def test_what_is_not_a_turn_is_refused_without_repeating_it(client: httpx.AsyncClient) -> None:
    session = await opened(client)
    url = f"{PREFIX}/{session['id']}/turns"
    good = {"role": "user", "content": "zebra"}
    for body, code in (
        ({}, "bad_role"),
        ({"role": "system", "content": "zebra"}, "bad_role"),
        ({"role": "user", "content": "  "}, "empty"),
        ({"role": "user", "content": "zebra\x00"}, "nul"),
        ({"role": "user", "content": ["zebra"]}, "bad_type"),
        ({"role": "user", "content": "zebra" * 5_000}, "too_long"),
        ({**good, "turn_id": "zebra"}, "bad_turn_id"),
        ({**good, "turn_id": 4}, "bad_turn_id"),
        ({"turns": []}, "bad_shape"),
        ({"turns": [good] * 11}, "bad_shape"),
        ({"turns": ["zebra"]}, "bad_shape"),
        ({"turns": [{**good, "turn_id": str(uuid.UUID(int=1))}] * 2}, "bad_turn_id"),
        ({**good, "context": "zebra"}, "bad_shape"),
        ({**good, "context": [{"role": "zebra", "content": "zebra"}]}, "bad_role"),
    ):
        answer = await client.post(url, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), body
        assert "zebra" not in answer.text
    assert (await ConversationSession.objects.aget()).turns == 0


async def test_only_the_project_s_keys_reach_a_session(world: World, client: httpx.AsyncClient) -> None:
    session = await opened(client)
    foreign = await sync_to_async(
        lambda: api_key_create(
            project=world.other_project, name="k", scopes=["conversations"], actor=world.outsider("ml_engineer")
        )
    )()
    headers = {"authorization": f"Bearer {foreign[1]}"}
    url = f"{PREFIX}/{session['id']}"
    for method, address, body in (
        ("POST", f"{url}/turns", turn("hello")),
        ("GET", url, None),
        ("POST", f"{url}/end", {}),
        ("DELETE", url, None),
    ):
        answer = await client.request(method, address, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_session")
    # A person's own try-out is nobody else's, keys of the project included.
    await ConversationSession.objects.aupdate(opened_by=await sync_to_async(world.user)("ml_engineer"), api_key=None)
    assert (await client.get(url)).status_code == 404
    assert (await client.post(f"{PREFIX}/{uuid.uuid4()}/turns", json=turn("hello"))).status_code == 404
