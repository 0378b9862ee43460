"""A light HTTP/1.1 client over one kept-alive connection: the load must cost less than what it measures."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any


class Unanswered(Exception):
    """The connection broke or timed out before the answer: the request may or may not have had its effect."""


@dataclass(frozen=True)
class Raw:
    """A body that is not JSON."""

    kind: str
    body: bytes


@dataclass
class Connection:
    """Requests one after the other as one signed-in browser: its cookies and headers are sent with each."""

    port: int
    headers: dict[str, str]
    timeout: float = 60.0
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, repr=False)

    async def request(self, method: str, path: str, payload: Any = None) -> tuple[int, Any]:
        """Status and decoded JSON (None for anything else). Raises `Unanswered`."""
        raw = payload if isinstance(payload, Raw) else Raw("application/json", _encoded(payload))
        body = raw.body
        fields = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(len(body)), **self.headers}
        if body:
            fields["Content-Type"] = raw.kind
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        try:
            async with asyncio.timeout(self.timeout):
                return await self._exchange(f"{head}\r\n".encode() + body)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise Unanswered(type(error).__name__) from error

    def close(self) -> None:
        """Drop the connection; the next request makes another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, request: bytes) -> tuple[int, Any]:
        if self._streams is not None and self._streams[0].at_eof():  # the server let go of it while it lay idle
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        writer.write(request)
        status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
        body = await _body(reader, headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        is_json = headers.get("content-type", "").startswith("application/json")
        return status, json.loads(body) if is_json and body else None


def _encoded(payload: Any) -> bytes:
    return b"" if payload is None else json.dumps(payload).encode()


def _head(raw: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read() if headers.get("connection", "").lower() == "close" else b""
