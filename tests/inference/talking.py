"""A program that talks through a session: over HTTP, and over a WebSocket against the application itself."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from asgiref.testing import ApplicationCommunicator

from inference.serving.session_handlers import PREFIX, SOCKET

DEADLINE_SECONDS = 20.0
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


class Talker:
    """One end of a WebSocket."""

    def __init__(self, application: Any, *, path: str = SOCKET, headers: dict[str, str] | None = None) -> None:
        raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": raw, "subprotocols": []}
        self._application = ApplicationCommunicator(application, scope)

    async def connect(self) -> int | None:
        """None when accepted, else the code of the refusal."""
        await self._application.send_input({"type": "websocket.connect"})
        answer = await self._application.receive_output(DEADLINE_SECONDS)
        return None if answer["type"] == "websocket.accept" else int(answer.get("code", 1000))

    async def send(self, kind: str, **members: Any) -> None:
        await self.send_text(json.dumps({"type": kind, **members}))

    async def send_text(self, text: str) -> None:
        await self._application.send_input({"type": "websocket.receive", "text": text})

    async def heard(self) -> dict[str, Any]:
        answer = await self._application.receive_output(DEADLINE_SECONDS)
        assert answer["type"] == "websocket.send", answer
        return dict(json.loads(answer["text"]))

    async def ask(self, kind: str, **members: Any) -> dict[str, Any]:
        await self.send(kind, **members)
        return await self.heard()

    async def closed_with(self) -> int:
        """The close code; messages before it are passed over."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                answer = await self._application.receive_output(DEADLINE_SECONDS)
                if answer["type"] == "websocket.close":
                    return int(answer["code"])

    async def leave(self) -> None:
        await self._application.send_input({"type": "websocket.disconnect", "code": 1001})
        await self._application.wait(DEADLINE_SECONDS)


@asynccontextmanager
async def talking(application: Any, token: str) -> AsyncIterator[Talker]:
    """An admitted connection that has said nothing yet."""
    talker = Talker(application, headers={"authorization": f"Bearer {token}"})
    assert await talker.connect() is None
    ready = await talker.heard()
    assert (ready["type"], ready["max_waiting"]) == ("ready", 8)
    try:
        yield talker
    finally:
        await talker.leave()
