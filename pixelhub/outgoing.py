"""One HTTP request to an address that was checked before: bounded in time and size, redirects are not followed.

The connection goes to the given IP address, so nothing is looked up again between the check and the use (DNS
rebinding), while TLS still proves the host's name. Standard library only.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Self
from urllib.parse import urlsplit


class AnswerTooLarge(OSError):
    """The answer holds more bytes than were allowed."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, headers by lower-case name, and the body as far as it was wanted."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(
    method: str,
    url: str,
    body: bytes | None,
    *,
    addresses: Sequence[str],
    headers: Mapping[str, str],
    limit_s: float,
    largest_answer: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request to the first of `addresses` (to the host itself where there are none: the operator's own).

    `limit_s` is for the whole of it, `largest_answer` in bytes; 0 leaves the body unread. Raises TimeoutError,
    ssl.SSLError, AnswerTooLarge, other OSErrors and http.client.HTTPException.
    """
    parts = urlsplit(url)
    host = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    with _Limited(
        socket.create_connection((addresses[0] if addresses else host, port), timeout=min(limit_s / 2, 10.0)), limit_s
    ) as line:
        if parts.scheme == "https":
            line.secure(tls or ssl.create_default_context(), host)
        connection = HTTPConnection(host, port, timeout=limit_s)
        connection.sock = line.raw
        connection.request(method, target, body, {**headers, "Connection": "close"})
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        content = response.read(largest_answer + 1) if largest_answer else b""
        if len(content) > largest_answer:
            raise AnswerTooLarge("the answer is larger than allowed")
        if largest_answer and response.length:
            raise ConnectionResetError("the answer ended before its end")
        return Answer(response.status, found, content)


class _Limited:
    """A connection that is cut after a while: a socket's own limit counts from byte to byte, so one at a time could
    last for ever. What the cut interrupted ends in TimeoutError."""

    def __init__(self, raw: socket.socket, limit_s: float) -> None:
        self.raw = raw
        self._late = False
        raw.settimeout(limit_s)
        self._timer = threading.Timer(limit_s, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._timer.cancel()
        self.raw.close()
        if self._late and kind is not None:
            raise TimeoutError("the answer took too long") from error

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        # Wrapped first and greeted then: the cut must reach a handshake that never ends.
        self.raw = wrapped = context.wrap_socket(self.raw, server_hostname=host, do_handshake_on_connect=False)
        wrapped.do_handshake()

    def _cut(self) -> None:
        self._late = True
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.raw, socket.SHUT_RDWR)
