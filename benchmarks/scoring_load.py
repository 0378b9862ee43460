"""Load on a scoring server over raw sockets, with a client that costs little: closed loop, or at an offered rate."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from datasets_app.corpus.render import render_conversation

#: A connection idle for longer isn't used again, as HTTP clients have it: uvicorn ends one after five seconds.
_KEPT_IDLE_S = 3.0


class Measured(Protocol):
    """What the load needs of a server."""

    port: int
    path: str

    def cpu_seconds(self) -> float: ...


@dataclass
class Tally:
    """What came back. `refused` counts 503 with Retry-After, `differing` the largest difference of a score."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    lost: int = 0
    degraded: Counter[str] = field(default_factory=Counter)
    differing: float = 0.0

    def add(self, other: Tally) -> None:
        """What another process has tallied of the same load."""
        self.latencies += other.latencies
        self.statuses += other.statuses
        self.refused += other.refused
        self.lost += other.lost
        self.degraded += other.degraded
        self.differing = max(self.differing, other.differing)

    def figures(self, seconds: float, cpu: float) -> dict[str, Any]:
        """Percentiles in ms, CPU ms per answer, errors: anything but 200 and a 503 with Retry-After."""
        latencies = sorted(self.latencies)
        count = max(1, len(latencies))
        known = self.statuses[200] + self.refused
        return {
            "requests": len(latencies),
            "per_second": round(self.statuses[200] / seconds, 1),
            "cpu_ms": round(cpu * 1000 / count, 3),
            **{
                f"p{share}_ms": round(latencies[min(count - 1, count * share // 100)] * 1000, 1) if latencies else None
                for share in (50, 95, 99)
            },
            "errors": sum(self.statuses.values()) - known + self.lost,
            "refused_503": self.refused,
            "degraded": self.degraded.total(),
            **({"degraded_by": dict(self.degraded)} if self.degraded else {}),
            "largest_difference": self.differing,
        }


class Load:
    """Requests over the texts, in turn."""

    def __init__(self, server: Measured, token: str, texts: list[str]) -> None:
        self._server = server
        self._requests = [_request(text, token, server.path) for text in texts]

    async def answers(self) -> list[dict[str, Any]]:
        """The answer to each text, asked one after the other."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        found = []
        for request in self._requests:
            writer.write(request)
            _, body, _ = await _response(reader)
            found.append(json.loads(body))
        writer.close()
        return found

    async def scores(self) -> list[float]:
        """The score of each text, asked one after the other."""
        return [answer["model_score"] for answer in await self.answers()]

    async def run(self, *, clients: int, seconds: float, compare_with: list[float] | None = None) -> dict[str, Any]:
        """Clients that each wait for an answer before they ask again; after a 503 as long as it says."""
        cpu, started = self._server.cpu_seconds(), time.perf_counter()
        tally = await self.ask(clients=range(clients), seconds=seconds, compare_with=compare_with)
        elapsed = time.perf_counter() - started
        return tally.figures(elapsed, self._server.cpu_seconds() - cpu)

    async def ask(
        self, *, clients: range, seconds: float, compare_with: list[float] | None = None, pause: float = 0.0
    ) -> Tally:
        """The same, tallied alone; a client's number says with which text it begins.

        With a `pause` each client waits so many seconds on average (exponentially distributed) before it asks.
        """
        tally = Tally()
        until = time.perf_counter() + seconds
        await asyncio.gather(*(self._client(number, until, tally, compare_with, pause) for number in clients))
        return tally

    async def offer(self, *, rate: float, seconds: float) -> dict[str, Any]:
        """Requests at random moments, `rate` a second on average, whether or not earlier ones were answered."""
        cpu, started = self._server.cpu_seconds(), time.perf_counter()
        tally = await self.ask_at(rate=rate, seconds=seconds)
        elapsed = time.perf_counter() - started
        return {"offered_per_second": round(rate, 1), **tally.figures(elapsed, self._server.cpu_seconds() - cpu)}

    async def ask_at(self, *, rate: float, seconds: float, seed: int = 7) -> Tally:
        """The same, tallied alone."""
        rng = random.Random(seed)
        tally = Tally()
        free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        asking: set[asyncio.Task[None]] = set()
        started = due = time.perf_counter()
        turn = 0
        while (due := due + rng.expovariate(rate)) < started + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self._ask_once(turn, due, free, tally))
            asking.add(task)
            task.add_done_callback(asking.discard)
            turn += 1
        await asyncio.gather(*asking)
        for _, writer in free:
            writer.close()
        return tally

    async def _ask_once(self, turn: int, due: float, free: list[Any], tally: Tally) -> None:
        reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", self._server.port)
        writer.write(self._requests[turn % len(self._requests)])
        await self._take(reader, due, tally, None)
        free.append((reader, writer))

    async def _client(
        self, number: int, until: float, tally: Tally, compare_with: list[float] | None, mean_pause: float
    ) -> None:
        turn = number
        rng = random.Random(number)
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while time.perf_counter() < until:
            if mean_pause:
                # Nobody asks once the time is over: a pause may last past it.
                idle = min(rng.expovariate(1 / mean_pause), max(0.0, until - time.perf_counter()))
                await asyncio.sleep(idle)
                if time.perf_counter() >= until:
                    break
                if connection and idle > _KEPT_IDLE_S:
                    connection[1].close()
                    connection = None
            try:
                connection = connection or await asyncio.open_connection("127.0.0.1", self._server.port)
                asked = time.perf_counter()
                which = turn % len(self._requests)
                connection[1].write(self._requests[which])
                expected = compare_with[which] if compare_with else None
                pause = await self._take(connection[0], asked, tally, expected)
            except (OSError, asyncio.IncompleteReadError):
                tally.lost += 1
                connection, pause = None, 0.1
            turn += 1
            if pause:
                await asyncio.sleep(pause)
        if connection:
            connection[1].close()

    async def _take(self, reader: asyncio.StreamReader, asked: float, tally: Tally, expected: float | None) -> float:
        status, body, retry_after = await _response(reader)
        tally.latencies.append(time.perf_counter() - asked)
        tally.statuses[status] += 1
        if status == 503 and retry_after:
            tally.refused += 1
            return retry_after
        if b'"degraded":true' in body:
            tally.degraded[json.loads(body)["reason"]] += 1
        elif expected is not None and status == 200:
            tally.differing = max(tally.differing, abs(json.loads(body)["model_score"] - expected))
        return 0.0


def _request(text: str, token: str, path: str) -> bytes:
    """`text_read` is what a server that renders nothing itself gives to its model: the same text."""
    messages = [{"role": "user", "content": text}]
    body = json.dumps({"messages": messages, "metadata": {"text_read": render_conversation(messages)}}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes, float]:
    """(status, body, Retry-After in seconds, 0 without)."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    retry_after = head.partition(b"\r\nretry-after:")[2].partition(b"\r\n")[0]
    return int(head[9:12]), await reader.readexactly(length), float(retry_after or 0)
