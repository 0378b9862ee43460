"""How Django's pages run inside the ASGI server: each request on a thread that was used before.

Django's own handler starts a thread for every request, and with it a database connection: opened, set up and closed
again, which costs more than most requests, and on SQLite writes the whole log back each time. Here threads, and the
connections that belong to them, are kept and used again. There is no bound on how many run at once (a slow upload
holds one); only how many idle ones are kept is bounded.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django import db
from django.core.handlers.asgi import ASGIHandler
from django.http import FileResponse, HttpRequest, HttpResponseBase

KEPT_IDLE = 16


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

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        """The response, made on this request's thread."""
        response: HttpResponseBase = await sync_to_async(self.get_response)(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response
