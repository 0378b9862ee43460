"""A browser's WebSocket against the application's own stack: origin check, session, consumer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.testing import ApplicationCommunicator
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.test import Client

from pixelhub.live.routing import websocket_urlpatterns

application = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))

DEADLINE_SECONDS = 20.0


class Listener:
    """One connection, as a browser with this client's cookies would open it."""

    def __init__(self, client: Client, *, origin: str = "http://localhost") -> None:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        headers = [(b"origin", origin.encode()), (b"cookie", cookies.encode()), (b"host", b"localhost")]
        scope = {"type": "websocket", "path": "/ws/live/", "query_string": b"", "headers": headers, "subprotocols": []}
        self._application = ApplicationCommunicator(application, scope)

    async def open(self) -> int | None:
        """None when accepted, else the close code of the refusal."""
        await self._application.send_input({"type": "websocket.connect"})
        answer = await self._application.receive_output(DEADLINE_SECONDS)
        return None if answer["type"] == "websocket.accept" else int(answer.get("code", 0))

    async def say(self, text: str) -> None:
        await self._application.send_input({"type": "websocket.receive", "text": text})

    async def heard(self) -> dict[str, Any]:
        answer = await self._application.receive_output(DEADLINE_SECONDS)
        assert answer["type"] == "websocket.send", answer
        return dict(json.loads(answer["text"]))

    async def closed_with(self) -> int:
        """The close code; messages before it are passed over."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                answer = await self._application.receive_output(DEADLINE_SECONDS)
                if answer["type"] == "websocket.close":
                    return int(answer["code"])

    async def leave(self) -> None:
        await self._application.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._application.wait(DEADLINE_SECONDS)


@asynccontextmanager
async def connected(client: Client, *topics: str) -> AsyncIterator[Listener]:
    """A subscribed connection; the answer to the subscription is left to be read."""
    listener = Listener(client)
    assert await listener.open() is None
    await listener.say(json.dumps({"subscribe": list(topics)}))
    try:
        yield listener
    finally:
        await listener.leave()
