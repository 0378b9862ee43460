"""The contestants of benchmarks.scoring, each in processes of its own: started, watched, stopped."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.ports import free_port

START_SECONDS = 120
OURS = "Pixel Hub"


@dataclass(frozen=True)
class Peer:
    """A module of benchmarks/peers: how it is started, where it takes a conversation."""

    name: str
    command: tuple[str, ...]
    path: str


def peer(name: str) -> Peer:
    """The peer of that name. `{port}` and `{python}` in a command are filled in."""
    if name.startswith("fastapi"):
        app = f"benchmarks.peers.{name}:app"
        serve = ("{python}", "-m", "uvicorn", app, "--port", "{port}", "--no-access-log", "--log-level", "warning")
        return Peer(name, serve, "/infer")
    if name.startswith("litserve"):
        return Peer(name, ("{python}", "-m", "benchmarks.peers.litserve_onnx", "{port}", name), "/predict")
    command = ("{python}", "-m", "bentoml", "serve", "benchmarks.peers.bentoml_onnx:Scorer", "--port", "{port}")
    return Peer(name, command, "/infer")


class Server:
    """A running contestant: its port and path, and what its processes use together."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, path: str) -> None:
        self.port = port
        self.path = path
        self._root = psutil.Process(process.pid)

    def _processes(self) -> Iterator[psutil.Process]:
        yield self._root
        yield from self._root.children(recursive=True)

    def cpu_seconds(self) -> float:
        """CPU time used so far by all its processes."""
        total = 0.0
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def shares(self) -> list[float]:
        """CPU time used so far by each worker of several; nothing where the one process is the worker."""
        workers = [child for child in self._root.children() if "spawn_main" in " ".join(child.cmdline())]
        return [times.user + times.system for times in (worker.cpu_times() for worker in workers)]

    def memory_mb(self) -> dict[str, int]:
        """Resident memory of all its processes; `largest` of one; `shared_once` counts what they share once (PSS)."""
        resident, proportional = [], 0
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                usage = process.memory_full_info()
                resident.append(usage.rss)
                proportional += usage.pss
        return {
            "all": int(sum(resident) / 1e6),
            "largest": int(max(resident) / 1e6),
            "shared_once": int(proportional / 1e6),
            "processes": len(resident),
        }


def prepared(folder: Path, bundle: Path, root: Path, **more: str) -> tuple[dict[str, str], str]:
    """A hub in `folder` that serves the bundle: the environment of its processes, and a key's token."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "pixelhub.settings",
        "PIXELHUB_VAR_DIR": str(folder / "var"),
        "LOG_LEVEL": "WARNING",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(root),
        **more,
    }
    run: dict[str, Any] = {"cwd": root, "env": environment, "check": True}
    subprocess.run([sys.executable, "manage.py", "migrate", "--skip-checks", "-v0"], **run)
    setup = [sys.executable, "-m", "benchmarks.scoring_setup", str(bundle)]
    return environment, subprocess.run(setup, **run, capture_output=True, text=True).stdout.split()[-1]


@contextmanager
def held_to(cores: list[int]) -> Iterator[None]:
    """What is started in here runs on these cores; this process comes back to its own."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


@contextmanager
def start_ours(
    environment: dict[str, str], root: Path, *, workers: int, cores: list[int] | None = None
) -> Iterator[Server]:
    """uvicorn with inference.asgi alone, held to these cores."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "inference.asgi:application", "--port", str(port)]
    more = ["--workers", str(workers)] if workers > 1 else []
    with ExitStack() as stack:
        with held_to(cores or sorted(os.sched_getaffinity(0))):
            running = _running([*command, *more, "--no-access-log", "--log-level", "warning"], environment, root)
            process = stack.enter_context(running)
        wait_until(f"http://127.0.0.1:{port}/readyz", b'"ready"', lambda: process.poll() is None)
        yield Server(process, port, "/infer")


@contextmanager
def start_peer(what: Peer, python: Path, bundle: Path, environment: dict[str, str], root: Path) -> Iterator[Server]:
    """A peer in the peers' environment, on the same bundle."""
    port = free_port()
    fill = {"{python}": str(python.absolute()), "{port}": str(port)}
    command = [fill.get(part, part) for part in what.command]
    more = {"BENCH_BUNDLE": str(bundle.resolve()), "BENTOML_DO_NOT_TRACK": "True", "BENTOML_PORT": str(port)}
    with _running(command, {**environment, **more}, root) as process:
        wait_until(f"http://127.0.0.1:{port}/", b"", lambda: process.poll() is None)
        yield Server(process, port, what.path)


@contextmanager
def _running(command: list[str], environment: dict[str, str], root: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()


def wait_until(url: str, wanted: bytes, lives: Callable[[], bool]) -> None:
    """Ask until an answer holds what is wanted, for as long as the server lives. Raises RuntimeError."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and lives():
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - a loopback address of our own
                if wanted in answer.read():
                    return
        except urllib.error.HTTPError:
            if not wanted:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{url} did not become ready: see its log above")
