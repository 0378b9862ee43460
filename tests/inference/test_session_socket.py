"""A session over a WebSocket: who is admitted, what is said, in which order, and what a broken line costs."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.db.models import Sum
from django.utils import timezone

from inference.asgi import ScoringApplication
from inference.models import ConversationSession, ConversationTurn, ScoreLog
from inference.serving import keys, news, socket
from pixelhub.accounts.models import ApiKey, ApiKeyUsage, Membership
from pixelhub.accounts.services import api_key_create, api_key_revoke, user_set_active
from tests.inference.talking import HELP, Talker, say, talking, turn
from tests.personas import World

pytestmark = pytest.mark.usefixtures("one_database_thread")


async def test_a_conversation_from_hello_to_end(application: ScoringApplication, token: str) -> None:
    """The key in the first message; every turn its analysis, in order; the end closes."""
    talker = Talker(application)
    assert await talker.open() is None
    assert (await talker.ask("hello", key=token))["type"] == "ready"
    begun = await talker.ask("open", conversation_id="chat-9", locale="en-GB")
    assert (begun["type"], begun["resumed"], begun["session"]["retention"]) == ("opened", False, "window")
    for number, text in enumerate(("hello", "assistant: how are you?", HELP), start=1):
        answer = await talker.ask("turn", **turn(text))
        assert (answer["type"], answer["turn"], answer["stored"]) == ("turn", number, True)
        assert answer["session"]["turns"] == number and answer["trend"]["risk"]["turns"] <= number
    assert answer["analysis"]["verdict"] == "crisis" and "116 123" in json.dumps(answer["analysis"])
    assert answer["session"]["alert_level"] == answer["alert_level"] == "emergency"
    assert (await talker.ask("ping"))["type"] == "pong"
    ended = await talker.ask("end")
    assert (ended["type"], ended["session"]["state"]) == ("ended", "ended")
    assert await talker.closed_with() == 1000
    assert not await ConversationTurn.objects.filter(text__isnull=False).aexists()
    assert await ScoreLog.objects.acount() == 3


async def test_a_broken_line_is_taken_up_where_it_broke(
    application: ScoringApplication, token: str, client: httpx.AsyncClient
) -> None:
    async with talking(application, token) as talker:
        session = (await talker.ask("open"))["session"]
        sent = [turn("one"), turn("two")]
        answers = [await talker.ask("turn", **each) for each in sent]
    # While the line was down, somebody else went on; and the answer to "three" was lost.
    await say(client, session, "assistant: between")
    lost = turn("three")
    await client.post(f"/api/v1/conversations/{session['id']}/turns", json=lost)
    async with talking(application, token) as talker:
        back = await talker.ask("resume", session=session["id"], after=2)
        assert (back["type"], back["resumed"], back["session"]["turns"]) == ("opened", True, 4)
        told = [await talker.heard(), await talker.heard()]
        assert [each["turn"] for each in told] == [3, 4] and told[1]["turn_id"] == lost["turn_id"]
        again = await talker.ask("turn", **lost)
        assert (again["turn"], again["replayed"]) == (4, True)
        repeated = await talker.ask("turn", **sent[0])
        assert repeated["analysis"] == answers[0]["analysis"]
        # A program that opens its conversation again finds it, with all that was said about it.
        assert (await talker.ask("turn", **turn("four")))["turn"] == 5
    async with talking(application, token) as talker:
        assert (await talker.ask("resume", session=str(uuid.uuid4())))["code"] == "no_session"
        assert (await talker.ask("resume", session=session["id"], after=True))["code"] == "bad_after"
        assert (await talker.ask("resume", session=session["id"], after=10**6))["session"]["turns"] == 5


async def test_two_lines_into_one_session_hear_every_turn_once_and_in_order(
    application: ScoringApplication, token: str
) -> None:
    async with talking(application, token) as user, talking(application, token) as assistant:
        session = (await user.ask("open", conversation_id="both"))["session"]
        assert (await assistant.ask("open", conversation_id="both"))["session"]["id"] == session["id"]

        async def write(line: Talker, texts: list[str]) -> list[int]:
            for text in texts:
                await line.send("turn", **turn(text))
            heard: list[int] = []
            mine = 0
            while mine < len(texts):
                message = await line.heard()
                assert message["type"] == "turn", message
                heard.append(message["turn"])
                mine += not message["replayed"]
            return heard

        heard = await asyncio.gather(
            write(user, [f"user {n}" for n in range(6)]), write(assistant, [f"assistant: {n}" for n in range(6)])
        )
        for numbers in heard:
            assert numbers == list(range(1, len(numbers) + 1))
        assert max(len(numbers) for numbers in heard) == 12
        # Who stopped writing first hears the rest at a ping.
        for line, numbers in zip((user, assistant), heard, strict=True):
            await line.send("ping")
            rest = [await line.heard() for _ in range(1 + 12 - len(numbers))]
            assert [each["turn"] for each in rest if each["type"] == "turn"] == list(range(len(numbers) + 1, 13))
    assert await ConversationTurn.objects.acount() == 12


async def test_what_others_say_comes_by_itself(
    application: ScoringApplication, token: str, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From this process at once, from another one with the next look; silence is not broken by a question of ours."""
    monkeypatch.setattr(news, "LOOK_S", 0.01)
    async with talking(application, token) as talker, talking(application, token) as other:
        session = (await talker.ask("open", conversation_id="both"))["session"]
        await other.ask("open", conversation_id="both")
        own = await other.ask("turn", **turn("mine"))
        heard = await talker.heard()
        assert (own["turn"], heard["type"], heard["turn"], heard["replayed"]) == (1, "turn", 1, True)
        assert heard["session"] == own["session"]
        await say(client, session, "assistant: one", "two")
        for line in (talker, other):
            assert [(await line.heard())["turn"] for _ in range(2)] == [2, 3]
        # As another process does it: nobody here is told.
        service = await application.startup()
        monkeypatch.setattr(service.sessions.news, "tell", lambda *_: None)
        await say(client, session, "three")
        monkeypatch.undo()
        assert [(await line.heard())["turn"] for line in (talker, other)] == [4, 4]
        assert (await talker.ask("ping"))["type"] == "pong"
    assert service.sessions.news._followers == {}


async def test_refusals_keep_the_line_and_nonsense_ends_it(application: ScoringApplication, token: str) -> None:
    async with talking(application, token) as talker:
        assert (await talker.ask("turn", **turn("too early")))["code"] == "not_open"
        await talker.ask("open")
        assert (await talker.ask("open"))["code"] == "already_open"
        named = turn("zebra\x00")
        refused = await talker.ask("turn", **named)
        assert (refused["type"], refused["code"], refused["status"]) == ("problem", "nul", 422)
        assert refused["turn_id"] == named["turn_id"] and "zebra" not in json.dumps(refused)
        assert (await talker.ask("turn", **turn("and on")))["turn"] == 1
    for text in ("", "[]", "{", '{"type": "dance"}', '{"type": "turn", "type": "open"}', " " * 1_000_001):
        async with talking(application, token) as talker:
            await talker.say(text)
            assert await talker.closed_with() == socket.CLOSE_MALFORMED


async def test_a_key_that_may_not_is_told_so_and_closed(
    world: World, application: ScoringApplication, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "CACHE_S", 0.0)
    for headers in ({"authorization": "Bearer phk_wrong"}, {"x-api-key": "phk_wrong"}):
        talker = Talker(application, headers=headers)
        assert await talker.open() is None
        assert (await talker.heard())["code"] == "bad_key"
        assert await talker.closed_with() == socket.CLOSE_NOT_ADMITTED
    # Never in the address: there it would be logged.
    talker = Talker(application, path=f"/api/v1/conversations/socket/{token}")
    assert await talker.open() == 4404
    engineer, trainer = await sync_to_async(lambda: (world.user("data_engineer"), world.user("ml_engineer")))()
    other = await sync_to_async(api_key_create)(project=world.project, name="scores", scopes=["score"], actor=engineer)
    talker = Talker(application)
    await talker.open()
    assert (await talker.ask("hello", key=other[1]))["code"] == "bad_scope"
    async with talking(application, token) as talker:
        await talker.ask("open")
        key = await ApiKey.objects.aget(name="client")
        await sync_to_async(api_key_revoke)(key=key, actor=trainer)
        await talker.send("turn", **turn("still there?"))
        assert await talker.closed_with() == socket.CLOSE_NOT_ADMITTED
    assert not await ConversationTurn.objects.aexists()


async def test_silence_is_asked_about_and_then_ended(
    application: ScoringApplication, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "HEARTBEAT_S", 0.02)
    async with talking(application, token) as talker:
        assert (await talker.heard())["type"] == "ping"
        await talker.send("pong")
        assert (await talker.heard())["type"] == "ping"
        monkeypatch.setattr(socket, "SILENCE_S", 0.01)
        assert await talker.closed_with() == socket.CLOSE_SILENT


async def test_who_sends_faster_than_is_answered_is_held_back(
    application: ScoringApplication, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the judge held, at most the queue and the message at hand are taken; then all is answered in order."""
    gate = asyncio.Event()
    async with talking(application, token) as talker:
        await talker.ask("open")
        service = await application.startup()
        original = service.score_turn

        async def held(*args: Any) -> dict[str, Any]:
            await gate.wait()
            return await original(*args)

        monkeypatch.setattr(service, "score_turn", held)
        for number in range(30):
            await talker.send("turn", **turn(f"number {number}"))
        incoming = talker.application.input_queue
        # One is being judged, eight wait, one is in the reader's hand: nobody reads the other twenty.
        async with asyncio.timeout(120):
            while incoming.qsize() > 20:
                await asyncio.sleep(0)
        for _ in range(50):
            await asyncio.sleep(0)
        assert incoming.qsize() == 30 - 1 - socket.QUEUED - 1
        gate.set()
        assert [(await talker.heard())["turn"] for _ in range(30)] == list(range(1, 31))


@pytest.fixture
def page(application: ScoringApplication) -> Any:
    """The page's socket behind the hub's origin check and sign-in, as pixelhub.asgi mounts it."""
    return AllowedHostsOriginValidator(AuthMiddlewareStack(application.page_socket))


def cookies_of(world: World, role: str, *, outsider: bool = False) -> dict[str, str]:
    client = world.outsider_client(role) if outsider else world.client(role)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return {"cookie": cookies, "origin": "http://localhost", "host": "localhost"}


@pytest.fixture
def quick_recheck(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("inference.serving.admission._PERSON_S", 0.0)
    yield


@pytest.mark.usefixtures("quick_recheck")
async def test_the_page_comes_in_by_cookie_capability_and_origin(
    world: World, application: ScoringApplication, page: Any, client: httpx.AsyncClient
) -> None:
    good = await sync_to_async(cookies_of)(world, "clinical_lead")
    talker = Talker(page, path="/ws/conversations/", headers=good)
    assert await talker.open() is None
    assert (await talker.heard())["type"] == "ready"
    session = (await talker.ask("open"))["session"]
    assert (await talker.ask("turn", **turn(HELP)))["analysis"]["verdict"] == "crisis"
    row = await ConversationSession.objects.select_related("opened_by").aget(pk=session["id"])
    lead, administrator = await sync_to_async(lambda: (world.user("clinical_lead"), world.user("administrator")))()
    assert (row.opened_by, row.api_key_id, (await ScoreLog.objects.aget()).scored_by_id) == (lead, None, lead.pk)
    # A colleague, a stranger, a program: none of them has this session.
    for role, outsider in (("qa", False), ("clinical_lead", True)):
        headers = await sync_to_async(cookies_of)(world, role, outsider=outsider)
        other = Talker(page, path="/ws/conversations/", headers=headers)
        assert await other.open() is None
        await other.heard()
        assert (await other.ask("resume", session=session["id"]))["code"] == "no_session"
        await other.leave()
    assert (await client.get(f"/api/v1/conversations/{session['id']}")).status_code == 404
    # Who may not see scores, who is nobody, whose page is another site's.
    refused = await sync_to_async(cookies_of)(world, "annotator")
    assert await Talker(page, path="/ws/conversations/", headers=refused).open() == socket.CLOSE_NOT_ADMITTED
    nobody = {"origin": "http://localhost", "host": "localhost"}
    assert await Talker(page, path="/ws/conversations/", headers=nobody).open() == socket.CLOSE_NOT_ADMITTED
    foreign = good | {"origin": "https://elsewhere.example"}
    assert await Talker(page, path="/ws/conversations/", headers=foreign).open() is not None
    # Cookies alone open nothing on the programs' address.
    program = Talker(application, headers=good)
    assert await program.open() is None
    assert (await program.ask("open"))["code"] == "bad_key"
    # Whose second factor is overdue: a page would not open, so this does not either.
    other = Talker(page, path="/ws/conversations/", headers=good)
    assert await other.open() is None
    await other.heard()
    await sync_to_async(Membership.objects.all().update)(created_at=timezone.now() - timedelta(days=30))
    await other.send("turn", **turn("without a code"))
    assert await other.closed_with() == socket.CLOSE_NOT_ADMITTED
    assert await Talker(page, path="/ws/conversations/", headers=good).open() == socket.CLOSE_NOT_ADMITTED
    await sync_to_async(Membership.objects.all().update)(created_at=timezone.now())
    await sync_to_async(user_set_active)(user=lead, active=False, actor=administrator)
    await talker.send("turn", **turn("still me"))
    assert await talker.closed_with() == socket.CLOSE_NOT_ADMITTED


@pytest.mark.usefixtures("still_clock")
async def test_a_key_s_limits_hold_and_count_here_as_well(world: World, application: ScoringApplication) -> None:
    def make() -> tuple[ApiKey, str]:
        return api_key_create(
            project=world.project,
            name="slow",
            scopes=["conversations"],
            actor=world.user("ml_engineer"),
            rate_per_minute=3,
        )

    key, token = await asyncio.to_thread(make)
    async with talking(application, token) as talker:
        assert (await talker.ask("open"))["type"] == "opened"
        first, second, third = turn("one"), turn("two"), turn("three")
        assert [(await talker.ask("turn", **each))["type"] for each in (first, second)] == ["turn", "turn"]
        refused = await talker.ask("turn", **third)
        assert (refused["type"], refused["status"], refused["code"]) == ("problem", 429, "rate_limited")
        assert refused["retry_after"] >= 1 and refused["turn_id"] == third["turn_id"]
        assert (await talker.ask("ping"))["type"] == "pong"
    service = await application.startup()
    await service.write_usage()
    # Added up: a midnight may lie between two turns.
    used = await ApiKeyUsage.objects.filter(key=key).aaggregate(
        requests=Sum("requests"), conversations=Sum("conversations"), limited=Sum("limited")
    )
    assert used == {"requests": 4, "conversations": 2, "limited": 1}
