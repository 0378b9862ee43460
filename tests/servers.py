"""Real servers for tests, started on loopback and ended with the run: PostgreSQL, Redis, two S3 servers.

Each answers None where its programs are not installed, so that a test can say what it could not use.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import swiftserver

_START_SECONDS = 60


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path | None:
    """The folder with initdb and postgres, newest version first."""
    candidates = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    on_path = shutil.which("postgres")
    candidates += [str(Path(on_path).parent)] if on_path else []
    return next((Path(folder) for folder in candidates if Path(folder, "initdb").exists()), None)


def _unprivileged() -> dict[str, object]:
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


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """A throw-away PostgreSQL cluster; yields `postgres://…/postgres` or None."""
    programs = postgres_programs()
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-pg-"))
    account = _unprivileged()
    if "user" in account:
        os.chown(folder, account["user"], account["group"])  # type: ignore[arg-type]
    port = free_port()
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "hub", "--auth=trust", "-E", "UTF8", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, env=environment, cwd=folder, **account,  # type: ignore[call-overload]
    )  # fmt: skip
    options = ["-c", "fsync=off", "-c", "max_connections=200", "-c", f"unix_socket_directories={folder}"]
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=folder, **account,  # type: ignore[call-overload]
    )  # fmt: skip
    try:
        _wait_for_port(port, server, "PostgreSQL")
        url = f"postgres://hub@127.0.0.1:{port}/postgres"
        _wait_until_ready(url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis_server() -> Iterator[str | None]:
    """A throw-away Redis without persistence; yields `redis://…` or None."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir(),
    )  # fmt: skip
    try:
        _wait_for_port(port, server, "Redis")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=30)


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
        server.wait(timeout=30)


@contextmanager
def swift_server() -> Iterator[swiftserver.SwiftServer | str]:
    """OpenStack Swift with s3api; yields the reason as a string where it cannot run (see tests/swiftserver.py)."""
    with swiftserver.swift_server(free_port, _wait_for_port) as server:
        yield server
