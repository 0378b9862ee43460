"""The worker processes of a study, seen from the study: one trial each at a time, started anew when one dies."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final

import orjson
import torch

from .config import ComputeConfig, TrainingConfig, config_as_dict
from .events import parse_event

# What a worker with the embedded encoder takes, by measurement, and a reserve.
WORKER_BYTES: Final = 1_500_000_000
END_SECONDS: Final = 3.0
_CHUNK: Final = 1 << 16
_ROOT: Final = Path(__file__).resolve().parents[2]


class TrialProcess:
    """One `python -m training_app.learn trials`; `busy` is what its user has given it to do."""

    def __init__(self, threads: int, gpu: int | None) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = str(gpu)
        self.gpu = gpu
        self.busy: Any = None
        self._pending = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", __package__ or "", "trials"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment,
            cwd=_ROOT,
        )

    @property
    def output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def ask(self, what: str, config: TrainingConfig) -> None:
        self.tell({"do": what, "config": config_as_dict(config)})

    def tell(self, message: dict[str, Any]) -> None:
        """Send one line; a process that has died is found out by its output's end."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(orjson.dumps(message) + b"\n")
        except BrokenPipeError:
            return

    def events(self) -> list[dict[str, Any]] | None:
        """Return the events that have come, None when the process has ended. Call when its output is readable."""
        chunk = os.read(self.output.fileno(), _CHUNK)
        if not chunk:
            return None
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        found = (parse_event(line.decode(errors="replace")) for line in lines)
        return [event for event in found if event is not None]

    def ended_how(self) -> str:
        """Wait for the end of a process whose output has ended, and say how it ended."""
        code = self._process.wait()
        if code == -signal.SIGKILL:
            return "its process was killed (signal 9); most often the machine has run out of memory"
        return f"its process was stopped by signal {-code}" if code < 0 else f"its process ended with code {code}"

    def stop(self) -> None:
        """Ask for the end: a training hears the signal, one that waits for our word hears that none will come."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.poll() is None:
            self._process.terminate()

    def close(self, until: float) -> None:
        """Wait for the end, kill it when it does not come in time, and let go of the pipes."""
        try:
            self._process.wait(max(0.0, until - monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class TrialPool:
    """Up to `places` processes; a context manager that leaves none behind."""

    def __init__(self, compute: ComputeConfig, places: int) -> None:
        self._threads = compute.threads
        gpus = torch.cuda.device_count() if compute.device != "cpu" else 0
        self._free_gpus: list[int | None] = [index % gpus for index in range(places)] if gpus else [None] * places
        self._selector = selectors.DefaultSelector()
        self.processes: list[TrialProcess] = []

    def __enter__(self) -> TrialPool:
        return self

    def __exit__(self, *details: object) -> None:
        for process in self.processes:
            process.stop()
        until = monotonic() + END_SECONDS
        for process in self.processes:
            process.close(until)
        self._selector.close()

    def idle(self) -> TrialProcess | None:
        """Return a process without work, a new one where there is room, None when all are busy."""
        for process in self.processes:
            if process.busy is None:
                return process
        if not self._free_gpus:
            return None
        process = TrialProcess(self._threads, self._free_gpus.pop(0))
        self._selector.register(process.output, selectors.EVENT_READ, process)
        self.processes.append(process)
        return process

    def heard(self, timeout: float) -> Iterator[tuple[TrialProcess, list[dict[str, Any]] | None]]:
        """Yield what the processes have said within `timeout` seconds, None for one that has ended."""
        for key, _ in self._selector.select(timeout):
            yield key.data, key.data.events()

    def bury(self, process: TrialProcess) -> str:
        """Take out a process that has ended; returns how it ended."""
        how = process.ended_how()
        self._selector.unregister(process.output)
        self.processes.remove(process)
        process.close(monotonic())
        self._free_gpus.append(process.gpu)
        return how


def room_for(compute: ComputeConfig) -> int:
    """Return how many trials fit side by side: one per GPU, else what cores and free memory allow; at least one."""
    gpus = torch.cuda.device_count() if compute.device != "cpu" else 0
    if gpus:
        return gpus
    cores = len(os.sched_getaffinity(0)) // compute.threads
    return max(1, min(cores, _free_bytes() // WORKER_BYTES))


def _free_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return WORKER_BYTES
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), WORKER_BYTES)
