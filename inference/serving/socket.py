"""One session over one WebSocket: typed JSON messages in both directions (docs/conversations.md has them all).

What comes is answered in its order. At most `QUEUED` messages wait; past that nothing is read, so that the sender's own
connection holds it back. A socket sees every turn of its session once and in order: those of other writers are sent as
soon as they are known here, at the latest before its own next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from typing import Any, Final

import orjson
from django.db import DatabaseError

from inference.engine.conversation import MAX_BODY_BYTES, json_object
from inference.engine.errors import InputRefused
from inference.engine.turns import open_from, turns_from
from inference.serving.admission import Admission
from inference.serving.http import Problem, Receive, Send
from inference.serving.keys import Asker
from inference.serving.service import ScoringService

logger = logging.getLogger(__name__)

#: Messages that may wait to be answered.
QUEUED: Final = 8
#: Seconds of silence after which the other end is asked for a sign of life, and after which it is given up.
HEARTBEAT_S: Final = 20.0
SILENCE_S: Final = 70.0
#: How long one message may take to leave, in seconds: a reader that slow is given up.
SEND_S: Final = 20.0
_CATCH_UP: Final = 50

CLOSE_MALFORMED, CLOSE_NOT_ADMITTED, CLOSE_SILENT, CLOSE_BUSY = 4400, 4401, 4408, 1013


class SocketClosed(Exception):
    """This end has said all it will: `code` for the close frame, None when the other end has hung up."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class SessionSocket:
    """The conversation of one accepted connection; `run` returns when it is over."""

    def __init__(self, service: ScoringService, admission: Admission, receive: Receive, send: Send) -> None:
        self._sessions = service.sessions
        self._admission = admission
        self._receive = receive
        self._send = send
        self._waiting: asyncio.Queue[dict[str, Any] | SocketClosed] = asyncio.Queue(QUEUED)
        #: Set where a message waits, or somebody else has spoken.
        self._stirred = asyncio.Event()
        self._heard = self._asked = time.monotonic()
        self._session: uuid.UUID | None = None
        self._seen = self._latest = 0

    async def run(self) -> None:
        """Greet, then answer until either end has had enough."""
        reader = asyncio.create_task(self._read())
        try:
            await self._admission.asker()
            await self._say("ready", heartbeat_s=HEARTBEAT_S, max_message_bytes=MAX_BODY_BYTES, max_waiting=QUEUED)
            while True:
                message = await self._next()
                if message is None:
                    await self._tell_news()
                else:
                    await self._answer(message)
        except Problem as problem:  # not admitted at all
            await self._last_word(problem)
        except SocketClosed as closed:
            await self._close(closed.code)
        finally:
            if self._session is not None:
                self._sessions.news.leave(self._session, self._others_spoke)
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    def _others_spoke(self, latest: int) -> None:
        """The session has `latest` turns now."""
        self._latest = max(self._latest, latest)
        self._stirred.set()

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            self._heard = time.monotonic()
            got: dict[str, Any] | SocketClosed
            if message["type"] == "websocket.disconnect":
                got = SocketClosed(None)
            else:
                try:
                    got = message_in(message)
                except InputRefused:
                    got = SocketClosed(CLOSE_MALFORMED)
            await self._waiting.put(got)
            self._stirred.set()
            if isinstance(got, SocketClosed):
                return

    async def _next(self) -> dict[str, Any] | None:
        """The other end's next message; None where turns of others are to be told. Pings while there is neither."""
        while True:
            with contextlib.suppress(asyncio.QueueEmpty):
                got = self._waiting.get_nowait()
                if isinstance(got, SocketClosed):
                    raise got
                return got
            if self._latest > self._seen:
                return None
            self._stirred.clear()
            silent_until = max(self._heard, self._asked) + HEARTBEAT_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), max(0.0, silent_until - time.monotonic()))
                continue
            if time.monotonic() - self._heard > SILENCE_S:
                raise SocketClosed(CLOSE_SILENT)
            await self._admission.asker()
            await self._say("ping")
            self._asked = time.monotonic()

    async def _tell_news(self) -> None:
        asker = await self._admission.asker()
        try:
            await self._catch_up(asker)
        except (Problem, DatabaseError) as error:  # told with the next turn or ping
            logger.warning("turns of others are not told yet: %s", type(error).__name__)
        # What could not be read is not asked for again until there is more of it.
        self._latest = self._seen

    async def _answer(self, data: dict[str, Any]) -> None:
        act = _ACTS.get(str(data.get("type")))
        if act is None:
            raise SocketClosed(CLOSE_MALFORMED)
        asker = await self._admission.asker()
        try:
            await act(self, asker, data)
        except Problem as problem:
            await self._complain(problem, data)
        except InputRefused as refused:
            await self._complain(Problem.of(refused), data)
        except (SocketClosed, asyncio.CancelledError):
            raise
        except Exception as error:  # the content could be in the error's text, so only its type
            logger.error("a message of a session failed: %s", type(error).__name__)
            await self._complain(Problem.overload(503, "unavailable", "Try again in a moment.", 1), data)

    async def _open(self, asker: Asker, data: dict[str, Any]) -> None:
        self._refuse_second()
        request = open_from(data)
        await self._admission.spend(1, scored=0)
        session, is_new = await self._sessions.open(asker, request)
        # An open session of the same conversation is taken up: its turns are told.
        await self._begin(session, seen=0, resumed=not is_new)
        await self._catch_up(asker)

    async def _resume(self, asker: Asker, data: dict[str, Any]) -> None:
        self._refuse_second()
        after = data.get("after", 0)
        if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 10**9:
            raise InputRefused("bad_after", "after is the number of the last turn that you have.", status=422)
        session_id = _uuid(data.get("session"))
        state = await self._sessions.read(asker, session_id, after=10**9)
        await self._begin(state["session"], seen=min(after, state["session"]["turns"]), resumed=True)
        await self._catch_up(asker)

    async def _turn(self, asker: Asker, data: dict[str, Any]) -> None:
        session_id = self._opened()
        request = turns_from(data)
        await self._admission.spend(len(request.turns), scored=len(request.turns))
        answer = await self._sessions.add(asker, session_id, request)
        for each in answer["turns"]:
            number = each["turn"]
            if number is not None and number > self._seen + 1:
                await self._catch_up(asker, before=number)
            await self._say("turn", session=answer["session"], **each)
            self._seen = max(self._seen, number or 0)

    async def _end(self, asker: Asker, data: dict[str, Any]) -> None:
        session = await self._sessions.end(asker, self._opened(), forget=bool(data.get("forget")))
        await self._say("ended", session=session)
        raise SocketClosed(1000)

    async def _ping(self, asker: Asker, data: dict[str, Any]) -> None:
        await self._say("pong")
        if self._session is not None:
            await self._catch_up(asker)

    async def _pong(self, asker: Asker, data: dict[str, Any]) -> None:
        if self._session is not None:
            await self._catch_up(asker)

    async def _begin(self, session: dict[str, Any], *, seen: int, resumed: bool) -> None:
        self._session, self._seen = uuid.UUID(session["id"]), seen
        self._sessions.news.join(self._session, self._others_spoke)
        await self._say("opened", session=session, resumed=resumed)

    async def _catch_up(self, asker: Asker, *, before: int | None = None) -> None:
        """Tell the turns that this socket has not seen, up to number `before`."""
        while True:
            state, missed = await self._sessions.missed(asker, self._opened(), after=self._seen, limit=_CATCH_UP)
            for number, analysis in missed:
                if before is not None and number >= before:
                    return
                if analysis:
                    await self._say("turn", session=state, stored=True, replayed=True, **analysis)
                self._seen = number
            if len(missed) < _CATCH_UP:
                return

    def _refuse_second(self) -> None:
        if self._session is not None:
            raise Problem(409, "already_open", "One connection carries one session. Open another connection.")

    def _opened(self) -> uuid.UUID:
        if self._session is None:
            raise Problem(409, "not_open", "Open or resume a session first.")
        return self._session

    async def _complain(self, problem: Problem, data: dict[str, Any]) -> None:
        turn_id = data.get("turn_id")
        await self._say("problem", **problem.body | {"turn_id": turn_id if isinstance(turn_id, str) else None})

    async def _last_word(self, problem: Problem) -> None:
        with contextlib.suppress(SocketClosed):
            await self._say("problem", **problem.body)
        await self._close(CLOSE_NOT_ADMITTED)

    async def _say(self, kind: str, **members: Any) -> None:
        # "type" last: a problem's own member of that name is about HTTP.
        text = orjson.dumps({**members, "type": kind}).decode("utf-8")
        await self._out({"type": "websocket.send", "text": text})

    async def _out(self, message: dict[str, Any]) -> None:
        try:
            await asyncio.wait_for(self._send(message), SEND_S)
        except TimeoutError:
            raise SocketClosed(CLOSE_SILENT) from None
        except Exception:  # each server has its own word for a connection that is gone
            raise SocketClosed(None) from None

    async def _close(self, code: int | None) -> None:
        if code is not None:
            with contextlib.suppress(SocketClosed):
                await self._out({"type": "websocket.close", "code": code})


_ACTS: Final = {
    "open": SessionSocket._open,
    "resume": SessionSocket._resume,
    "turn": SessionSocket._turn,
    "end": SessionSocket._end,
    "ping": SessionSocket._ping,
    "pong": SessionSocket._pong,
}


def message_in(message: Any) -> dict[str, Any]:
    """One received message as an object. Raises InputRefused for anything that is no bounded JSON object in text."""
    text = message.get("text")
    if text is None:
        raise InputRefused("bad_shape", "Messages are text.")
    try:
        body = text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputRefused("surrogate", "The message holds a lone surrogate.") from None
    return json_object(body)


def _uuid(value: object) -> uuid.UUID:
    try:
        return uuid.UUID(value) if isinstance(value, str) else uuid.UUID("")
    except ValueError:
        raise Problem(404, "no_session", "There is no such conversation in this project.") from None
