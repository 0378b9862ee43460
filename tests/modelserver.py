"""A stub of an OpenAI-compatible service on this machine: it answers what a test tells it and remembers what it got."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: Any


@dataclass(frozen=True)
class Reply:
    """What the stub answers: JSON, or bytes as they are."""

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def said(text: str, *, finish_reason: str = "stop") -> Reply:
    """A chat completion with this text."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return Reply({"id": "stub", "object": "chat.completion", "model": "stub-model", "choices": [choice]})


class ModelServer:
    """Where the stub listens, and every request so far."""

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                stub._respond(self, json.loads(body) if body else None)

            do_GET = do_POST = _handle

            def log_message(self, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _respond(self, handler: BaseHTTPRequestHandler, content: Any) -> None:
        asked = Asked(handler.command, handler.path, dict(handler.headers), content)
        with self._lock:
            self.asked.append(asked)
            reply = self._answer(asked)
        body = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content).encode()
        handler.send_response(reply.status)
        for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def model_server(answer: Callable[[Asked], Reply]) -> Iterator[ModelServer]:
    """Run a stub; `answer` is called once a request, never twice at a time."""
    server = ModelServer(answer)
    server.start()
    try:
        yield server
    finally:
        server.stop()
