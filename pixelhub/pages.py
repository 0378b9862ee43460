"""How Django's pages run inside the ASGI server: each request on a thread that was used before.

Django's own handler starts a thread for every request, and with it a database connection: opened, set up and closed
again, which costs more than most requests, and on SQLite writes the whole log back each time. Here threads, and the
connections that belong to them, are kept and used again. There is no bound on how many run at once (a slow upload
holds one); only how many idle ones are kept is bounded.

Django keeps a request's whole body on disk before it asks anything about it. Here a body past the limit of uploads is
not kept: the request goes on without it, marked, and is answered with 413 (pixelhub.middleware).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django import db
from django.core.handlers.asgi import ASGIHandler
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse

from pixelhub.uploads import largest_body

KEPT_IDLE = 16
#: In the scope of a request whose body was larger than any page takes.
BODY_TOO_LARGE = "pixelhub.body_too_large"


class PagesApplication(ASGIHandler):
    """Django's ASGI handler with threads that are kept, and the middleware run in one call on such a thread."""

    def __init__(self) -> None:
        super(ASGIHandler, self).__init__()
        # All of our middleware and views are synchronous. As one synchronous chain they cost a single change of
        # thread; loaded as asynchronous, each synchronous middleware would go to the event loop and back.
        self.load_middleware(is_async=False)
        self._idle: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        # The thread used last first: its connection is the warmest, and the others may be let go.
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(max_workers=1, thread_name_prefix="page")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            if len(self._idle) < KEPT_IDLE:
                self._idle.append(thread)
            else:
                thread.submit(db.connections.close_all)
                thread.shutdown(wait=False)

    async def handle(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Django's, of a request whose body is bounded by what it announces and by what comes."""
        limit = largest_body()
        if _announced(scope) > limit:
            await super().handle({**scope, BODY_TOO_LARGE: True}, _Empty(), send)
            return
        bounded = _Bounded(receive, limit)
        try:
            await super().handle(scope, bounded, send)
        except _TooLarge:
            await super().handle({**scope, BODY_TOO_LARGE: True}, _Empty(), send)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        """The response, made on this request's thread."""
        response: HttpResponseBase = await sync_to_async(self.get_response)(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        # Django would read a synchronous iterator to its end before it sends the first byte: a 2 GB file, in memory.
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _piece_by_piece(iter(cast(Iterable[bytes], response.streaming_content)))
        return response


class _TooLarge(Exception):
    """More came than any page takes."""


class _Bounded:
    """`receive` that counts the body, and raises _TooLarge instead of handing over what is past the limit."""

    def __init__(self, receive: Any, limit: int) -> None:
        self._receive = receive
        self._left = limit

    async def __call__(self) -> Any:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _TooLarge
        return message


class _Empty:
    """`receive` of a request without a body: its end once, and then silence."""

    def __init__(self) -> None:
        self._told = False

    async def __call__(self) -> Any:
        if self._told:
            await asyncio.Event().wait()
        self._told = True
        return {"type": "http.request", "body": b"", "more_body": False}


def _announced(scope: dict[str, Any]) -> int:
    """The length that the request says it has; 0 where it says none, or nonsense."""
    values = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(values[0][:20]) if values and values[0].isdigit() else 0


async def _piece_by_piece(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """What a synchronous iterator gives, each piece read on this request's thread, which may hold its connection."""
    step = sync_to_async(lambda: next(pieces, None))
    while (piece := await step()) is not None:
        yield piece
