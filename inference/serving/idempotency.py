"""`Idempotency-Key`: a request that comes again after a lost answer gets the same answer and is scored once.

Scores of such a request have ids that follow from the key and the request, so a process that is killed anywhere leaves
nothing that a repetition would double. Two at once are both scored under the same ids; the answer that is kept first is
what both get. Where the database is out of reach the answer is given and not kept: a repetition makes it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

import orjson

from inference.engine.conversation import Conversation
from inference.services.idempotency import Known, Request, answers_forget, answers_keep, request_look_up
from inference.serving.database import DatabaseThreads
from inference.serving.http import Problem, Scope, header
from inference.serving.keys import Caller

__all__ = ["AnswerKeeper", "Once"]

logger = logging.getLogger(__name__)

REPLAYED: Final = {"idempotency-replayed": "true"}
_KEY: Final = re.compile(r"[!-~]{1,200}")
#: How long an answer waits for what is kept, in seconds: a person in crisis must not wait for a broken database.
_WAIT_S: Final = 3.0
_FORGET_EVERY_S: Final = 3600.0
T = TypeVar("T")


class Once:
    """One keyed request: `answer` is what to send, made by `make` unless it is kept already."""

    def __init__(self, keeper: AnswerKeeper, request: Request, known: Known) -> None:
        self._keeper = keeper
        self._request = request
        self._known = known

    def named(self, conversation: Conversation, index: int = 0) -> Conversation:
        """The conversation with the id under which it is scored."""
        return replace(conversation, score_id=self.score_id(index))

    def score_id(self, index: int = 0) -> uuid.UUID:
        """The id that follows from the key, the request and the place in it."""
        return self._request.score_id(index, generation=self._known.generation)

    async def answer(self, make: Callable[[], Awaitable[dict[str, Any]]]) -> tuple[bytes, dict[str, str]]:
        """The answer's bytes, with a header where they were kept. Raises Problem 422 where the key had another use.

        An answer that holds something to be tried again is given and not kept.
        """
        if self._known.differs:
            raise _reused()
        if self._known.answer is not None:
            return self._known.answer, REPLAYED
        earlier = self._keeper.making.get(self._request)
        if earlier is not None:
            with contextlib.suppress(Exception):  # the one before failed: this one is made for itself
                return await asyncio.shield(earlier), REPLAYED
        making = self._keeper.making[self._request] = asyncio.ensure_future(self._make(make))
        making.add_done_callback(lambda _: self._keeper.making.pop(self._request, None))
        return await making, {}

    async def _make(self, make: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
        answer = await make()
        body = orjson.dumps(answer)
        if any("retry_after" in result.get("problem", ()) for result in answer.get("results", ())):
            return body
        known = await self._keeper.keep(self._request, body)
        if known.differs:
            raise _reused()
        return known.answer or body


class AnswerKeeper:
    """Belongs to the running event loop. Answers that come together are kept in one transaction."""

    def __init__(self, database: DatabaseThreads) -> None:
        self._database = database
        self._waiting: list[tuple[Request, bytes, asyncio.Future[Known]]] = []
        self._writing: asyncio.Task[None] | None = None
        #: Requests that are being answered here now: who comes with the same one waits for it.
        self.making: dict[Request, asyncio.Future[bytes]] = {}
        self._forgot_at = time.monotonic()

    async def once(self, scope: Scope, caller: Caller, body: bytes) -> Once | None:
        """The request as a keyed one; None without a key. Raises Problem 400 for a key that is none."""
        key = header(scope, b"idempotency-key")
        if not key:
            return None
        if not _KEY.fullmatch(key):
            raise Problem(400, "bad_idempotency_key", "An Idempotency-Key is 1 to 200 visible ASCII characters.")
        request = Request.of(api_key_id=caller.key_id, key=key, path=scope["path"], body=body)
        look_up = self._database.run(lambda: request_look_up(request=request))
        return Once(self, request, await _unless_late(look_up, Known(None, False)))

    async def keep(self, request: Request, body: bytes) -> Known:
        """Keep an answer; what counts now."""
        future: asyncio.Future[Known] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, body, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await _unless_late(future, Known(body, False))

    async def stop(self) -> None:
        """Finish what is being kept."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            answers = [(request, body) for request, body, _ in batch]
            try:
                known: Sequence[Known] = await self._database.run(partial(answers_keep, answers=answers))
            except Exception as error:  # the answers are given all the same; see the module's docstring
                logger.warning("%d answers were not kept: %s", len(batch), type(error).__name__)
                known = [Known(body, False) for _, body in answers]
            for (_, _, future), each in zip(batch, known, strict=True):
                if not future.done():
                    future.set_result(each)
        if time.monotonic() - self._forgot_at > _FORGET_EVERY_S:
            self._forgot_at = time.monotonic()
            await _unless_late(self._database.run(answers_forget), 0)


async def _unless_late(work: Awaitable[T], otherwise: T) -> T:
    try:
        return await asyncio.wait_for(work, _WAIT_S)
    except Exception as error:  # whatever the database says, and its silence
        logger.warning("kept answers are out of reach: %s", type(error).__name__)
        return otherwise


def _reused() -> Problem:
    detail = "This Idempotency-Key came with another request; take a new one."
    return Problem(422, "idempotency_key_reused", detail)
