"""Live conversations of the Python client: against the running service, over wires that break, through a kill."""

from __future__ import annotations

import asyncio
import json
import logging
import runpy
import signal
import sqlite3
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from pixelhub_client import AsyncPixelCrisisDetector, PixelCrisisDetector, RequestRefused, Turn, Unavailable
from pixelhub_client import line as lines
from pixelhub_client import live as lives
from websockets.asyncio.server import ServerConnection, serve

from tests.inference.service import Service
from tests.ports import free_port
from tests.relay import Relay, relay

pytestmark = pytest.mark.slow  # starts a process
CANARY = "zebra-canary-7"
#: Seconds for a hub that is there, on a machine that is busy: where it starts anew, too.
PATIENCE = 300.0


@pytest.fixture
def wire(service: Service) -> Iterator[Relay]:
    with relay(service.port) as wire:
        yield wire


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def stored(service: Service, session_id: str) -> dict[str, int]:
    """Number by turn_id of what the database holds of a session."""
    with closing(sqlite3.connect(service.folder / "hub.sqlite3")) as database:
        asked = "SELECT turn_id, number FROM inference_conversationturn WHERE session_id = ?"
        rows = list(database.execute(asked, [session_id.replace("-", "")]))
    assert len({turn_id for turn_id, _ in rows}) == len(rows)
    return {str(uuid.UUID(turn_id)): number for turn_id, number in rows}


async def heard(stream: Any, count: int) -> list[Turn]:
    async with asyncio.timeout(PATIENCE):
        return [await anext(stream) for _ in range(count)]


async def test_both_sides_hear_every_turn_once_and_in_order(service: Service, url: str) -> None:
    async with AsyncPixelCrisisDetector(url, service.token, timeout=PATIENCE, locale="en-US") as detector:
        person, assistant = (detector.live(conversation_id="both-sides") for _ in range(2))
        streams = [talk.turns() for talk in (person, assistant)]
        async with person, assistant:
            first = await person.add("calm")
            assert (first.number, first.role) == (1, "user")
            assert (first.answer.verdict, first.answer.source) == ("no_crisis", "hub")
            assert (await assistant.add("What is it?", role="assistant")).number == 2
            doom = await person.add("I am going to kill myself tonight.")
            assert (doom.number, doom.answer.verdict, person.alert_level) == (3, "crisis", "emergency")
            assert "988" in {contact.contact for action in doom.answer.actions for contact in action.contacts}
            for stream in streams:
                turns = await heard(stream, 3)
                assert [(turn.number, turn.role) for turn in turns] == [(1, "user"), (2, "assistant"), (3, "user")]
            assert (person.id, person.seen, person.waiting) == (assistant.id, 3, 0)
            # Another process goes on from what is known.
            async with detector.live(session_id=person.id, after=2) as third:
                late = third.turns()
                assert [turn.number for turn in await heard(late, 1)] == [3]
            await person.end(forget=True)
            with pytest.raises(RequestRefused, match="session_ended"):
                await assistant.add("calm")
            with pytest.raises(RequestRefused, match="session_ended"):
                await person.add("calm")
            assert [turn async for turn in streams[0]] == []
    assert "calm" not in repr(person)


async def test_broken_lines_and_lost_answers_lose_and_double_nothing(service: Service, wire: Relay) -> None:
    wire.loses_every = 6
    async with AsyncPixelCrisisDetector(at(wire.port), service.token, timeout=PATIENCE) as detector:
        person, assistant = (detector.live(conversation_id="broken") for _ in range(2))
        streams = [talk.turns() for talk in (person, assistant)]

        async def say(talk: Any, role: str) -> list[Turn]:
            return [await talk.add(f"calm {number}", role=role) for number in range(8)]

        async with person, assistant:
            said = await asyncio.gather(say(person, "user"), say(assistant, "assistant"))
            told = [await heard(stream, 16) for stream in streams]
            session = person.id
    assert wire.connections > 4
    for turns in told:
        assert [turn.number for turn in turns] == list(range(1, 17))
    rows = stored(service, session)
    assert rows == {turn.turn_id: turn.number for turns in said for turn in turns}
    assert all([turn.number for turn in turns] == sorted(turn.number or 0 for turn in turns) for turns in said)


async def test_what_is_said_while_the_hub_is_away_is_told_later_in_its_place(service: Service, wire: Relay) -> None:
    wire.is_plugged = False
    async with AsyncPixelCrisisDetector(at(wire.port), service.token, timeout=0.4) as detector:
        talk = detector.live(retention="none")
        stream = talk.turns()
        async with talk:
            away = [await talk.add("calm"), await talk.add("I took too many pills")]
            assert [(turn.number, turn.answer.verdict, turn.answer.source) for turn in away] == [
                (None, "unknown", "local"),
                (None, "crisis", "local"),
            ]
            assert (talk.waiting, talk.connected, talk.alert_level) == (2, False, "unknown")
            talk._timeout = PATIENCE
            wire.is_plugged = True
            turns = await heard(stream, 2)
            assert [(turn.number, turn.turn_id) for turn in turns] == [(1, away[0].turn_id), (2, away[1].turn_id)]
            # A session that keeps no words is given what came before: the window is whole.
            assert [turn.raw["window"]["complete"] for turn in turns] == [True, True]
            assert (talk.waiting, talk.connected) == (0, True)
            await talk.end()


async def test_a_line_that_has_gone_silent_is_given_up(
    service: Service, wire: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        AsyncPixelCrisisDetector(at(wire.port), service.token, timeout=PATIENCE) as detector,
        detector.live() as talk,
    ):
        assert (await talk.add("calm")).number == 1
        monkeypatch.setattr(lives, "_ANSWER_S", 0.3)
        wire.flows.clear()
        waiting = asyncio.create_task(talk.add("doom"))
        async with asyncio.timeout(PATIENCE):
            while wire.connections < 2:
                await asyncio.sleep(0.01)
        monkeypatch.setattr(lives, "_ANSWER_S", 20.0)
        wire.flows.set()
        assert (await waiting).number == 2


async def test_signs_of_life_refusals_for_a_time_and_turns_at_fault() -> None:
    """A hub on order: what a real one does only after minutes, or never."""
    heard_here: list[dict[str, Any]] = []

    async def hub(socket: ServerConnection) -> None:
        async def say(**message: Any) -> None:
            await socket.send(json.dumps(message))

        assert socket.request is not None and socket.request.headers["authorization"] == "Bearer phk_x"
        assert "phk" not in socket.request.path
        # The first line is given up soon after it falls silent; the second one is not, on a machine of any speed.
        await say(type="ready", heartbeat_s=60.0 if heard_here else 1.0)
        refused: set[str] = set()
        async for text in socket:
            message = json.loads(text)
            heard_here.append(message)
            if message["type"] in ("open", "resume"):
                await say(type="opened", session={"id": "s-1", "turns": 0, "state": "open", "retention": "window"})
                if message["type"] == "open":
                    await say(type="ping")  # and nothing more: the line is dead from here on
            elif message["type"] == "turn" and message["content"] == "bad":
                await say(type="problem", status=422, code="nul", detail="no", turn_id=message["turn_id"])
            elif message["type"] == "turn" and message["turn_id"] not in refused:
                refused.add(message["turn_id"])
                await say(type="problem", status=503, code="busy", retry_after=0.05, turn_id=message["turn_id"])
            elif message["type"] == "turn":
                await say(type="problem", status=409, code="session_ended", detail="over", turn_id=message["turn_id"])

    async with serve(hub, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with AsyncPixelCrisisDetector(at(port), "phk_x", timeout=PATIENCE) as detector:
            talk = detector.live(session_id="", conversation_id="c")
            stream = talk.turns()
            async with talk:
                async with asyncio.timeout(PATIENCE):
                    while not any(message["type"] == "resume" for message in heard_here):
                        await asyncio.sleep(0.01)
                with pytest.raises(RequestRefused, match="422 nul"):
                    await talk.add("bad")
                with pytest.raises(RequestRefused, match="session_ended"):
                    await talk.add("calm")
                with pytest.raises(RequestRefused, match="session_ended"):
                    await anext(stream)
    kinds = [message["type"] for message in heard_here]
    assert kinds[:3] == ["open", "pong", "resume"] and kinds[-2:] == ["turn", "turn"]
    assert heard_here[kinds.index("resume")] == {"type": "resume", "session": "s-1", "after": 0}
    assert len({message["turn_id"] for message in heard_here[-2:]}) == 1


async def test_no_key_no_hub_and_no_word_of_it_anywhere(
    service: Service, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for where, key, patience in ((url, "phk_wrong_key", PATIENCE), (at(free_port()), service.token, 0.5)):
        async with AsyncPixelCrisisDetector(where, key, timeout=patience) as detector, detector.live() as talk:
            turn = await talk.add(f"{CANARY} hello")
            assert (turn.answer.verdict, turn.answer.needs_person, turn.number) == ("unknown", True, None)
            assert turn.answer.reason is not None and turn.answer.reason.startswith("client_")
        async with AsyncPixelCrisisDetector(where, key, timeout=patience, fallback=False) as detector:
            talk = detector.live()
            async with talk:
                with pytest.raises(Unavailable) as no:
                    await talk.add(CANARY)
                assert CANARY not in f"{no.value!r} {no.value.__context__!r} {no.value.__cause__!r}"
                with pytest.raises(Unavailable):
                    await talk.end()
    async with AsyncPixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector, detector.live() as talk:
        assert (await talk.add(f"{CANARY} calm")).number == 1
        await talk.end()
    async with AsyncPixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector:
        with pytest.raises(RequestRefused, match="bad_locale"):
            async with detector.live(locale="../..") as talk:
                await talk.add("calm")
    said = " ".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert "client_refused: 401 bad_key" in said
    assert CANARY not in said and service.token not in said and "phk_wrong_key" not in said


async def test_a_kill_while_many_talk_loses_and_doubles_nothing(service: Service, url: str) -> None:
    async with AsyncPixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector:
        talks = [detector.live() for _ in range(6)]
        said: list[list[Turn]] = [[] for _ in talks]

        async def say(index: int) -> None:
            async with talks[index] as talk:
                for number in range(10):
                    said[index].append(await talk.add(f"doom {number}"))

        saying = [asyncio.create_task(say(index)) for index in range(len(talks))]
        async with asyncio.timeout(PATIENCE):
            while sum(map(len, said)) < 20:
                await asyncio.sleep(0.005)
        await asyncio.to_thread(service.stop, signal.SIGKILL)
        await asyncio.to_thread(service.start)
        await asyncio.gather(*saying)
    for talk, turns in zip(talks, said, strict=True):
        assert [(turn.number, turn.answer.source) for turn in turns] == [(number, "hub") for number in range(1, 11)]
        assert stored(service, talk.id) == {turn.turn_id: turn.number for turn in turns}


def test_the_same_without_await(service: Service, url: str) -> None:
    with PixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector, detector.live() as talk:
        turns = talk.turns()
        assert [talk.add(text).number for text in ("doom", "calm")] == [1, 2]
        first = turns.next(PATIENCE)
        assert first is not None and first.number == 1
        assert (talk.connected, talk.waiting, talk.seen, talk.alert_level) == (True, 0, 2, "emergency")
        assert uuid.UUID(talk.id) and talk.id in repr(talk)
        talk.end()
        assert [turn.number for turn in turns] == [2]
        assert turns.next(0.01) is None


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.asyncio.client", None)
    with pytest.raises(ImportError, match="live"):
        runpy.run_path(str(lines.__file__))
