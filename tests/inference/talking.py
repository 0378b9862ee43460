"""A program that talks through a session: over HTTP, and over a WebSocket against the application itself."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from inference.serving.session_handlers import PREFIX, SOCKET
from tests.websockets import WebSocketEnd

HELP = "I am going to kill myself tonight."


async def opened(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    """A new session."""
    response = await client.post(PREFIX, json=wanted)
    assert response.status_code == 201, response.text
    return dict(response.json()["session"])


async def say(client: httpx.AsyncClient, session: dict[str, Any], *texts: str, **more: Any) -> dict[str, Any]:
    """What the service answers to these turns of the user ("assistant: …" for the other side)."""
    body = {"turns": [turn(text) for text in texts], **more}
    response = await client.post(f"{PREFIX}/{session['id']}/turns", json=body)
    assert response.status_code == 200, response.text
    return dict(response.json())


def turn(text: str) -> dict[str, str]:
    """A turn with a turn_id of its own."""
    role, content = ("assistant", text[11:]) if text.startswith("assistant: ") else ("user", text)
    return {"role": role, "content": content, "turn_id": str(uuid.uuid4())}


class Talker(WebSocketEnd):
    """One end of a conversation's WebSocket."""

    def __init__(self, application: Any, *, path: str = SOCKET, headers: dict[str, str] | None = None) -> None:
        super().__init__(application, path, headers or {})

    async def send(self, kind: str, **members: Any) -> None:
        await self.say(json.dumps({"type": kind, **members}))

    async def ask(self, kind: str, **members: Any) -> dict[str, Any]:
        await self.send(kind, **members)
        return await self.heard()


@asynccontextmanager
async def talking(application: Any, token: str) -> AsyncIterator[Talker]:
    """An admitted connection that has said nothing yet."""
    talker = Talker(application, headers={"authorization": f"Bearer {token}"})
    assert await talker.open() is None
    ready = await talker.heard()
    assert (ready["type"], ready["max_waiting"]) == ("ready", 8)
    try:
        yield talker
    finally:
        await talker.leave()
