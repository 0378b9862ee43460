"""Real servers for tests, started on loopback and ended with the run: PostgreSQL, Redis, two S3 servers.

Each answers None where its programs are not installed, so that a test can say what it could not use.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests import swiftserver
from tests.ports import free_port

_START_SECONDS = 180


def postgres_programs() -> Path | None:
    """The folder with initdb and postgres, newest version first."""
    candidates = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    on_path = shutil.which("postgres")
    candidates += [str(Path(on_path).parent)] if on_path else []
    return next((Path(folder) for folder in candidates if Path(folder, "initdb").exists()), None)


def _unprivileged() -> dict[str, Any]:
    """Arguments for subprocess that leave root behind: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return {}


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]", what: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with status {process.returncode} while starting")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not listen within {_START_SECONDS} s")


def _wait_until_ready(url: str) -> None:
    """PostgreSQL listens before it takes connections ("the database system is starting up")."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@dataclass
class LocalServer:
    """A server on loopback that a test may stop, kill, freeze and start again: its files stay where they are."""

    what: str
    url: str
    port: int
    command: list[str]
    options: dict[str, Any]
    ready: Callable[[str], None] = lambda url: None
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self._process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.options
        )
        _wait_for_port(self.port, self._process, self.what)
        self.ready(self.url)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send(self, number: int) -> None:
        """Send a signal to its first process, if that lives."""
        if self._process is not None and self.is_running:
            self._process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it by this signal and wait until it is gone."""
        self.send(number)
        if self._process is not None:
            self._process.wait(timeout=120)


@contextmanager
def postgres_cluster(folder: Path | None = None, **settings: str) -> Iterator[LocalServer | None]:
    """A throw-away PostgreSQL cluster, running, its files in a new folder below `folder`; None without its programs.

    `stop(SIGINT)` ends it as a restart does, `stop(SIGQUIT)` as a crash.
    """
    programs = postgres_programs()
    if programs is None:
        yield None
        return
    made = Path(tempfile.mkdtemp(prefix="pixelhub-pg-", dir=folder))
    account = _unprivileged()
    if "user" in account:
        os.chown(made, account["user"], account["group"])
    port, data = free_port(), made / "data"
    common: dict[str, Any] = {"env": {**os.environ, "LC_ALL": "C.UTF-8"}, "cwd": made, **account}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "hub", "--auth=trust", "-E", "UTF8", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, **common,
    )  # fmt: skip
    options = {"fsync": "off", "max_connections": "200", "unix_socket_directories": str(made), **settings}
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1"]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    url = f"postgres://hub@127.0.0.1:{port}/postgres"
    server = LocalServer("PostgreSQL", url, port, command, common, _wait_until_ready)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """A throw-away PostgreSQL cluster; yields `postgres://…/postgres` or None."""
    with postgres_cluster() as server:
        yield server.url if server else None


@contextmanager
def redis_process() -> Iterator[LocalServer | None]:
    """A throw-away Redis without persistence, running; None where it is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = LocalServer("Redis", f"redis://127.0.0.1:{port}/0", port, command, {"cwd": tempfile.gettempdir()})
    try:
        server.start()
        yield server
    finally:
        server.send(signal.SIGCONT)
        server.stop()


@contextmanager
def redis_server() -> Iterator[str | None]:
    """A throw-away Redis without persistence; yields `redis://…` or None."""
    with redis_process() as server:
        yield server.url if server else None


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """A file system of that size in memory, to be filled; None where this user may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "pixelhub-test", str(folder)]
    mounted = sys.platform == "linux" and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def s3_server() -> Iterator[str]:
    """moto's S3 as a process of its own; yields its address."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_port(port, server, "moto")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=120)


@contextmanager
def swift_server() -> Iterator[swiftserver.SwiftServer | str]:
    """OpenStack Swift with s3api; yields the reason as a string where it cannot run (see tests/swiftserver.py)."""
    with swiftserver.swift_server(free_port, _wait_for_port) as server:
        yield server
