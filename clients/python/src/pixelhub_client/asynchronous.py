"""The detector for asyncio."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx

from pixelhub_client.answers import Answer, BatchItem, NotAnAnswer, answer_from, problem_from
from pixelhub_client.conversations import AsyncConversation
from pixelhub_client.errors import RequestRefused, Unavailable
from pixelhub_client.fallback import local_answer
from pixelhub_client.messages import Messages, last_messages
from pixelhub_client.transport import Transport

if TYPE_CHECKING:
    from pixelhub_client.live import AsyncLiveConversation

logger = logging.getLogger("pixelhub_client")

#: Conversations of one batch request; more are sent in several.
MAX_BATCH = 64
_BATCHES_AT_ONCE = 2


class AsyncPixelCrisisDetector:
    """Asks one hub with one key.

    Args:
        base_url: where the hub is, e.g. https://hub.example.
        key: an API key with the scope “score” (and “batch”, “conversations”, “model”, “read” for these methods).
        timeout: seconds for one answer over all, retries included.
        locale: chooses the contacts of an answer, e.g. en-US.
        fallback: answer by local keywords where the hub gives no answer; else Unavailable is raised.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 5.0,
        locale: str | None = None,
        fallback: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = base_url
        self._key = key
        self._transport = Transport(base_url, key, transport=transport)
        self._timeout = timeout
        self._locale = locale
        self._fallback = fallback

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base_url!r})"

    async def __aenter__(self) -> AsyncPixelCrisisDetector:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def score(
        self,
        messages: Messages,
        *,
        locale: str | None = None,
        conversation_id: str | None = None,
        idempotency_key: str = "",
    ) -> Answer:
        """The answer for a conversation: its last ten messages of user and assistant, or one text of the user.

        Within the deadline there is an answer: where the hub gives none, the local one, degraded and never “no crisis”.
        `conversation_id` is a reference of your own, by which answers of one conversation find together; it may not
        name a person. Raises RequestRefused where the conversation itself is at fault.
        """
        sent, offset = last_messages(messages)
        body = self._body(sent, locale, conversation_id)
        try:
            data = await self._transport.request(
                "POST", "/api/v1/crisis/score", timeout=self._timeout, body=body, key=idempotency_key
            )
            return _moved(answer_from(data), offset)
        except NotAnAnswer:
            reason = "client_bad_answer"
        except Unavailable as unavailable:
            if not self._fallback:
                raise
            reason = unavailable.reason
        return self._instead(sent, reason)

    async def batch(
        self, conversations: Iterable[Messages], *, locale: str | None = None, timeout: float = 60.0
    ) -> list[BatchItem]:
        """Answers in the order of the conversations, each with its own problem where it has one.

        What the hub does not answer within `timeout` seconds is answered locally.
        """
        deadline = time.monotonic() + timeout
        items: list[BatchItem | None] = []
        waiting: list[tuple[int, list[dict[str, str]], int]] = []
        for index, messages in enumerate(conversations):
            items.append(None)
            try:
                sent, offset = last_messages(messages)
            except RequestRefused as refused:
                problem = problem_from({"status": refused.status, "code": refused.code, "detail": refused.detail})
                items[index] = BatchItem(index, None, problem)
            else:
                waiting.append((index, sent, offset))
        gate = asyncio.Semaphore(_BATCHES_AT_ONCE)

        async def part(chunk: list[tuple[int, list[dict[str, str]], int]]) -> None:
            async with gate:
                for item in await self._batch_of(chunk, locale, deadline):
                    items[item.index] = item

        chunks = [waiting[start : start + MAX_BATCH] for start in range(0, len(waiting), MAX_BATCH)]
        await asyncio.gather(*(part(chunk) for chunk in chunks))
        return [item for item in items if item is not None]

    def conversation(
        self, *, conversation_id: str | None = None, locale: str | None = None, retention: str | None = None
    ) -> AsyncConversation:
        """A conversation to follow turn by turn; it is opened at the hub with its first turn."""
        asked = {"conversation_id": conversation_id, "locale": locale or self._locale, "retention": retention}
        opening = {name: value for name, value in asked.items() if value}
        return AsyncConversation(self._transport, opening, timeout=self._timeout, fallback=self._fallback)

    def live(
        self,
        *,
        conversation_id: str | None = None,
        locale: str | None = None,
        retention: str | None = None,
        session_id: str = "",
        after: int = 0,
    ) -> AsyncLiveConversation:
        """A conversation over a WebSocket, used as `async with`: others' turns are heard, too (`turns()`).

        An open conversation of the same `conversation_id` is taken up; `session_id` takes up that very one, behind
        turn number `after`. Needs the extra “live” of this package. The line goes to the hub itself: `transport` has no
        part in it.
        """
        from pixelhub_client.live import AsyncLiveConversation

        asked = {"conversation_id": conversation_id, "locale": locale or self._locale, "retention": retention}
        return AsyncLiveConversation(
            self._base_url,
            self._key,
            {name: value for name, value in asked.items() if value},
            timeout=self._timeout,
            fallback=self._fallback,
            session_id=session_id,
            after=after,
        )

    async def model(self) -> dict[str, Any]:
        """What answers for this key's project. Raises Unavailable."""
        return dict(await self._transport.request("GET", "/api/v1/model", timeout=self._timeout))

    async def usage(self) -> dict[str, Any]:
        """The key's scopes, limits and last 30 days. Raises Unavailable."""
        return dict(await self._transport.request("GET", "/api/v1/usage", timeout=self._timeout))

    async def ready(self) -> dict[str, Any]:
        """Whether models answer. Raises Unavailable where the hub does not."""
        return dict(await self._transport.request("GET", "/readyz", timeout=self._timeout))

    async def _batch_of(
        self, chunk: list[tuple[int, list[dict[str, str]], int]], locale: str | None, deadline: float
    ) -> list[BatchItem]:
        body = {"conversations": [self._body(sent, locale, None) for _, sent, _ in chunk]}
        left = max(0.001, deadline - time.monotonic())
        try:
            data = await self._transport.request("POST", "/api/v1/crisis/batch", timeout=left, body=body)
            results = data["results"]
            if len(results) != len(chunk):
                raise NotAnAnswer("another number of results")
        except (NotAnAnswer, KeyError, TypeError):
            results, reason = None, "client_bad_answer"
        except Unavailable as unavailable:
            if not self._fallback:
                raise
            results, reason = None, unavailable.reason
        if results is None:
            return [BatchItem(index, self._instead(sent, reason)) for index, sent, _ in chunk]
        return [
            self._item(index, sent, offset, result)
            for (index, sent, offset), result in zip(chunk, results, strict=True)
        ]

    def _item(self, index: int, sent: list[dict[str, str]], offset: int, result: Any) -> BatchItem:
        problem = problem_from(result["problem"]) if isinstance(result, dict) and "problem" in result else None
        if problem is not None and problem.status not in (429, 503):
            return BatchItem(index, None, problem)
        try:
            if problem is None:
                return BatchItem(index, _moved(answer_from(result), offset))
        except NotAnAnswer:
            return BatchItem(index, self._instead(sent, "client_bad_answer"))
        # The hub had no time for this one, or no more of the key's limit: it is not left without an answer.
        return BatchItem(index, self._instead(sent, f"client_refused: {problem.status} {problem.code}"), problem)

    def _body(self, sent: list[dict[str, str]], locale: str | None, conversation_id: str | None) -> dict[str, Any]:
        more = {"locale": locale or self._locale, "conversation_id": conversation_id}
        return {"messages": sent, **{name: value for name, value in more.items() if value}}

    def _instead(self, sent: list[dict[str, str]], reason: str) -> Answer:
        logger.warning("no answer of the hub, local keywords answer: %s", reason)
        return local_answer(sent, reason)


def _moved(answer: Answer, offset: int) -> Answer:
    """Message numbers as the caller counts: earlier messages were not sent."""
    if not offset:
        return answer
    signals = tuple(replace(signal, message=signal.message + offset) for signal in answer.signals)
    findings = tuple(replace(finding, message=finding.message + offset) for finding in answer.bias_findings)
    return replace(answer, signals=signals, bias_findings=findings)
