"""Runs the whole suite: the database tests on PostgreSQL, then everything on SQLite.

Starts PostgreSQL and Redis once for both passes where they are installed, and says plainly what is missing. The
exit status is 0 only where both passes are green; pytest's summary of the SQLite pass comes last.
"""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack

from tests.paths import SHARED_DATA
from tests.servers import postgres_server, redis_server

_NO_TESTS = 5


def main(arguments: list[str]) -> int:
    workers = os.environ.get("PYTEST_WORKERS", "2")
    # One thread per worker: two workers with two threads each would fight over two cores.
    threads = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false"}
    environment = {**os.environ, **threads}
    environment.pop("DATABASE_URL", None)
    # Compiled once, rather than in each of the several hundred processes that tests start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # Tests of a module stay together, so that what they share is made once; who is done early takes from the end of the
    # other's list, where the short ones are (tests/conftest.py).
    pytest = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "worksteal", *arguments]
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server())
        redis = stack.enter_context(redis_server())
        _say_what_is_missing(postgres, redis)
        if redis:
            environment["PIXELHUB_TEST_REDIS_URL"] = redis
        status = 0
        if postgres:
            environment["PIXELHUB_TEST_POSTGRES_URL"] = postgres
            _print("== pass 1 of 2: PostgreSQL (what touches the database, but browser, training and slow tests)")
            on_postgres = {
                **environment,
                "DATABASE_URL": postgres.replace("/postgres", "/hub"),
                "PIXELHUB_TEST_DATABASE_ONLY": "1",
            }
            selection = ["-m", "not browser and not training and not slow"]
            status = subprocess.run([*pytest, *selection], env=on_postgres, check=False).returncode
            status = 0 if status == _NO_TESTS and arguments else status
        _print("== pass 2 of 2: SQLite (everything)")
        return subprocess.run(pytest, env=environment, check=False).returncode or status


def _say_what_is_missing(postgres: str | None, redis: str | None) -> None:
    missing = {
        "PostgreSQL's server (Debian: postgresql)": postgres,
        "Redis (Debian: redis-server)": redis,
        "Chromium (Debian: chromium)": shutil.which("chromium"),
        "the real data in ../shared/data": SHARED_DATA.exists(),
    }
    for name, found in missing.items():
        if not found:
            _print(f"!! not at hand: {name}; its tests are reported as skipped")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
