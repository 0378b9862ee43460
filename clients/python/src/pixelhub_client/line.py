"""One WebSocket after the other: what is between a live conversation and the hub, with a pause after each break."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pixelhub_client.answers import problem_from
from pixelhub_client.errors import PixelHubError, RequestRefused, Unavailable

try:
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, WebSocketException
except ImportError:
    raise ImportError("Live conversations need websockets: pip install “pixelhub-client[live]”.") from None

logger = logging.getLogger("pixelhub_client")
#: The library's own log holds, at its lowest level, headers and every message.
_SILENT = logging.getLogger("pixelhub_client.websocket")
_SILENT.disabled = True

_SOCKET: Final = "/api/v1/conversations/socket"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 15.0
#: How long a connection and its greeting may take, in seconds.
_GREETING_S = 10.0
#: Silence of so many of the hub's heartbeats is a dead line.
_BEATS = 1.75
CLOSE_MALFORMED: Final = 4400


class LineBroken(Exception):
    """This connection is of no more use; another one is tried after `pause` seconds, None for the usual pause."""

    def __init__(self, reason: str, pause: float | None = None, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pause = pause
        self.code = code


class Connection:
    """An admitted connection."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._silence_s = _GREETING_S

    async def greeted(self) -> None:
        """Wait until the hub has said that it knows the key. Raises LineBroken, Unavailable."""
        ready = await self.heard()
        if ready["type"] != "ready":
            raise fatal_or_broken(ready)
        beat = ready.get("heartbeat_s")
        self._silence_s = _BEATS * (float(beat) if isinstance(beat, (int, float)) and beat > 0 else 20.0)

    async def say(self, kind: str, **members: Any) -> None:
        """Send one message. Raises LineBroken."""
        await self._held(self._socket.send(json.dumps({"type": kind, **members})), _GREETING_S)

    async def heard(self) -> dict[str, Any]:
        """The hub's next message; its questions for a sign of life are answered here. Raises LineBroken."""
        while True:
            text = await self._held(self._socket.recv(), self._silence_s)
            try:
                message = json.loads(text)
            except ValueError:
                message = None
            if not isinstance(message, dict) or not isinstance(message.get("type"), str):
                raise LineBroken("client_bad_answer")
            if message["type"] != "ping":
                return message
            await self.say("pong")

    async def _held(self, work: Awaitable[Any], seconds: float) -> Any:
        # Whatever the library raises could hold what was sent: its kind is kept, and nothing else of it.
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            failure, code = "client_timeout", None
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            failure = f"client_closed: {code}" if code else "client_connection"
        except OSError:
            failure, code = "client_connection", None
        raise LineBroken(failure, code=code)


class Line:
    """Holds a connection as long as it is wanted.

    Args:
        talk: what is done on each connection; returns when the line is no longer wanted, raises LineBroken where
            another connection is.
        broken: told each time why there is none.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        talk: Callable[[Connection], Awaitable[None]],
        broken: Callable[[LineBroken], None],
    ) -> None:
        scheme, _, rest = base_url.rstrip("/").partition("://")
        self._url = f"{'wss' if scheme == 'https' else 'ws'}://{rest}{_SOCKET}"
        self._key = key
        self._talk = talk
        self._broken = broken
        self._attempt = 0

    async def run(self) -> None:
        """Returns when `talk` does. Raises RequestRefused or Unavailable where no further attempt is of use."""
        while True:
            # Errors are looked at outside of the block that caught them, so that none is kept as another's context.
            broken = await self._once()
            if broken is None:
                return
            self._broken(broken)
            limit = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**self._attempt)
            # A little beside the time that was named, so that not everybody comes back at the same moment.
            pause = (broken.pause or 0.0) + random.uniform(0, limit)  # noqa: S311
            self._attempt = min(self._attempt + 1, 10)
            logger.info("connecting to the hub again in %.2f s: %s", pause, broken.reason)
            await asyncio.sleep(pause)

    def works(self) -> None:
        """The hub has taken the conversation up: the next break is the first one."""
        self._attempt = 0

    async def _once(self) -> LineBroken | None:
        try:
            socket = await self._connected()
        except LineBroken as broken:
            return broken
        try:
            connection = Connection(socket)
            await connection.greeted()
            await self._talk(connection)
        except LineBroken as broken:
            return broken
        finally:
            await socket.close()
        return None

    async def _connected(self) -> Any:
        try:
            return await connect(
                self._url,
                # In the handshake's headers: an address would be logged.
                additional_headers={"authorization": f"Bearer {self._key}"},
                user_agent_header="pixelhub-client-python/1.0.0",
                open_timeout=_GREETING_S,
                close_timeout=1,
                ping_interval=None,  # the hub's own questions tell a dead line
                logger=_SILENT,
            )
        except TimeoutError:
            reason = "client_timeout"
        except (OSError, WebSocketException) as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            reason = f"client_refused: {status}" if status else f"client_{type(error).__name__}"
        raise LineBroken(reason)


def fatal_or_broken(message: dict[str, Any]) -> PixelHubError | LineBroken:
    """A problem about the conversation as a whole, as what has to be raised for it."""
    if message["type"] != "problem":
        return LineBroken("client_bad_answer")
    problem = problem_from(message)
    reason = f"client_refused: {problem.status} {problem.code}"
    if problem.status in (401, 403):
        logger.error("the hub refuses this key: %s", reason)
        return Unavailable(reason)
    if problem.status == 429 or problem.status >= 500:
        return LineBroken(reason, problem.retry_after)
    return RequestRefused(problem.status, problem.code, problem.detail)
