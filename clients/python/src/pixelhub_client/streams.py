"""What is heard in a live conversation, one turn after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pixelhub_client.answers import Turn
from pixelhub_client.errors import PixelHubError


class TurnStream:
    """`async for turn in stream`: ends with the conversation; raises what has ended it where that was an error."""

    def __init__(self, leave: Callable[[TurnStream], object]) -> None:
        self._leave = leave
        self._turns: asyncio.Queue[Turn | None] = asyncio.Queue()
        self._error: PixelHubError | None = None

    def __aiter__(self) -> TurnStream:
        return self

    async def __anext__(self) -> Turn:
        turn = await self._turns.get()
        if turn is not None:
            return turn
        self._turns.put_nowait(None)  # over for everybody who asks again
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    def put(self, turn: Turn) -> None:
        """One more."""
        self._turns.put_nowait(turn)

    def end(self, error: PixelHubError | None = None) -> None:
        """No more after those that are there."""
        self._error = self._error or error
        self._turns.put_nowait(None)
        self._leave(self)

    def close(self) -> None:
        """Stop listening."""
        self.end()
