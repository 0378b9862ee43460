"""`manage.py hub`: one command that starts everything, keeps it running, and stops it."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.hubprocess import HubProcess

pytestmark = pytest.mark.slow
SECONDS = 180


def eventually(what: str, question: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not question():
        assert time.monotonic() < deadline, f"did not happen within {SECONDS} s: {what}"
        time.sleep(0.1)


def family(hub: HubProcess) -> list[psutil.Process]:
    """The hub and everything it started, by the var folder in their environment."""
    return [process for process in psutil.process_iter() if is_of(hub, process)]


def is_of(hub: HubProcess, process: psutil.Process, program: str = "") -> bool:
    """Whether it lives, is the hub's and runs this program; it may end while it is looked at."""
    try:
        ours = process.environ().get("PIXELHUB_VAR_DIR") == hub.environment["PIXELHUB_VAR_DIR"]
        return ours and (not program or program in process.cmdline())
    except psutil.Error:
        return False


def web_of(hub: HubProcess) -> psutil.Process | None:
    return next((process for process in psutil.process_iter() if is_of(hub, process, "pixelhub.ops.web")), None)


def test_a_killed_web_process_comes_back_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    with HubProcess(tmp_path) as hub:
        hub.start()
        web = web_of(hub)
        assert web is not None
        os.kill(web.pid, signal.SIGKILL)
        eventually("another web process answers", lambda: (new := web_of(hub)) and new.pid != web.pid and hub.answers())
        hub.stop()
        eventually("every process is gone", lambda: not family(hub))


def test_a_killed_hub_leaves_nothing_that_holds_the_port(tmp_path: Path) -> None:
    with HubProcess(tmp_path) as hub:
        hub.start("--no-worker")
        hub.stop(signal.SIGKILL)
        eventually("every process is gone", lambda: not family(hub))
        hub.start("--no-worker")
        assert hub.answers()


def test_a_busy_port_and_a_public_demo_are_refused_with_a_reason(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", hub.port))
        holder.listen()
        busy = hub.manage("hub", "--port", str(hub.port), check=False)
    assert busy.returncode == 1 and "in use" in busy.stderr
    public = hub.manage("hub", "--demo", "--host", "0.0.0.0", check=False)  # noqa: S104  (what must be refused)
    assert public.returncode == 1 and "loopback" in public.stderr
    assert not (tmp_path / "var" / "hub.sqlite3").exists()
