"""The little of HTTP that the service needs: read a bounded body, send JSON, send a problem (RFC 9457)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from http import HTTPStatus
from typing import Any, TypeVar

import orjson

from inference.engine.conversation import MAX_BODY_BYTES
from inference.engine.errors import InputRefused
from pixelhub.requestids import request_id

T = TypeVar("T")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class ClientGone(Exception):
    """The client hung up before its request was complete."""


class Problem(Exception):
    """A refusal as problem+json; `code` is stable for programs, `detail` is for people and never repeats input."""

    def __init__(self, status: int, code: str, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}

    @classmethod
    def overload(cls, status: int, code: str, detail: str, retry_after: float) -> Problem:
        """429 or 503 with Retry-After in whole seconds, at least 1."""
        return cls(status, code, detail, headers={"retry-after": str(max(1, math.ceil(retry_after)))})

    @classmethod
    def of(cls, refused: InputRefused) -> Problem:
        """The engine's refusal of a request."""
        return cls(refused.status, refused.code, refused.detail)

    @property
    def body(self) -> dict[str, Any]:
        """The members of problem+json; `retry_after` in seconds where there is one."""
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id(),
        }
        retry_after = self.headers.get("retry-after")
        return {**members, "retry_after": int(retry_after)} if retry_after else members


def header(scope: Scope, name: bytes) -> str:
    """One request header, "" without it. Header bytes are latin-1 by definition."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def content_type(scope: Scope) -> str:
    """The request's media type, without parameters."""
    return header(scope, b"content-type").split(";")[0].strip().lower()


def refuse_encoding(scope: Scope) -> None:
    """Refuse compressed bodies: a thousandfold of what was sent would have to be held. Raises InputRefused."""
    if header(scope, b"content-encoding").strip().lower() not in ("", "identity"):
        raise InputRefused("bad_encoding", "Send the body without Content-Encoding.", status=415)


async def read_json_body(scope: Scope, receive: Receive) -> bytes:
    """The body of a JSON request, refused at the limit before it is held. Raises InputRefused, ClientGone."""
    if content_type(scope) != "application/json":
        raise InputRefused("bad_content_type", "Send the body as application/json.", status=415)
    refuse_encoding(scope)
    declared = header(scope, b"content-length")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > MAX_BODY_BYTES:
        raise InputRefused("too_large", f"The body is over {MAX_BODY_BYTES} bytes.", status=413)
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise InputRefused("too_large", f"The body is over {MAX_BODY_BYTES} bytes.", status=413)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def send_json(send: Send, status: int, body: Any, *, headers: dict[str, str] | None = None) -> None:
    """Send one JSON response; answers are about a person, so nothing may cache them."""
    await _send(send, status, orjson.dumps(body), "application/json", headers or {})


async def send_text(send: Send, body: str, kind: str) -> None:
    """Send a text of a media type of its own."""
    await _send(send, 200, body.encode(), kind, {})


async def send_made(send: Send, body: bytes, headers: dict[str, str]) -> None:
    """Send a JSON answer that was written before."""
    await _send(send, 200, body, "application/json", headers)


async def send_problem(send: Send, problem: Problem) -> None:
    """Send a refusal."""
    await _send(send, problem.status, orjson.dumps(problem.body), "application/problem+json", problem.headers)


async def unless_gone(work: Coroutine[Any, Any, T], receive: Receive) -> T:
    """The result of `work`, which is cancelled when the client hangs up meanwhile. Raises ClientGone.

    Only once the body was read: all that can come then is the end of the connection.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGone
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_head(send: Send, status: int, kind: str, extra: dict[str, str]) -> None:
    """Begin a response; the body is sent by the caller."""
    headers = [
        (b"content-type", kind.encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *((name.encode("ascii"), value.encode("ascii")) for name, value in extra.items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _send(send: Send, status: int, body: bytes, kind: str, extra: dict[str, str]) -> None:
    await send_head(send, status, kind, {"content-length": str(len(body)), **extra})
    await send({"type": "http.response.body", "body": body})
