"""A conversation over a WebSocket: turns go out in order, and everybody's analyses come as soon as they are there.

Lines break and servers die. Each turn has a `turn_id` and is sent again, under it, until the hub has answered it; after
a break the conversation is taken up behind the last turn that was heard. So nothing is lost, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final

from pixelhub_client.answers import NotAnAnswer, Turn, problem_from, turn_from
from pixelhub_client.errors import PixelHubError, RequestRefused, Unavailable
from pixelhub_client.fallback import local_turn
from pixelhub_client.line import CLOSE_MALFORMED, Connection, Line, LineBroken, fatal_or_broken
from pixelhub_client.messages import LAST_MESSAGES, last_messages
from pixelhub_client.streams import TurnStream

logger = logging.getLogger("pixelhub_client")

#: Turns that may wait for a hub that is away.
MAX_WAITING: Final = 1_000
#: Seconds without an answer to a turn after which its connection is given up, and the turn sent on another one.
_ANSWER_S = 10.0
#: Refusals after which the conversation takes nothing more.
_OVER: Final = frozenset({"session_ended", "session_full", "no_session"})


@dataclass(eq=False)
class _Said:
    """A turn, or the wish to end (no message), until the hub has answered it; `context` is what was said before."""

    message: dict[str, str] | None
    context: list[dict[str, str]]
    answer: asyncio.Future[Turn | None]
    forget: bool = False
    turn_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    #: Of one attempt: seconds after which it is sent again, None when it is done with.
    word: asyncio.Future[float | None] | None = None

    def done(self, pause: float | None = None) -> None:
        if self.word is not None and not self.word.done():
            self.word.set_result(pause)


class AsyncLiveConversation:
    """Made by `live()` of a detector, used as `async with`. `id` is the hub's, "" before the first connection."""

    def __init__(
        self,
        base_url: str,
        key: str,
        opening: dict[str, Any],
        *,
        timeout: float,
        fallback: bool,
        session_id: str = "",
        after: int = 0,
    ) -> None:
        self._line = Line(base_url, key, talk=self._talk, broken=self._broke)
        # With a reference of its own, an answer that got lost opens no second session.
        self._opening = {"conversation_id": f"live-{uuid.uuid4().hex}", **opening}
        self._timeout = timeout
        self._fallback = fallback
        self._recent: deque[dict[str, str]] = deque(maxlen=LAST_MESSAGES - 1)
        self._outbox: deque[_Said] = deque()
        self._stirred = asyncio.Event()
        self._streams: set[TurnStream] = set()
        self._seen = after
        self._reason = "client_timeout"
        self._over: PixelHubError | None = None
        self._task: asyncio.Task[None] | None = None
        self.id = session_id
        self.connected = False
        #: The session as the hub last described it.
        self.session: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    async def __aenter__(self) -> AsyncLiveConversation:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def alert_level(self) -> str:
        """The gravest level since a person last resolved the session; "unknown" before the hub has said one."""
        return str(self.session.get("alert_level") or "unknown")

    @property
    def seen(self) -> int:
        """The number of the last turn that was heard: with `id`, what another process needs to go on from here."""
        return self._seen

    @property
    def waiting(self) -> int:
        """How many turns the hub has not acknowledged yet."""
        return sum(said.message is not None for said in self._outbox)

    def start(self) -> AsyncLiveConversation:
        """Connect in the background, and again after every break; `async with` does this."""
        self._task = self._task or asyncio.get_running_loop().create_task(self._run())
        return self

    async def add(self, content: str, *, role: str = "user") -> Turn:
        """The analysis of the next turn.

        A turn without an answer in time is answered locally (`number` is None), or raises Unavailable where the
        fallback is off. It is told to the hub all the same, in its place, as soon as there is a line; its analysis then
        comes with `turns()`. Raises RequestRefused where the turn is at fault or the conversation is over.
        """
        (message,), _ = last_messages([{"role": role, "content": content}])
        said = self._new(message)
        before = list(self._recent)
        self._recent.append(message)
        if isinstance(self._over, RequestRefused):
            raise self._over
        if self._over is None and len(self._outbox) < MAX_WAITING:
            self._send(said)
        else:
            # Not kept: the hub will never hear of it.
            said.answer.set_exception(self._over or Unavailable("client_outbox_full"))
        outcome = await self._outcome(said)
        if isinstance(outcome, Turn):
            return outcome
        reason = outcome or self._reason
        if not self._fallback:
            raise Unavailable(reason)
        logger.warning("no analysis of the hub, local keywords answer: %s", reason)
        return local_turn(said.turn_id, role, [*before, message], reason)

    def turns(self) -> TurnStream:
        """Every turn of the conversation that is heard from now on, own ones and others', once and in order.

        Ask for it before `start` (or `async with`) to hear those, too, that the conversation has already.
        """
        stream = TurnStream(self._streams.discard)
        self._streams.add(stream)
        if self._task is not None and self._task.done():
            stream.end(self._over)
        return stream

    async def end(self, *, forget: bool = False) -> None:
        """Close the conversation at the hub behind all that was said; with `forget` its words go at once.

        Raises Unavailable where the hub has not acknowledged it in time, RequestRefused where it is over already.
        """
        said = self._new(None, forget=forget)
        if self._over is not None:
            raise self._over
        self._send(said)
        reason = await self._outcome(said)
        if isinstance(reason, str):
            raise Unavailable(reason)
        self._recent.clear()

    async def close(self) -> None:
        """Hang up; the conversation stays open at the hub. What still waits gets the time of one answer to be told."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([said.answer for said in self._outbox] or [self._task], timeout=self._patience())
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.waiting:
            logger.error("a live conversation was closed with %d turns that the hub does not know", self.waiting)
        self.connected = False
        self._stop(Unavailable("client_closed"))

    def _patience(self) -> float:
        return self._timeout if self._outbox and self._over is None else 0.0

    def _new(self, message: dict[str, str] | None, *, forget: bool = False) -> _Said:
        answer: asyncio.Future[Turn | None] = asyncio.get_running_loop().create_future()
        # Nobody may wait any more when it fails.
        answer.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        return _Said(message, list(self._recent), answer, forget)

    def _send(self, said: _Said) -> None:
        self._outbox.append(said)
        self._stirred.set()

    async def _outcome(self, said: _Said) -> Turn | str | None:
        """What the hub has answered (None: the end), or why it has not (a string). Raises RequestRefused."""
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.shield(said.answer)
        except TimeoutError:
            return self._reason
        except Unavailable as unavailable:
            return unavailable.reason

    async def _run(self) -> None:
        try:
            await self._line.run()
        except (RequestRefused, Unavailable) as error:
            self._stop(error)
        except Exception as error:  # its text could hold the conversation
            logger.error("a live conversation failed: %s", type(error).__name__)
            self._stop(Unavailable(f"client_{type(error).__name__}"))
        else:
            self._stop(None)
        finally:
            self.connected = False

    def _stop(self, error: PixelHubError | None) -> None:
        """Nothing more is sent or heard; who waits learns why."""
        ended = RequestRefused(409, "session_ended", "This conversation has ended. Open another one.")
        self._over = self._over or error or ended
        while self._outbox:
            said = self._outbox.popleft()
            if not said.answer.done():
                said.answer.set_exception(self._over)
        closed = isinstance(error, Unavailable) and error.reason == "client_closed"
        for stream in tuple(self._streams):
            stream.end(None if closed else error)

    def _broke(self, broken: LineBroken) -> None:
        self.connected = False
        self._reason = broken.reason
        # What it did not take as a message of the protocol, it will not take the next time.
        if broken.code == CLOSE_MALFORMED and self._outbox and self._outbox[0].word is not None:
            said = self._outbox.popleft()
            if not said.answer.done():
                said.answer.set_exception(RequestRefused(400, "malformed", "The hub does not take this message."))

    async def _talk(self, line: Connection) -> None:
        """All that is done on one connection; returns when the conversation is over."""
        if self.id:
            await line.say("resume", session=self.id, after=self._seen)
        else:
            await line.say("open", **self._opening)
        opened = await line.heard()
        if opened["type"] != "opened":
            raise fatal_or_broken(opened)
        self.session = dict(opened["session"])
        self.id = str(self.session["id"])
        self._line.works()
        self.connected = True
        if self.session.get("state") == "ended" and self._ended():
            return
        sender = asyncio.create_task(self._tell(line))
        hearer = asyncio.create_task(self._hear(line))
        try:
            await asyncio.wait((sender, hearer), return_when=asyncio.FIRST_COMPLETED)
            # The hub's last word says more than a sender that found the line gone.
            for task in (hearer, sender):
                if task.done():
                    await task
        finally:
            for task in (sender, hearer):
                task.cancel()
            await asyncio.gather(sender, hearer, return_exceptions=True)

    async def _tell(self, line: Connection) -> None:
        """What waits, one after the other: with two under way, a refused first one would come behind the second."""
        while True:
            while not self._outbox:
                self._stirred.clear()
                await self._stirred.wait()
            said = self._outbox[0]
            said.word = asyncio.get_running_loop().create_future()
            if said.message is None:
                await line.say("end", forget=said.forget)
            else:
                context = {"context": said.context} if self.session.get("retention") == "none" else {}
                await line.say("turn", turn_id=said.turn_id, **said.message, **context)
            try:
                async with asyncio.timeout(_ANSWER_S):
                    pause = await said.word
            except TimeoutError:
                raise LineBroken("client_timeout") from None
            if pause is not None:
                await asyncio.sleep(pause)

    async def _hear(self, line: Connection) -> None:
        while True:
            message = await line.heard()
            if message["type"] == "turn":
                self._turn(message)
            elif message["type"] == "problem":
                self._problem(message)
            elif message["type"] == "ended":
                self.session = dict(message["session"])
                self._ended()
                return

    def _turn(self, message: dict[str, Any]) -> None:
        number = message.get("turn")
        said = next((each for each in self._outbox if each.turn_id == message.get("turn_id")), None)
        try:
            turn = turn_from(message)
        except NotAnAnswer:
            turn = local_turn(
                str(message.get("turn_id")), str(message.get("role") or ""), [], "client_bad_answer", number=number
            )
        if message.get("session"):
            self.session = dict(message["session"])
        if said is not None:
            if not said.answer.done():
                said.answer.set_result(turn)
            if number is None or not message.get("stored", True):
                said.done(1.0)  # judged and not kept: it is told again
                return
            self._outbox.remove(said)
            said.done()
        if number is not None and number > self._seen:
            self._seen = number
            for stream in self._streams:
                stream.put(turn)

    def _problem(self, message: dict[str, Any]) -> None:
        problem = problem_from(message)
        if problem.status in (401, 403) or problem.code in _OVER:
            raise fatal_or_broken(message)
        said = self._outbox[0] if self._outbox and self._outbox[0].word is not None else None
        if said is None or (said.message is not None and message.get("turn_id") != said.turn_id):
            return  # of a turn that was sent twice and has its answer
        if problem.status == 429 or problem.status >= 500:
            self._reason = f"client_refused: {problem.status} {problem.code}"
            said.done(problem.retry_after or 1.0)
            return
        if not said.answer.done():
            said.answer.set_exception(RequestRefused(problem.status, problem.code, problem.detail))
        self._outbox.remove(said)
        said.done()

    def _ended(self) -> bool:
        """Who wished the end has it, unless something was said that came too late. Returns True: it is over."""
        if self._outbox and self._outbox[0].message is None:
            said = self._outbox.popleft()
            said.answer.set_result(None)
            said.done()
        return True
