"""Where WebSockets come in: programs with a key, and the hub's own page with its cookies."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from inference.engine.errors import InputRefused
from inference.serving.admission import Admission, KeyAdmission, PersonAdmission, person_of, token_of
from inference.serving.http import Receive, Scope, Send
from inference.serving.service import ScoringService
from inference.serving.session_handlers import SOCKET
from inference.serving.socket import CLOSE_BUSY, CLOSE_MALFORMED, CLOSE_NOT_ADMITTED, SessionSocket, message_in

#: Connections of one process.
MAX_SOCKETS: Final = 1_000
#: How long a program may take to say its key, in seconds.
HELLO_S: Final = 10.0
CLOSE_NOTHING_HERE: Final = 4404


async def serve_program(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """A program's connection: the key comes in the handshake's headers or in a first {"type": "hello", "key": …}.

    No cookie counts here, so that a page of another site can do nothing with somebody's sign-in.
    """
    await receive()
    if scope["path"] != SOCKET:
        await send({"type": "websocket.close", "code": CLOSE_NOTHING_HERE})
        return
    if not await _accepted(service, send):
        return
    token = token_of(scope) or await _key_said(receive, send)
    if token is not None:
        await _run(service, KeyAdmission(service, token), receive, send)


async def serve_page(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """The page's connection; its origin was checked and `user` and `session` were put into the scope in front."""
    await receive()
    person = await service.database.run(lambda: person_of(scope.get("user"), scope.get("session")))
    if person is None:
        await send({"type": "websocket.close", "code": CLOSE_NOT_ADMITTED})
    elif await _accepted(service, send):
        await _run(service, PersonAdmission(service, person, scope.get("session")), receive, send)


async def _accepted(service: ScoringService, send: Send) -> bool:
    if service.sessions.sockets >= MAX_SOCKETS:
        await send({"type": "websocket.close", "code": CLOSE_BUSY})
        return False
    await send({"type": "websocket.accept"})
    return True


async def _key_said(receive: Receive, send: Send) -> str | None:
    """The key of the first message; None when the connection is over."""
    try:
        message: Any = await asyncio.wait_for(receive(), HELLO_S)
        if message["type"] != "websocket.receive":
            return None
        data = message_in(message)
    except TimeoutError:
        await send({"type": "websocket.close", "code": CLOSE_NOT_ADMITTED})
        return None
    except InputRefused:
        await send({"type": "websocket.close", "code": CLOSE_MALFORMED})
        return None
    key = data.get("key") if data.get("type") == "hello" else None
    # Whatever it is, the check of the key answers it.
    return key if isinstance(key, str) and key else "-"


async def _run(service: ScoringService, admission: Admission, receive: Receive, send: Send) -> None:
    service.sessions.sockets += 1
    try:
        await SessionSocket(service, admission, receive, send).run()
    finally:
        service.sessions.sockets -= 1
