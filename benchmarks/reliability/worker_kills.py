"""Row 5: kill -9 and SIGSTOP of workers at random moments of compiles and of trainings.

    python -m benchmarks.reliability.worker_kills                                    # 50 faults of each
    python -m benchmarks.reliability.worker_kills --job compile --database sqlite --faults 12 --seed 4

Jobs are queued as long as faults are left, several at a time. At moments drawn by the seed one thing happens: the job's
process is killed or stops, its guard or all clusters are killed, the whole worker is killed (and started again, as a
process manager does) or stands still beyond its lease. Then all jobs have to end by themselves: done, or failed with
a reason, every effect exactly once, the results those of an undisturbed job. Told too: how long it took from each fault
until somebody worked on the job again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.reliability.figures import end_in_order, tell
from tests.jobs.environment import environment_for
from tests.migrated import copy_sqlite, postgres_copy
from tests.servers import postgres_server

LEASE_SECONDS = 5.0
JOBS, DATABASES, FAULTS = ("compile", "training"), ("sqlite", "postgresql"), 50


def run(job: str, database: str, faults: int, seed: int, folder: Path) -> bool | None:
    """One part of the plan on a fresh database; whether it held, None where PostgreSQL is not installed."""
    with ExitStack() as stack:
        if database == "postgresql":
            server = stack.enter_context(postgres_server())
            if server is None:
                return None
            url = stack.enter_context(postgres_copy(server))
        else:
            copy_sqlite(folder / "hub.sqlite3")
            url = f"sqlite:///{folder / 'hub.sqlite3'}"
        configure(url, folder)
        from benchmarks.reliability.worker_faults import disturb

        outcome = disturb(job, url, folder, faults=faults, seed=seed, lease_seconds=LEASE_SECONDS)
        shown: dict[str, Any] = asdict(outcome)
        what = f"{job}, {database}"
        return tell(5, what, **shown, seed=seed, lease_seconds=LEASE_SECONDS, cores=os.cpu_count())


def configure(url: str, folder: Path) -> None:
    """This process looks at the database, objects and keys that its workers use."""
    os.environ.update(environment_for(url, folder, DJANGO_SETTINGS_MODULE="tests.settings", PIXELHUB_TEST_HANDLERS=""))
    os.environ["JOBS_LEASE_SECONDS"] = str(LEASE_SECONDS)
    import django

    django.setup()


def main() -> int:
    """Run one part, or the whole plan in processes of its own; the exit status says whether everything held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--job", choices=JOBS, help="with --database: this part alone")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--faults", type=int, default=FAULTS, help="how many of each part")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    end_in_order()
    if options.job is None:
        # Django looks at one database in a process: each part gets its own.
        same = ["--faults", str(options.faults), "--seed", str(options.seed)]
        command = [sys.executable, "-m", "benchmarks.reliability.worker_kills", *same]
        parts = [["--job", job, "--database", database] for job in JOBS for database in DATABASES]
        return max(subprocess.run([*command, *part], check=False).returncode for part in parts)
    with tempfile.TemporaryDirectory(prefix="pixelhub-workers-") as folder:
        held = run(options.job, options.database, options.faults, options.seed, Path(folder))
    if held is None:
        held = tell(5, f"{options.job}, {options.database}", holds=False, reason="PostgreSQL is not at hand here")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
