"""A scoring service in a process of its own, and a closed-loop load on it over raw sockets (a light client)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from tests.servers import free_port

START_SECONDS = 60


class Server:
    """uvicorn with inference.asgi alone."""

    def __init__(self, environment: dict[str, str], root: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "uvicorn", "inference.asgi:application", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, "--no-access-log", "--log-level", "warning"], env=environment, cwd=root
        )
        self._usage = psutil.Process(self._process.pid)

    def __enter__(self) -> Server:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
                    if json.load(answer)["status"] == "ready":
                        return self
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError("the scoring service did not become ready: see its log above")

    def __exit__(self, *details: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)

    def cpu_seconds(self) -> float:
        """CPU time used so far."""
        times = self._usage.cpu_times()
        return times.user + times.system

    def memory_mb(self) -> int:
        """Resident memory."""
        return int(self._usage.memory_info().rss / 1e6)


class Load:
    """Clients that each wait for an answer before they ask again."""

    def __init__(self, server: Server, token: str, texts: list[str]) -> None:
        self._server = server
        self._requests = [_request(text, token) for text in texts]

    async def run(self, *, clients: int, seconds: float) -> dict[str, Any]:
        """CPU milliseconds per request, latency percentiles in ms, requests per second, errors, degraded answers."""
        latencies: list[float] = []
        problems = {"errors": 0, "degraded": 0}
        cpu, started = self._server.cpu_seconds(), time.perf_counter()
        until = started + seconds
        await asyncio.gather(*(self._client(n, until, latencies, problems) for n in range(clients)))
        elapsed, cpu = time.perf_counter() - started, self._server.cpu_seconds() - cpu
        latencies.sort()
        count = max(1, len(latencies))
        return {
            "requests": len(latencies),
            "per_second": round(len(latencies) / elapsed, 1),
            "cpu_ms": round(cpu * 1000 / count, 3),
            "p50_ms": round(latencies[count // 2] * 1000, 1) if latencies else None,
            "p95_ms": round(latencies[int(count * 0.95)] * 1000, 1) if latencies else None,
            **problems,
        }

    async def _client(self, number: int, until: float, latencies: list[float], problems: dict[str, int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        turn = number
        while time.perf_counter() < until:
            asked = time.perf_counter()
            writer.write(self._requests[turn % len(self._requests)])
            status, body = await _response(reader)
            latencies.append(time.perf_counter() - asked)
            problems["errors"] += status != 200
            problems["degraded"] += b'"degraded":true' in body
            turn += 1
        writer.close()


def _request(text: str, token: str) -> bytes:
    body = json.dumps({"messages": [{"role": "user", "content": text}]}).encode()
    head = (
        "POST /infer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head[9:12]), await reader.readexactly(length)
