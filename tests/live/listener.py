"""A browser's WebSocket against the application's own stack: origin check, session, consumer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.test import Client

from pixelhub.live.routing import websocket_urlpatterns
from tests.websockets import WebSocketEnd

application = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))


class Listener(WebSocketEnd):
    """One connection, as a browser with this client's cookies would open it."""

    def __init__(self, client: Client, *, origin: str = "http://localhost") -> None:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        super().__init__(application, "/ws/live/", {"origin": origin, "cookie": cookies, "host": "localhost"})


@asynccontextmanager
async def connected(client: Client, *topics: str, **more: float) -> AsyncIterator[Listener]:
    """A subscribed connection; the answer to the subscription is left to be read."""
    listener = Listener(client)
    assert await listener.open() is None
    await listener.say(json.dumps({"subscribe": list(topics), **more}))
    try:
        yield listener
    finally:
        await listener.leave()
