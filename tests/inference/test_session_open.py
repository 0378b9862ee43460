"""Opening a session: by a key, in its project, with what the project's policy allows."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from inference.models import ConversationSession
from inference.services import session_policy_change
from inference.serving.session_handlers import PREFIX
from pixelhub.audit.models import AuditEvent
from tests.inference.talking import opened
from tests.personas import World

pytestmark = pytest.mark.usefixtures("one_database_thread")


async def test_a_session_says_what_it_keeps_and_how_long(world: World, client: httpx.AsyncClient) -> None:
    session = await opened(client, conversation_id="chat:17", locale="en_US")
    assert session["state"] == "open" and session["retention"] == "window"
    assert (session["conversation_id"], session["locale"], session["turns"]) == ("chat:17", "en-US", 0)
    assert session["alert_level"] == "none" and session["text_until"] is None
    row = await ConversationSession.objects.select_related("api_key").aget(pk=session["id"])
    assert row.expires_at - row.started_at == timedelta(minutes=30)
    assert row.api_key is not None and row.opened_by_id is None and row.project_id == world.project.pk
    assert await AuditEvent.objects.filter(action="session.open", target_id=session["id"]).acount() == 1


async def test_the_same_conversation_is_opened_once_while_it_goes_on(client: httpx.AsyncClient) -> None:
    first = await opened(client, conversation_id="chat-1")
    again = await client.post(PREFIX, json={"conversation_id": "chat-1"})
    assert (again.status_code, again.json()["session"]["id"]) == (200, first["id"])
    at_once = await asyncio.gather(*(client.post(PREFIX, json={"conversation_id": "chat-2"}) for _ in range(6)))
    assert len({answer.json()["session"]["id"] for answer in at_once}) == 1
    assert sorted(answer.status_code for answer in at_once) == [200] * 5 + [201]
    # One that ran out without anybody noticing does not stand in the way.
    await ConversationSession.objects.filter(pk=first["id"]).aupdate(expires_at=timezone.now())
    fresh = await opened(client, conversation_id="chat-1")
    assert fresh["id"] != first["id"]
    old = await ConversationSession.objects.aget(pk=first["id"])
    assert (old.state, old.end_reason) == ("ended", "idle")
    await client.delete(f"{PREFIX}/{fresh['id']}")
    assert (await opened(client, conversation_id="chat-1"))["id"] not in (first["id"], fresh["id"])


async def test_what_may_be_kept_is_the_project_s_decision(world: World, client: httpx.AsyncClient) -> None:
    assert (await opened(client, retention="none"))["retention"] == "none"
    refused = await client.post(PREFIX, json={"retention": "transcript"})
    assert (refused.status_code, refused.json()["code"]) == (422, "retention_refused")

    def decide(**changes: object) -> None:
        given = {"window_allowed": False, "idle_minutes": 5, **changes}
        session_policy_change(project=world.project, actor=world.user("clinical_lead"), **given)  # type: ignore[arg-type]

    await asyncio.to_thread(decide)
    assert (await opened(client))["retention"] == "none"
    assert (await client.post(PREFIX, json={"retention": "window"})).status_code == 422
    until = timezone.now() + timedelta(days=3)
    await asyncio.to_thread(lambda: decide(transcripts_until=until, transcripts_reason="audit of a pilot"))
    session = await opened(client, retention="transcript")
    row = await ConversationSession.objects.aget(pk=session["id"])
    assert row.expires_at - row.started_at == timedelta(minutes=5)


async def test_who_and_what_is_refused(world: World, client: httpx.AsyncClient) -> None:
    for body, code in (
        ({"conversation_id": "a b"}, "bad_reference"),
        ({"conversation_id": "x" * 65}, "bad_reference"),
        ({"conversation_id": 7}, "bad_reference"),
        ({"retention": "forever"}, "bad_retention"),
        ({"retention": ["none"]}, "bad_retention"),
        ({"locale": "nowhere at all"}, "bad_locale"),
    ):
        answer = await client.post(PREFIX, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), body
    assert (await client.post(PREFIX, json=[1])).status_code == 422
    assert (await client.post(PREFIX, content=b"{", headers={"content-type": "application/json"})).status_code == 400
    assert (await client.post(PREFIX, json={}, headers={"authorization": "Bearer phk_nothing"})).status_code == 401
    assert (await client.get(PREFIX)).status_code == 405
    assert (await client.post(f"{PREFIX}/{'0' * 35}/turns", json={})).status_code == 404
    assert not await ConversationSession.objects.aexists()
