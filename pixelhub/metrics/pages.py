"""Counts the hub's pages, by app: the first folder of an address, and never the address."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pixelhub.metrics.catalogue import OTHER, PAGES, REQUEST_SECONDS, REQUESTS
from pixelhub.metrics.store import store

Message = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]


async def counted(application: Application, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Run the application; its answer counts at the first byte, since a stream of live updates never ends."""
    started = time.perf_counter()
    route = _route(scope["path"])
    status = "gone"

    async def watched(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = str(message["status"])
            store.observe(REQUEST_SECONDS, time.perf_counter() - started, route=route)
        await send(message)

    try:
        await application(scope, receive, watched)
    finally:
        store.count(REQUESTS, route=route, status=status)


def _route(path: str) -> str:
    folder = path.split("/", 2)[1] if path.startswith("/") else ""
    name = folder or "home"
    return f"page_{name if name in PAGES else OTHER}"
