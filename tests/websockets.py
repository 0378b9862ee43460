"""One end of a WebSocket against an ASGI application, without a server."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

DEADLINE_SECONDS = 90.0


class WebSocketEnd:
    """A connection to `path` with these headers, not opened yet."""

    def __init__(self, application: Any, path: str, headers: dict[str, str]) -> None:
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": raw, "subprotocols": []}
        self.application = ApplicationCommunicator(application, scope)

    async def open(self) -> int | None:
        """None when accepted, else the close code of the refusal."""
        await self.application.send_input({"type": "websocket.connect"})
        answer = await self.application.receive_output(DEADLINE_SECONDS)
        return None if answer["type"] == "websocket.accept" else int(answer.get("code", 0))

    async def say(self, text: str) -> None:
        await self.application.send_input({"type": "websocket.receive", "text": text})

    async def heard(self) -> dict[str, Any]:
        answer = await self.application.receive_output(DEADLINE_SECONDS)
        assert answer["type"] == "websocket.send", answer
        return dict(json.loads(answer["text"]))

    async def closed_with(self) -> int:
        """The close code; messages before it are passed over."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                answer = await self.application.receive_output(DEADLINE_SECONDS)
                if answer["type"] == "websocket.close":
                    return int(answer["code"])

    async def leave(self) -> None:
        await self.application.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.application.wait(DEADLINE_SECONDS)
