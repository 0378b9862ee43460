"""Many conversations in one request: read as one document or as lines, answered in order while the rest is scored.

A client may send all of its lines before it reads the first answer: lines are read ahead, up to the request's bound, so
that neither side ever waits for the other.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

import orjson

from inference.engine.conversation import (
    MAX_BODY_BYTES,
    MAX_LINES,
    MAX_LINES_BYTES,
    Conversation,
    parse_line,
)
from inference.engine.errors import InputRefused
from inference.serving.http import (
    ClientGone,
    Problem,
    Receive,
    Scope,
    Send,
    content_type,
    header,
    refuse_encoding,
    send_head,
)
from pixelhub.requestids import request_id

LINES: Final = "application/x-ndjson"
SCHEMA: Final = "pixelhub.batch/1"
#: Spends so many conversations of the key's rate; raises Problem past it.
Spend = Callable[[int], Awaitable[None]]
Item = Conversation | InputRefused | Problem


async def document_items(items: Sequence[Item]) -> AsyncIterator[Item]:
    """The items of a document as a stream."""
    for item in items:
        yield item


async def line_items(scope: Scope, receive: Receive, spend: Spend) -> AsyncIterator[Item]:
    """The lines of the body in order, each refused one as its refusal. Raises InputRefused, ClientGone."""
    refuse_encoding(scope)
    async for number, line in _lines(receive):
        try:
            await spend(1)
        except Problem as problem:
            yield problem
        else:
            yield line if isinstance(line, InputRefused) else parse_line(line, number)


def comes_in_lines(scope: Scope) -> bool:
    """Whether the body is one conversation a line."""
    return content_type(scope) == LINES


def answers_in_lines(scope: Scope) -> bool:
    """Whether the answer goes line by line: asked for by Accept, or as the body came where Accept says nothing."""
    accepted = header(scope, b"accept").lower()
    if LINES in accepted:
        return True
    return comes_in_lines(scope) and "application/json" not in accepted


async def send_results(send: Send, results: AsyncIterator[dict[str, Any]], *, lines: bool) -> None:
    """Send results as they come; nothing is sent before the first one, whose Problem is then the whole answer."""
    count = refused = 0
    async for result in results:
        if count == 0:
            await send_head(send, 200, LINES if lines else "application/json", {})
        body = orjson.dumps(result)
        if lines:
            body += b"\n"
        else:
            body = (b"," if count else _document_head()) + body
        count += 1
        refused += "problem" in result
        await send({"type": "http.response.body", "body": body, "more_body": True})
    tail = b"" if lines else b'],"count":%d,"refused":%d}' % (count, refused)
    await send({"type": "http.response.body", "body": tail})


def batch_document(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The same document, where all results are there."""
    refused = sum("problem" in result for result in results)
    head = {"schema": SCHEMA, "request_id": request_id()}
    return {**head, "results": list(results), "count": len(results), "refused": refused}


def _document_head() -> bytes:
    head = orjson.dumps({"schema": SCHEMA, "request_id": request_id()})
    return head[:-1] + b',"results":['


async def _lines(receive: Receive) -> AsyncIterator[tuple[int, bytes | InputRefused]]:
    """Numbered lines that are not blank. The body's reader runs ahead. Raises InputRefused, ClientGone."""
    ahead = _Ahead()
    reader = asyncio.create_task(ahead.read(receive))
    seen = 0
    try:
        while (entry := await ahead.lines.get()) is not None:
            if ahead.client_left:
                raise ClientGone
            seen += 1
            yield entry
        if ahead.client_left:
            raise ClientGone
        if not seen:
            raise InputRefused("empty", "The body holds no line.", status=422)
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader


class _Ahead:
    """Reads a body up to its bound, whatever has been answered by then, and sees the client leave."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[tuple[int, bytes | InputRefused] | None] = asyncio.Queue()
        self.client_left = False

    async def read(self, receive: Receive) -> None:
        """Put each line with its number, None at the end of the body."""
        rest, size, number, overlong, more = b"", 0, 0, False, True
        while more:
            message = await receive()
            self.client_left = message["type"] == "http.disconnect"
            if self.client_left:
                break
            chunk, more = message.get("body", b""), bool(message.get("more_body"))
            size += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            if not more and (rest or overlong):
                whole.append(rest)
            for line in whole:
                number += 1
                if overlong or len(line) > MAX_BODY_BYTES:
                    self.lines.put_nowait((number, _too_large(number)))
                elif line.strip():
                    self.lines.put_nowait((number, line))
                overlong = False
            if len(rest) > MAX_BODY_BYTES:
                rest, overlong = b"", True
            if number > MAX_LINES or size > MAX_LINES_BYTES:
                detail = f"A batch in lines holds at most {MAX_LINES} lines and {MAX_LINES_BYTES} bytes."
                self.lines.put_nowait((number, InputRefused("too_large", detail, status=413)))
                more = False
        self.lines.put_nowait(None)
        while not self.client_left:
            self.client_left = (await receive())["type"] == "http.disconnect"


def _too_large(number: int) -> InputRefused:
    return InputRefused("too_large", f"line {number}: is over {MAX_BODY_BYTES} bytes.", status=413)
