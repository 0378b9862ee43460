"""The detector for code that does not await: the same one, on an event loop in a thread of its own.

That is what makes the deadline a real one: a blocking socket can only be given a limit for each step.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from pixelhub_client.answers import Answer, BatchItem
from pixelhub_client.asynchronous import AsyncPixelCrisisDetector
from pixelhub_client.conversations import Conversation
from pixelhub_client.messages import Messages

if TYPE_CHECKING:
    from pixelhub_client.blocking import LiveConversation

T = TypeVar("T")


class Portal:
    """Runs coroutines on a loop in a daemon thread; started when first used, again in a forked process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the coroutine."""
        return asyncio.run_coroutine_threadsafe(work, self._running()).result()

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            if self._loop is not None and self._pid == os.getpid():
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._pid = asyncio.new_event_loop(), os.getpid()
                threading.Thread(target=_run, args=(self._loop,), name="pixelhub-client", daemon=True).start()
            return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    loop.close()


class PixelCrisisDetector:
    """Asks one hub with one key; may be used from many threads. See AsyncPixelCrisisDetector for the arguments."""

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
        self._asked: dict[str, Any] = {
            "base_url": base_url,
            "key": key,
            "timeout": timeout,
            "locale": locale,
            "fallback": fallback,
            "transport": transport,
        }
        self._portal = Portal()
        self._lock = threading.Lock()
        self._inner: AsyncPixelCrisisDetector | None = None
        self._pid = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._asked['base_url']!r})"

    def __enter__(self) -> PixelCrisisDetector:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections and the thread."""
        with self._lock:
            inner, self._inner = self._inner, None
        if inner is not None and self._pid == os.getpid():
            self._portal.call(inner.close())
        self._portal.close()

    def score(
        self,
        messages: Messages,
        *,
        locale: str | None = None,
        conversation_id: str | None = None,
        idempotency_key: str = "",
    ) -> Answer:
        """See AsyncPixelCrisisDetector.score."""
        work = self._detector().score(
            messages, locale=locale, conversation_id=conversation_id, idempotency_key=idempotency_key
        )
        return self._portal.call(work)

    def batch(
        self, conversations: Iterable[Messages], *, locale: str | None = None, timeout: float = 60.0
    ) -> list[BatchItem]:
        """See AsyncPixelCrisisDetector.batch."""
        return self._portal.call(self._detector().batch(conversations, locale=locale, timeout=timeout))

    def conversation(
        self, *, conversation_id: str | None = None, locale: str | None = None, retention: str | None = None
    ) -> Conversation:
        """See AsyncPixelCrisisDetector.conversation."""
        inner = self._detector().conversation(conversation_id=conversation_id, locale=locale, retention=retention)
        return Conversation(self._portal, inner)

    def live(self, **asked: Any) -> LiveConversation:
        """See AsyncPixelCrisisDetector.live; used as `with`. Close it before the detector."""
        from pixelhub_client.blocking import LiveConversation

        return LiveConversation(self._portal, self._detector().live(**asked))

    def model(self) -> dict[str, Any]:
        """See AsyncPixelCrisisDetector.model."""
        return self._portal.call(self._detector().model())

    def usage(self) -> dict[str, Any]:
        """See AsyncPixelCrisisDetector.usage."""
        return self._portal.call(self._detector().usage())

    def ready(self) -> dict[str, Any]:
        """See AsyncPixelCrisisDetector.ready."""
        return self._portal.call(self._detector().ready())

    def _detector(self) -> AsyncPixelCrisisDetector:
        with self._lock:
            if self._inner is None or self._pid != os.getpid():
                # A forked process has neither the thread nor a right to its parent's connections.
                self._inner, self._pid = AsyncPixelCrisisDetector(**self._asked), os.getpid()
            return self._inner
