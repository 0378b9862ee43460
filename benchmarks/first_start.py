"""A newcomer's first minutes with a timer: clone, `make run`, the first page, the demo's last job.

    python -m benchmarks.first_start                                # installs everything into the clone
    python -m benchmarks.first_start --environment .venv            # with an installed environment
    python -m benchmarks.first_start --environment .venv --servers  # on a PostgreSQL and a Redis of its own

Clones the last commit of this working copy into a folder that is removed (unless `--keep FOLDER` names one), types
`make run PORT=…` there and asks the sign-in page ten times a second. Prints one JSON document: seconds from Enter to
the installed environment, to the first page, to each kind of job's last one, and to the moment when no job is left.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg

from tests.paths import PROJECT_ROOT
from tests.ports import free_port
from tests.servers import postgres_server, redis_server

JOBS = "SELECT kind, state FROM jobs_job"
STAMP = ".installed"
#: What a newcomer's shell would not have.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE", "PIXELHUB_VAR_DIR", "OMP_NUM_THREADS")


class Newcomer:
    """A fresh clone and the hub that `make run` starts in it."""

    def __init__(self, folder: Path, environment: Path | None, settings: dict[str, str]) -> None:
        self.folder, self.port = folder, free_port()
        self.database_url = settings.get("DATABASE_URL", "")
        subprocess.run(["git", "clone", "--quiet", PROJECT_ROOT, folder], check=True)
        if environment:
            (folder / ".venv").symlink_to(environment.resolve())
            # The stamp says that the lock file was installed; a clone's files are newer than it.
            stamped = (environment / STAMP).stat().st_mtime
            os.utime(folder / "deploy" / "requirements.lock", (stamped - 1, stamped - 1))
        clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        self.began = time.monotonic()
        with (folder / "hub.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["make", "run", f"PORT={self.port}"],
                cwd=folder, env={**clean, **settings}, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def seconds_until(self, question: Callable[[], Any], limit: float) -> float:
        """Seconds since Enter at which the answer was true; an error with the hub's log where it never was."""
        while time.monotonic() - self.began < limit:
            if question():
                return round(time.monotonic() - self.began, 1)
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"not within {limit:.0f} s:\n{(self.folder / 'hub.log').read_text()[-3000:]}")

    def is_installed(self) -> bool:
        return (self.folder / ".venv" / STAMP).exists()

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/accounts/login/", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def jobs(self) -> list[tuple[str, str]]:
        """Kind and state of every job."""
        if self.database_url:
            with psycopg.connect(self.database_url) as server:
                return server.execute(JOBS).fetchall()
        with closing(sqlite3.connect(self.folder / "var" / "hub.sqlite3", timeout=30)) as file:
            return file.execute(JOBS).fetchall()

    def seconds_of_jobs(self, limit: float) -> dict[str, float]:
        """When the last job of each kind was over. Fails at once where one failed."""
        ended: dict[str, float] = {}

        def is_idle() -> bool:
            jobs = self.jobs()
            if failed := [kind for kind, state in jobs if state == "failed"]:
                raise RuntimeError(f"failed: {failed}")
            waiting = {kind for kind, state in jobs if state in ("queued", "running")}
            for kind in {kind for kind, _ in jobs} - waiting:
                ended.setdefault(kind, round(time.monotonic() - self.began, 1))
            return ("demo.prepare", "succeeded") in jobs and not waiting

        self.seconds_until(is_idle, limit)
        return ended

    def stop(self) -> None:
        """Ctrl+C, as a person ends it: to make and to the hub."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(timeout=60)


def measured(folder: Path, environment: Path | None, settings: dict[str, str], limit: float) -> dict[str, Any]:
    """The figures of one newcomer."""
    newcomer = Newcomer(folder, environment, settings)
    try:
        figures: dict[str, Any] = {"database": settings.get("DATABASE_URL", "sqlite").partition(":")[0]}
        figures["redis"] = "REDIS_URL" in settings
        figures["environment"] = "linked" if environment else "installed"
        figures["installed_s"] = newcomer.seconds_until(newcomer.is_installed, limit)
        figures["first_page_s"] = newcomer.seconds_until(newcomer.answers, limit)
        figures["jobs_s"] = newcomer.seconds_of_jobs(limit)
        figures["all_done_s"] = max(figures["jobs_s"].values())
        figures["load_average"] = [round(value, 1) for value in os.getloadavg()]
        return figures
    finally:
        newcomer.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environment", type=Path, help="an installed .venv to link instead of installing one")
    parser.add_argument("--servers", action="store_true", help="with a PostgreSQL and a Redis started here")
    parser.add_argument("--keep", type=Path, help="clone into this folder and leave it there")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which it counts as failed")
    options = parser.parse_args()
    with ExitStack() as stack:
        settings = {}
        if options.servers:
            postgres, redis = stack.enter_context(postgres_server()), stack.enter_context(redis_server())
            if not postgres or not redis:
                sys.exit("PostgreSQL's server programs and redis-server are needed.")
            settings = {"DATABASE_URL": postgres, "REDIS_URL": redis}
        folder = options.keep or Path(tempfile.mkdtemp(prefix="newcomer-")) / "pixel-hub"
        if not options.keep:
            stack.callback(shutil.rmtree, folder.parent, ignore_errors=True)
        figures = measured(folder, options.environment, settings, options.limit)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
