"""A conversation that is followed turn by turn. No text is kept here but the last nine messages, for the fallback."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from pixelhub_client.answers import NotAnAnswer, Turn, turn_from
from pixelhub_client.errors import Unavailable
from pixelhub_client.fallback import local_turn
from pixelhub_client.messages import LAST_MESSAGES, last_messages
from pixelhub_client.transport import Transport

if TYPE_CHECKING:
    from pixelhub_client.synchronous import Portal

logger = logging.getLogger("pixelhub_client")

_PATH = "/api/v1/conversations"


class AsyncConversation:
    """Made by `conversation()` of a detector. `id` is the hub's, "" before the first turn."""

    def __init__(self, transport: Transport, opening: dict[str, Any], *, timeout: float, fallback: bool) -> None:
        self._transport = transport
        self._opening = opening
        self._opening_key = uuid.uuid4().hex
        self._timeout = timeout
        self._fallback = fallback
        self._recent: deque[dict[str, str]] = deque(maxlen=LAST_MESSAGES - 1)
        self._untold: deque[dict[str, str]] = deque(maxlen=LAST_MESSAGES - 1)
        self._turn = asyncio.Lock()
        self.id = ""
        self.retention = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    async def add(self, content: str, *, role: str = "user") -> Turn:
        """The analysis of the next turn. Turns are sent in their order, one at a time.

        A turn that could not be sent is answered locally, and told to the hub with the next one, so that its window
        has no hole. Raises RequestRefused where the turn itself is at fault or the conversation is over.
        """
        (message,), _ = last_messages([{"role": role, "content": content}])
        async with self._turn:
            turn = await self._add(message)
            self._recent.append(message)
        return turn

    async def end(self, *, forget: bool = False) -> None:
        """Close the conversation at the hub; with `forget` its words go at once. Raises Unavailable."""
        if not self.id:
            return
        if forget:
            await self._transport.request("DELETE", f"{_PATH}/{self.id}", timeout=self._timeout)
        else:
            await self._transport.request("POST", f"{_PATH}/{self.id}/end", timeout=self._timeout, body={})
        self._recent.clear()

    async def _add(self, message: dict[str, str]) -> Turn:
        turn = {**message, "turn_id": str(uuid.uuid4())}
        try:
            async with asyncio.timeout(self._timeout):
                await self._open()
                data = await self._transport.request(
                    "POST", f"{_PATH}/{self.id}/turns", timeout=self._timeout, body=self._body(turn)
                )
            analysed = turn_from(data["turns"][-1])
            self._untold.clear()
            return analysed
        except (NotAnAnswer, KeyError, TypeError, IndexError):
            reason = "client_bad_answer"
        except TimeoutError:
            reason = "client_timeout"
        except Unavailable as unavailable:
            if not self._fallback:
                raise
            reason = unavailable.reason
        # Told with the next turn, under the same id: whether or not it arrived, it gets one place.
        self._untold.append(turn)
        logger.warning("no analysis of the hub, local keywords answer: %s", reason)
        return local_turn(turn["turn_id"], message["role"], [*self._recent, message], reason)

    async def _open(self) -> None:
        if self.id:
            return
        data = await self._transport.request(
            "POST", _PATH, timeout=self._timeout, body=self._opening, key=self._opening_key
        )
        self.id, self.retention = str(data["session"]["id"]), str(data["session"].get("retention") or "")

    def _body(self, turn: dict[str, str]) -> dict[str, Any]:
        """The turn after those that are not told yet; with what came before where the hub keeps no text."""
        body: dict[str, Any] = {"turns": [*self._untold, turn]}
        before = list(self._recent)[: len(self._recent) - len(self._untold)]
        if self.retention == "none" and before:
            body["context"] = before
        return body


class Conversation:
    """The same for code that does not await."""

    def __init__(self, portal: Portal, conversation: AsyncConversation) -> None:
        self._portal = portal
        self._conversation = conversation

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._conversation.id!r})"

    @property
    def id(self) -> str:
        """The hub's id, "" before the first turn."""
        return self._conversation.id

    def add(self, content: str, *, role: str = "user") -> Turn:
        """See AsyncConversation.add."""
        return self._portal.call(self._conversation.add(content, role=role))

    def end(self, *, forget: bool = False) -> None:
        """See AsyncConversation.end."""
        self._portal.call(self._conversation.end(forget=forget))
