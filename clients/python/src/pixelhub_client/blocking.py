"""A live conversation for code that does not await."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING

from pixelhub_client.answers import Turn
from pixelhub_client.live import AsyncLiveConversation
from pixelhub_client.streams import TurnStream

if TYPE_CHECKING:
    from pixelhub_client.synchronous import Portal


class LiveConversation:
    """Made by `live()` of a detector, used as `with`; may be used from many threads. See AsyncLiveConversation."""

    def __init__(self, portal: Portal, live: AsyncLiveConversation) -> None:
        self._portal = portal
        self._live = live

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._live.id!r})"

    def __enter__(self) -> LiveConversation:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def id(self) -> str:
        """See AsyncLiveConversation; "" before the first connection."""
        return self._live.id

    @property
    def seen(self) -> int:
        """See AsyncLiveConversation.seen."""
        return self._live.seen

    @property
    def connected(self) -> bool:
        """Whether there is a line now."""
        return self._live.connected

    @property
    def waiting(self) -> int:
        """See AsyncLiveConversation.waiting."""
        return self._live.waiting

    @property
    def alert_level(self) -> str:
        """See AsyncLiveConversation.alert_level."""
        return self._live.alert_level

    def start(self) -> LiveConversation:
        """See AsyncLiveConversation.start."""

        async def work() -> None:
            self._live.start()

        self._portal.call(work())
        return self

    def add(self, content: str, *, role: str = "user") -> Turn:
        """See AsyncLiveConversation.add."""
        return self._portal.call(self._live.add(content, role=role))

    def turns(self) -> Turns:
        """See AsyncLiveConversation.turns."""

        async def work() -> TurnStream:
            return self._live.turns()

        return Turns(self._portal, self._portal.call(work()))

    def end(self, *, forget: bool = False) -> None:
        """See AsyncLiveConversation.end."""
        self._portal.call(self._live.end(forget=forget))

    def close(self) -> None:
        """See AsyncLiveConversation.close."""
        self._portal.call(self._live.close())


class Turns:
    """`for turn in turns`, until the conversation is over; `next(timeout)` waits no longer than that."""

    def __init__(self, portal: Portal, stream: TurnStream) -> None:
        self._portal = portal
        self._stream = stream

    def __iter__(self) -> Turns:
        return self

    def __next__(self) -> Turn:
        turn = self._portal.call(self._next(None))
        if turn is None:
            raise StopIteration
        return turn

    def next(self, timeout: float) -> Turn | None:
        """The next turn; None where none came within `timeout` seconds, or the conversation is over."""
        return self._portal.call(self._next(timeout))

    async def _next(self, timeout: float | None) -> Turn | None:
        try:
            async with asyncio.timeout(timeout):
                return await anext(self._stream)
        except (StopAsyncIteration, TimeoutError):
            return None
