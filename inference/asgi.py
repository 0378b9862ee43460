"""The scoring service as an ASGI application: no Django middleware, only what an answer needs.

Runs alone (`uvicorn inference.asgi:application`) or mounted in front of Django by pixelhub.asgi for what it `serves`.
Where the server delivers no lifespan, it starts with the first request.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import MutableMapping
from typing import Any

import django
from django.apps import apps
from django.conf import settings

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelhub.settings")
    django.setup()

from inference.engine.errors import InputRefused
from inference.serving import counting, handlers, session_handlers, sockets
from inference.serving.gate import caller_in
from inference.serving.http import ClientGone, Problem, Receive, Scope, Send, header, send_problem
from inference.serving.registry import registry
from inference.serving.service import ScoringService
from pixelhub.metrics.store import store
from pixelhub.requestids import HEADER, request_id_begin

logger = logging.getLogger(__name__)

_REQUEST_ID = HEADER.encode("ascii")
#: How long a server's start waits for models to load; later ones are taken up by the watcher.
_STARTUP_WAIT_S = 60.0
#: How long a first request waits when there was no start-up; then it is answered by the rules.
_FIRST_REQUEST_WAIT_S = 4.0


def serves(scope: Scope) -> bool:
    """Whether a request or a WebSocket is for the scoring service, keys and all, and not for the hub's pages."""
    path = scope["path"]
    if scope["type"] == "websocket":
        return bool(path == session_handlers.SOCKET)
    return path in handlers.ROUTES or session_handlers.serves(path)


class ScoringApplication:
    """Routes requests to the handlers; owns one service per event loop.

    `counted_as` names the processes of this machine that its metrics are summed with.
    """

    def __init__(self, counted_as: str = "inference") -> None:
        self.counted_as = counted_as
        self._service: ScoringService | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await sockets.serve_program(await self.startup(wait_s=_FIRST_REQUEST_WAIT_S), scope, receive, send)
        else:
            raise ValueError(f"the scoring service does not speak {scope['type']}")

    async def page_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The WebSocket of the hub's own page, behind the hub's check of origin and its sign-in."""
        await sockets.serve_page(await self.startup(wait_s=_FIRST_REQUEST_WAIT_S), scope, receive, send)

    async def startup(self, *, wait_s: float = _STARTUP_WAIT_S, will_be_stopped: bool = False) -> ScoringService:
        """The service of the running loop, started when it is not yet; waits for models up to `wait_s` seconds."""
        loop = asyncio.get_running_loop()
        if self._service is None or self._loop is not loop:
            self._service, self._loop = ScoringService(registry, will_be_stopped=will_be_stopped), loop
            self._service.start()
            counting.watch(self._service)
        service = self._service
        await service.first_look(wait_s)
        return service

    async def shutdown(self) -> None:
        """Stop the service of the running loop and write what it has answered."""
        service, self._service = self._service, None
        if service is not None and self._loop is asyncio.get_running_loop():
            await service.stop()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0
        refused_as = ""
        service: ScoringService | None = None
        name = request_id_begin(header(scope, _REQUEST_ID))
        started = time.perf_counter()

        async def watched_send(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if not status:
                status = message["status"]
                message["headers"].append((_REQUEST_ID, name.encode("ascii")))
                caller, _ = caller_in(scope)
                if service is not None and caller is not None:
                    limits = service.limiter.headers(caller.limits)
                    message["headers"] += [(field.encode(), value.encode()) for field, value in limits.items()]
            await send(message)

        try:
            handler = handlers.route(scope)
            service = await self.startup(wait_s=_FIRST_REQUEST_WAIT_S)
            await handler(service, scope, receive, watched_send)
        except ClientGone:
            return
        except Problem as problem:
            refused_as = problem.code
            counting.refused(problem.code)
            await send_problem(watched_send, problem)
        except InputRefused as refused:
            refused_as = refused.code
            counting.unreadable()
            await send_problem(watched_send, Problem.of(refused))
        except Exception as error:  # the last line: say so without the request's content, and ask to try again
            logger.error("request failed: %s at %s", type(error).__name__, scope.get("path"))
            refused_as = "unavailable"
            counting.refused("unavailable")
            if not status:
                await send_problem(watched_send, Problem.overload(503, "unavailable", "Try again in a moment.", 1))
        finally:
            counting.request_ended(scope["path"], status, time.perf_counter() - started)
            caller, conversations = caller_in(scope)
            if service is not None and caller is not None and status:
                service.usage.add(caller.key_id, status, conversations)
                if refused_as and status >= 400:
                    service.traffic.request_refused(scope["path"], caller.project_id, status, refused_as)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                store.begin(self.counted_as, settings.METRICS_DIR)
                await self.startup(will_be_stopped=True)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return


application = ScoringApplication()
