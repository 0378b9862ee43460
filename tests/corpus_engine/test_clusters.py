"""Engines past one machine: a scheduler and workers that speak TCP, and workers that are killed at work."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest

from datasets_app.corpus.engine import Progress, compile_corpus, make_executor
from tests.paths import PROJECT_ROOT

from .making import compiled, described, rows, settings, write

pytestmark = pytest.mark.slow
UNIT_BYTES = 2_000
DASK = "distributed.cli.dask_"


class DaskOverTcp:
    """`dask scheduler` and two `dask worker`, each a process of its own."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        assert scheduler.stderr is not None
        lines = (re.search(r"tcp://127\.0\.0\.1:\d+", line) for line in scheduler.stderr)
        self.address = next(found.group() for found in lines if found)
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
        self.workers = [self._start("worker", self.address, *options) for _ in range(2)]

    def _start(self, what: str, *arguments: str) -> "subprocess.Popen[str]":
        environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-m", f"{DASK}{what}", *arguments],
            cwd=PROJECT_ROOT, env=environment, stderr=subprocess.PIPE if what == "scheduler" else subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        self._stack.callback(_end, process)
        return process


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


@pytest.fixture
def dask() -> Iterator[DaskOverTcp]:
    with ExitStack() as stack:
        yield DaskOverTcp(stack)


def test_dask_with_two_workers_over_tcp_one_of_them_killed(dask: DaskOverTcp, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", rows(80))
    expected, _ = compiled(tmp_path, source)
    killed: list[int] = []

    def told(progress: Progress) -> None:
        if progress.done and not killed:
            killed.append(dask.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    with closing(make_executor("dask", address=dask.address)) as executor:
        compile_corpus(
            [described(source)], tmp_path / "release", settings(unit_bytes=UNIT_BYTES), executor=executor,
            workdir=tmp_path / "work", progress=told,
        )  # fmt: skip
    assert killed
    assert (tmp_path / "release" / "manifest.json").read_bytes() == (expected / "manifest.json").read_bytes()


def test_ray_with_a_killed_worker(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", rows(80))
    expected, _ = compiled(tmp_path, source)
    killed: list[int] = []

    def told(progress: Progress) -> None:
        if progress.done and not killed:
            mine = psutil.Process().children(recursive=True)
            # Not its agents, which bear the same prefix: without them Ray gives the whole machine up.
            busy = [process for process in mine if process.cmdline()[:1] in (["ray::call"], ["ray::IDLE"])]
            if busy:
                killed.append(busy[0].pid)
                busy[0].kill()

    with closing(make_executor("ray", workers=2)) as executor:
        compile_corpus(
            [described(source)], tmp_path / "release", settings(unit_bytes=UNIT_BYTES), executor=executor,
            workdir=tmp_path / "work", progress=told,
        )  # fmt: skip
    assert killed
    assert (tmp_path / "release" / "manifest.json").read_bytes() == (expected / "manifest.json").read_bytes()
