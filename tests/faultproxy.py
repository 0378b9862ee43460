"""A proxy before an object store that fails on order, over real sockets: what networks and servers do to a client."""

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

# A word that no error message, log or page may repeat.
SECRET_BODY = b"<Error><Code>InternalError</Code><Message>internal host 10.1.2.3 says canary-7731</Message></Error>"

_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}


@dataclass
class Fault:
    """What goes wrong: `kind`, for requests with this method whose path holds `where`, `times` times.

    error: `status`, with `headers`. cut: the body ends after `after` bytes, the connection closed. reset: likewise,
    by RST. stall: silence after `after` bytes for `seconds`. etag: another ETag than the object's. flip: one bit of
    the body is wrong. lost: the request is carried out, its answer is not delivered.
    """

    kind: str
    method: str = "GET"
    where: str = ""
    times: int = 1
    status: int = 500
    after: int = 0
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method == method and self.where in path


@dataclass
class FaultProxy:
    """Its address, the faults to come, and the requests it saw (method, path, Range, If-Match)."""

    endpoint: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[tuple[str, str, str, str]] = field(default_factory=list)
    before: Callable[[str, str], None] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, kind: str, **options: Any) -> Fault:
        """One more fault, after those planned before."""
        fault = Fault(kind, **options)
        self.faults.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, if one is due."""
        with self._lock:
            for fault in self.faults:
                if fault.fits(method, path):
                    fault.times -= 1
                    return fault
        return None


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """A proxy on loopback before `upstream` (http://host:port)."""
    proxy = FaultProxy()
    parts = urlsplit(upstream)

    class Handler(_Handler):
        plan = proxy
        target = (str(parts.hostname), int(parts.port or 80))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    plan: FaultProxy
    target: tuple[str, int]

    def log_message(self, *args: Any) -> None:
        """Silent."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = self.headers
        self.plan.seen.append((self.command, self.path, headers.get("Range", ""), headers.get("If-Match", "")))
        if self.plan.before is not None:
            self.plan.before(self.command, self.path)
        fault = self.plan.take(self.command, self.path)
        if fault is not None and fault.kind == "error":
            self._answer(fault.status, {"Content-Type": "application/xml", **fault.headers}, SECRET_BODY)
            return
        if fault is not None and fault.kind == "reset" and not fault.after:
            self._reset()
            return
        status, answer_headers, answer = self._forward(body)
        if fault is None:
            self._answer(status, answer_headers, answer)
        else:
            self._fail(fault, status, answer_headers, answer)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(*self.target, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "expect")}
        connection.request(self.command, self.path, body=body or None, headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        if self.command == "HEAD":
            kept["Content-Length"] = answer.headers.get("Content-Length", "0")
        connection.close()
        return answer.status, kept, data

    def _fail(self, fault: Fault, status: int, headers: dict[str, str], data: bytes) -> None:
        if fault.kind == "lost":
            self._reset()
        elif fault.kind == "etag":
            self._answer(status, {**headers, "ETag": '"00000000000000000000000000000000"'}, data)
        elif fault.kind == "flip":
            damaged = bytearray(data)
            damaged[len(damaged) // 2] ^= 1
            self._answer(status, headers, bytes(damaged))
        else:
            self._answer(status, headers, data[: fault.after], length=len(data))
            if fault.kind == "stall":
                time.sleep(fault.seconds)
            if fault.kind == "reset":
                self._reset()
            self.close_connection = True

    def _answer(self, status: int, headers: dict[str, str], data: bytes, *, length: int | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
            self.wfile.flush()

    def _reset(self) -> None:
        """Close with RST instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
