"""The end of a session: by its client, by silence, by policy. Words go when they should, the chain holds the count."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from inference.asgi import ScoringApplication
from inference.models import ConversationSession, ConversationTurn
from inference.services import session_policy_change, session_text_purge
from inference.serving.session_handlers import PREFIX
from pixelhub.audit.models import AuditEvent
from tests.inference.talking import HELP, opened, say, turn
from tests.personas import World

pytestmark = pytest.mark.usefixtures("one_database_thread")


def texts() -> Any:
    return ConversationTurn.objects.filter(text__isnull=False)


def allow_transcripts(world: World, **changes: Any) -> None:
    given = {
        "window_allowed": True,
        "idle_minutes": 30,
        "transcripts_until": timezone.now() + timedelta(days=10),
        "transcripts_keep_days": 2,
        "transcripts_reason": "pilot",
        **changes,
    }
    session_policy_change(project=world.project, actor=world.user("clinical_lead"), **given)


def payloads(action: str) -> list[dict[str, Any]]:
    return [json.loads(event.payload_json) for event in AuditEvent.objects.filter(action=action).order_by("seq")]


async def test_delete_ends_and_its_words_go_at_once(client: httpx.AsyncClient) -> None:
    session = await opened(client)
    await say(client, session, "hello", HELP)
    url = f"{PREFIX}/{session['id']}"
    assert await texts().acount() == 2
    for _ in range(2):
        ended = await client.delete(url)
        assert (ended.status_code, ended.json()["session"]["state"]) == (200, "ended")
        assert not await texts().aexists()
    late = await client.post(f"{url}/turns", json=turn("one more"))
    assert (late.status_code, late.json()["code"]) == (409, "session_ended")
    # What it was about stays to be seen, without words and without the answers' details.
    state = (await client.get(url)).json()
    assert state["session"]["alert_level"] == "emergency"
    assert [row["crisis"] for row in state["turns"]] == [None, True]
    assert not await ConversationTurn.objects.exclude(analysis={}).aexists()
    (payload,) = await asyncio.to_thread(payloads, "session.end")
    assert payload == {"reason": "client", "texts_deleted": 2, "turns": 2, "was_open": True}


async def test_silence_ends_a_session_even_before_anybody_noticed(client: httpx.AsyncClient) -> None:
    quiet, lively = await opened(client), await opened(client)
    for each in (quiet, lively):
        await say(client, each, "hello")
    past = timezone.now() - timedelta(seconds=1)
    await ConversationSession.objects.filter(pk=quiet["id"]).aupdate(expires_at=past)
    late = await client.post(f"{PREFIX}/{quiet['id']}/turns", json=turn("anybody?"))
    assert (late.status_code, late.json()["code"]) == (409, "session_ended")
    assert (await client.get(f"{PREFIX}/{quiet['id']}")).json()["session"]["state"] == "ended"
    done = await asyncio.to_thread(session_text_purge)
    assert (done.ended, done.transcripts, done.texts) == (1, 0, 1)
    assert [row.session_id async for row in texts()] == [(await ConversationSession.objects.aget(state="open")).pk]
    assert (await asyncio.to_thread(session_text_purge)).ended == 0
    (payload,) = await asyncio.to_thread(payloads, "session_text.purge")
    assert payload == {"sessions_ended": 1, "texts_deleted": 1, "transcripts_forgotten": 0}


async def test_the_service_itself_looks_for_what_is_over(
    application: ScoringApplication, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.serving.sessions.SWEEP_S", 0.02)
    database = (await application.startup()).database
    session = await opened(client)
    await say(client, session, "hello")
    await database.run(lambda: ConversationSession.objects.update(expires_at=timezone.now()))
    async with asyncio.timeout(120):
        while await database.run(lambda: texts().exists()):
            await asyncio.sleep(0)
    row = await database.run(ConversationSession.objects.get)
    assert (row.state, row.end_reason) == ("ended", "idle")


async def test_a_transcript_stays_as_long_as_the_policy_says(world: World, client: httpx.AsyncClient) -> None:
    await asyncio.to_thread(allow_transcripts, world)
    kept, deleted, silent = [await opened(client, retention="transcript") for _ in range(3)]
    for each in (kept, deleted, silent):
        await say(client, each, *(f"turn {number}" for number in range(10)))
        await say(client, each, "turn 10", "turn 11")
    assert await texts().acount() == 36
    ended = (await client.post(f"{PREFIX}/{kept['id']}/end", json={})).json()["session"]
    row = await ConversationSession.objects.aget(pk=kept["id"])
    assert ended["text_until"] is not None and row.ended_at is not None
    assert row.text_until == row.ended_at + timedelta(days=2)
    await client.delete(f"{PREFIX}/{deleted['id']}")  # the client's last word
    assert await texts().acount() == 24
    await ConversationSession.objects.filter(pk=silent["id"]).aupdate(expires_at=timezone.now() - timedelta(days=1))
    await asyncio.to_thread(session_text_purge)
    assert await texts().acount() == 24
    # Counted from when it fell silent, not from when that was noticed.
    await asyncio.to_thread(lambda: session_text_purge(now=timezone.now() + timedelta(days=1, minutes=1)))
    assert {row.session_id async for row in texts()} == {row.pk}
    done = await asyncio.to_thread(lambda: session_text_purge(now=timezone.now() + timedelta(days=2, minutes=1)))
    assert (done.transcripts, done.texts) == (1, 12) and not await texts().aexists()


async def test_a_policy_taken_back_deletes_what_was_kept(world: World, client: httpx.AsyncClient) -> None:
    await asyncio.to_thread(allow_transcripts, world)
    closed, open_one = await opened(client, retention="transcript"), await opened(client, retention="transcript")
    for each in (closed, open_one):
        await say(client, each, "hello", "again")
    await client.post(f"{PREFIX}/{closed['id']}/end", json={})
    await asyncio.to_thread(lambda: allow_transcripts(world, transcripts_until=None))
    assert not await texts().aexists()
    # The open one goes on and says that it does not know what came before.
    (after,) = (await say(client, open_one, "hello?"))["turns"]
    assert after["analysis"]["reason"].endswith("window_incomplete") and after["analysis"]["crisis"] is None
    assert not await texts().aexists()
    changes = await asyncio.to_thread(payloads, "session_policy.change")
    assert [change["texts_deleted"] for change in changes] == [0, 4]


async def test_no_session_lasts_longer_than_a_week(client: httpx.AsyncClient) -> None:
    session = await opened(client)
    began = timezone.now() - timedelta(days=7) + timedelta(minutes=20)
    await ConversationSession.objects.aupdate(started_at=began)
    await say(client, session, "still here")
    row = await ConversationSession.objects.aget()
    assert row.expires_at == began + timedelta(days=7)
