"""Who of this process's sockets follows which session, and that a session has got on.

Turns that were added in this process are told at once; those of other processes by one small query a second over the
sessions that are followed here. The database decides places, so it is also what everybody can see: no broker is needed.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from inference.models import ConversationSession
from inference.serving.database import DatabaseThreads

logger = logging.getLogger(__name__)

#: How often other processes' turns are looked for, in seconds.
LOOK_S: Final = 1.0
#: Called with the number of a session's last turn.
Follower = Callable[[int], None]


class SessionNews:
    """Belongs to the running event loop."""

    def __init__(self, database: DatabaseThreads) -> None:
        self._database = database
        self._followers: dict[uuid.UUID, set[Follower]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to look for turns of other processes."""
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Stop looking."""
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def join(self, session_id: uuid.UUID, follower: Follower) -> None:
        """From now on the follower hears of this session."""
        self._followers[session_id].add(follower)

    def leave(self, session_id: uuid.UUID, follower: Follower) -> None:
        """It hears no more."""
        self._followers[session_id].discard(follower)
        if not self._followers[session_id]:
            del self._followers[session_id]

    def tell(self, session_id: uuid.UUID, latest: int) -> None:
        """The session's last turn has this number now."""
        for follower in self._followers.get(session_id, ()):
            follower(latest)

    async def _look(self) -> None:
        failing = False
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._followers:
                continue
            try:
                turns = await self._database.run(self._turns)
            except Exception as error:  # sockets hear of it with their next turn; said once, not every second
                if not failing:
                    logger.warning("other processes' turns are not seen: %s", type(error).__name__)
                failing = True
                continue
            failing = False
            for session_id, latest in turns:
                self.tell(session_id, latest)

    def _turns(self) -> list[tuple[uuid.UUID, int]]:
        return list(ConversationSession.objects.filter(pk__in=list(self._followers)).values_list("pk", "turns"))
