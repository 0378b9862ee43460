"""Downloads under ASGI: a file as large as it likes goes through in pieces."""

import asyncio
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponseBase

from datasets_app.views.downloads import object_response
from pixelhub.objects import get_store
from pixelhub.pages import PagesApplication

SIZE = 300_000_000


class Socket:
    """What a server's connection sees: how many bytes, in how large pieces."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.bytes = self.largest = self.pieces = 0
        self.ended = False

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
            return
        body = message.get("body", b"")
        self.bytes += len(body)
        self.largest = max(self.largest, len(body))
        self.pieces += 1
        self.ended = not message.get("more_body", False)


async def served(application: PagesApplication, response: HttpResponseBase) -> Any:
    """The response as the hub's ASGI application would send it on."""
    application.get_response = lambda request: response  # type: ignore[method-assign, assignment]
    return await application.run_get_response(HttpRequest())


def test_a_large_file_is_never_in_memory(tmp_path: Path, settings: Any) -> None:
    settings.OBJECT_STORE_URL = f"file://{tmp_path}"
    with (tmp_path / "large.jsonl").open("wb") as file:
        file.truncate(SIZE)
    socket, application = Socket(), PagesApplication()
    response = object_response("large.jsonl", name="large.jsonl", content_type="application/x-ndjson")
    tracemalloc.start()

    async def sent(application: PagesApplication) -> None:
        await application.send_response(await served(application, response), socket.send)

    asyncio.run(sent(application))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (socket.bytes, socket.ended) == (SIZE, True)
    assert socket.largest <= 1 << 18 and socket.pieces > SIZE >> 18
    assert peak < 8_000_000, peak
    assert socket.headers[b"Content-Length"] == str(SIZE).encode()
    assert b"attachment" in socket.headers[b"Content-Disposition"]
    assert socket.headers[b"X-Content-Type-Options"] == b"nosniff"


def test_the_same_bytes_come_out_both_ways() -> None:
    body = bytes(range(256)) * 5000
    get_store().put("a/b.bin", body)

    async def by_asgi() -> bytes:
        response = object_response("a/b.bin", name="b.bin", content_type="application/octet-stream")
        return b"".join([piece async for piece in await served(PagesApplication(), response)])

    by_wsgi = object_response("a/b.bin", name="b.bin", content_type="application/octet-stream")
    assert asyncio.run(by_asgi()) == body == b"".join(by_wsgi.streaming_content)


@pytest.mark.parametrize("key", ["not/there", "../../etc/passwd"])
def test_what_is_not_there_is_not_found(key: str) -> None:
    with pytest.raises(Http404):
        object_response(key, name="x", content_type="text/plain")
