"""What a turn of a session costs beyond a plain score of the same window, over HTTP against a service of its own.

    python -m benchmarks.session_turns --turns 300

One client, a service process on a fresh SQLite file, a model that costs next to nothing (so the difference is the
session's own). In turns: a plain score, a turn with the window kept sealed, a turn of a session that keeps nothing.
Prints milliseconds, and the service's CPU time per request of each kind.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.inference.service import Service

WINDOW = 10
TEXTS = [f"I had a long day and slept little, but number {n} was a good walk with my sister" for n in range(WINDOW)]
PREFIX = "/api/v1/conversations"


def message(number: int) -> dict[str, str]:
    """The message of a turn: roles alternate."""
    return {"role": ("user", "assistant")[number % 2], "content": TEXTS[number % WINDOW]}


def asks(client: httpx.Client) -> dict[str, Callable[[int], httpx.Response]]:
    """The three kinds of request; sessions have full windows already."""
    sessions = {}
    for retention in ("window", "none"):
        sessions[retention] = client.post(PREFIX, json={"retention": retention}).json()["session"]["id"]
    client.post(f"{PREFIX}/{sessions['window']}/turns", json={"turns": [message(n) for n in range(WINDOW)]})

    def context(number: int) -> list[dict[str, str]]:
        return [message(n) for n in range(max(0, number - WINDOW + 1), number)]

    return {
        "plain score": lambda number: client.post(
            "/api/v1/crisis/score", json={"messages": [message(number + n) for n in range(WINDOW)]}
        ),
        "turn, window kept": lambda number: client.post(
            f"{PREFIX}/{sessions['window']}/turns", json=message(number + WINDOW)
        ),
        "turn, nothing kept": lambda number: client.post(
            f"{PREFIX}/{sessions['none']}/turns", json={**message(number), "context": context(number)}
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=300)
    turns = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder))
        client = service.start("--log-level", "warning")
        process = service.process
        wall: dict[str, list[float]] = {}
        cpu: dict[str, float] = {}
        kinds = asks(client)
        for number in range(turns):
            for name, ask in kinds.items():
                before, started = process.cpu_times(), time.perf_counter()
                answer = ask(number)
                wall.setdefault(name, []).append((time.perf_counter() - started) * 1000)
                after = process.cpu_times()
                cpu[name] = cpu.get(name, 0.0) + after.user + after.system - before.user - before.system
                if answer.status_code != 200:
                    raise RuntimeError(f"{name}: {answer.status_code} {answer.text[:200]}")
        service.stop()
    sys.stdout.write("| | p50 ms | p95 ms | CPU ms |\n|---|---|---|---|\n")
    for name, times in wall.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        line = f"| {name} | {statistics.median(times):.1f} | {p95:.1f} | {cpu[name] * 1000 / turns:.1f} |\n"
        sys.stdout.write(line)


if __name__ == "__main__":
    main()
