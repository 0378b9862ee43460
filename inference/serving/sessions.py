"""Sessions on the service's event loop: one turn of a session at a time here; between processes the database decides.

A turn is judged with the window that stands before it and gets its place only if nobody else was quicker; else it is
judged again behind the other's. Nothing is answered before its place is on disk, so a process that is killed loses no
turn that a client was told of. Where the database does not answer, a turn is judged alone, marked degraded and not
stored: silence would be worse.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from django.db import DatabaseError

from inference.engine.turns import NewTurn, OpenRequest, TurnsRequest
from inference.models import ConversationSession, ConversationTurn
from inference.services import (
    SessionMoved,
    SessionRefused,
    session_end,
    session_open,
    session_text_purge,
    session_turns_add,
)
from inference.serving import turns as windows
from inference.serving.http import Problem
from inference.serving.keys import Asker
from inference.serving.news import SessionNews
from inference.serving.session_state import session_json, trend_json
from inference.serving.turns import Look
from pixelhub.accounts.models import Project, User

if TYPE_CHECKING:
    from inference.serving.service import ScoringService

logger = logging.getLogger(__name__)

#: How often a turn is judged again because another process was quicker; then the client is asked to try again.
ATTEMPTS = 8
#: How often what is silent or due is looked for, in seconds: text goes at most this long after its time.
SWEEP_S = 60.0
_STATUS = {"retention_refused": 422}


class Sessions:
    """Belongs to the running event loop, like the service that owns it."""

    def __init__(self, service: ScoringService) -> None:
        self._service = service
        self._locks: WeakValueDictionary[uuid.UUID, asyncio.Lock] = WeakValueDictionary()
        self._sweeper: asyncio.Task[None] | None = None
        #: What sockets hear of others' turns.
        self.news = SessionNews(service.database)
        #: Open WebSockets of this process.
        self.sockets = 0

    def start(self) -> None:
        """Start to look for texts whose time is over."""
        self._sweeper = asyncio.create_task(self._sweep())
        self.news.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self.news.stop()
        if self._sweeper:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)

    async def open(self, asker: Asker, request: OpenRequest) -> tuple[dict[str, Any], bool]:
        """A session, and whether it is new. Raises Problem."""

        def work() -> tuple[dict[str, Any], bool]:
            opened = session_open(
                project=Project.objects.get(pk=asker.project_id),
                conversation_id=request.conversation_id,
                locale=request.locale,
                retention=request.retention,
                api_key_id=asker.key_id,
                person=User.objects.get(pk=asker.user_id) if asker.user_id else None,
            )
            return session_json(opened.session), not opened.was_open

        return await self._in_database(work)

    async def add(self, asker: Asker, session_id: uuid.UUID, request: TurnsRequest) -> dict[str, Any]:
        """{"session": state, "turns": one analysis for each turn of the request}. Raises Problem, InputRefused."""
        lock = self._locks.setdefault(session_id, asyncio.Lock())
        async with lock:
            for _ in range(ATTEMPTS):
                with contextlib.suppress(SessionMoved):
                    return await self._add(asker, session_id, request)
        raise Problem.overload(503, "session_busy", "Many write to this session at once; try again.", 1)

    async def read(self, asker: Asker, session_id: uuid.UUID, *, after: int = 0) -> dict[str, Any]:
        """State and figures of a session. Raises Problem."""

        def work() -> dict[str, Any]:
            session = session_of(asker, session_id)
            return {"session": session_json(session), **trend_json(session, after=after)}

        return await self._in_database(work)

    async def missed(
        self, asker: Asker, session_id: uuid.UUID, *, after: int, limit: int
    ) -> tuple[dict[str, Any], list[tuple[int, dict[str, Any]]]]:
        """A session's state, with number and analysis of at most `limit` turns after number `after`.

        The analysis is {} once the session has ended. Raises Problem.
        """

        def work() -> tuple[dict[str, Any], list[tuple[int, dict[str, Any]]]]:
            session = session_of(asker, session_id)
            rows = session.turn_rows.filter(number__gt=after).order_by("number")[:limit]
            return session_json(session), [(row.number, row.analysis) for row in rows.only("number", "analysis")]

        return await self._in_database(work)

    async def end(self, asker: Asker, session_id: uuid.UUID, *, forget: bool) -> dict[str, Any]:
        """End a session; `forget` deletes a transcript, too. Raises Problem."""

        def work() -> dict[str, Any]:
            session = session_of(asker, session_id)
            actor = User.objects.get(pk=asker.user_id) if asker.user_id else None
            ended = session_end(session_id=session.pk, reason="client", forget=forget, actor=actor)
            return session_json(ended)

        return await self._in_database(work)

    async def _add(self, asker: Asker, session_id: uuid.UUID, request: TurnsRequest) -> dict[str, Any]:
        try:
            seen = await self._service.database.run(lambda: windows.look(session_of(asker, session_id), request))
        except SessionRefused as refused:
            raise problem_of(refused) from None
        except DatabaseError as error:
            return await self._judged_alone(asker, request, error)
        fresh = [turn for turn in request.turns if turn.turn_id not in seen.repeated]
        if not fresh:
            assert seen.session is not None
            return answer_json(seen.session, request, seen.repeated, [])
        rows = await self._judged(asker, seen, fresh)
        try:
            session = await self._service.database.run(
                lambda: session_turns_add(session_id=session_id, seen=seen.seen, rows=rows)
            )
        except SessionRefused as refused:
            raise problem_of(refused) from None
        except DatabaseError as error:
            logger.error("a turn was judged and could not be stored: %s", type(error).__name__)
            return {"session": None, "turns": [{**row.analysis, "stored": False} for row in rows]}
        self.news.tell(session_id, session.turns)
        return answer_json(session, request, seen.repeated, rows)

    async def _judged(self, asker: Asker, seen: Look, turns: list[NewTurn]) -> list[ConversationTurn]:
        conversations = windows.windows_of(seen, turns)
        answers = await asyncio.gather(*(self._service.score_turn(window, asker) for window in conversations))
        return windows.rows_of(seen, turns, conversations, answers)

    async def _judged_alone(self, asker: Asker, request: TurnsRequest, error: DatabaseError) -> dict[str, Any]:
        logger.error("a session could not be read: %s", type(error).__name__)
        alone = Look(session=None, repeated={}, before=request.context or (), fault=windows.SESSION_AWAY)
        rows = await self._judged(asker, alone, list(request.turns))
        return {"session": None, "turns": [{**row.analysis, "turn": None, "stored": False} for row in rows]}

    async def _in_database(self, work: Any) -> Any:
        try:
            return await self._service.database.run(work)
        except SessionRefused as refused:
            raise problem_of(refused) from None

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self._service.database.run(session_text_purge)
            except Exception as error:  # it is tried again with the next look; reads refuse what is overdue meanwhile
                logger.error("looking for overdue session texts failed: %s", type(error).__name__)


def session_of(asker: Asker, session_id: uuid.UUID) -> ConversationSession:
    """The asker's session: programs have those of their project, people those that they opened. Raises Problem 404."""
    mine = ConversationSession.objects.filter(project_id=asker.project_id, opened_by_id=asker.user_id)
    session = mine.filter(pk=session_id).first()
    if session is None:
        raise Problem(404, "no_session", "There is no such conversation in this project.")
    return session


def problem_of(refused: SessionRefused) -> Problem:
    """The refusal as clients get it."""
    return Problem(_STATUS.get(refused.code, 409), refused.code, refused.detail)


def answer_json(
    session: ConversationSession,
    request: TurnsRequest,
    repeated: Mapping[uuid.UUID, ConversationTurn],
    rows: list[ConversationTurn],
) -> dict[str, Any]:
    """The request's turns in its order: those judged now, and those that had their answer before."""
    fresh = iter(rows)
    analyses = []
    for turn in request.turns:
        known = repeated.get(turn.turn_id) if turn.turn_id else None
        row = known or next(fresh)
        analyses.append({**row.analysis, "stored": True, "replayed": known is not None})
    return {"session": session_json(session), "turns": analyses}
