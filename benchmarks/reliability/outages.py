"""Row 17: the database restarted or crashed, Redis killed or frozen, the disk full, each under people who label.

    python -m benchmarks.reliability.outages                 # all of them
    python -m benchmarks.reliability.outages --only disk-sqlite redis

People send every label until it is acknowledged. What was acknowledged is compared with what is stored, the audit chain
is verified, and nobody touches the hub: it has to come back by itself. A full disk is a small file system in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from signal import SIGCONT, SIGINT, SIGKILL, SIGQUIT, SIGSTOP
from typing import Any

from benchmarks.labelling_check import Account
from benchmarks.labelling_hub import PixelHub
from benchmarks.reliability.figures import end_in_order, tell
from benchmarks.reliability.listening import Listening
from benchmarks.reliability.working import Crew
from tests.hubprocess import HubProcess
from tests.migrated import copy_sqlite, postgres_copy
from tests.servers import LocalServer, postgres_cluster, redis_process, small_disk

SQLITE_DISK_MB, POSTGRES_DISK_MB = 96, 512
# So many that the import is not done when the database goes away.
ROWS = 20_000
SETUP = "from benchmarks.reliability import outage_setup as setup\n"
# Small segments and few of them: a full disk then meets the log as well as the tables.
SMALL_LOG = {"min_wal_size": "32MB", "max_wal_size": "48MB"}


@dataclass
class Outage:
    """One thing that goes away and comes back. `is_felt`: requests fail meanwhile; else labels go on being taken."""

    name: str
    down: Callable[[], None]
    up: Callable[[], None]
    is_felt: bool = True


@dataclass
class Outcome:
    """What one outage did."""

    name: str
    found: Account
    failures: dict[str, int]
    taken_meanwhile: int  # acknowledged while it was away
    seconds_until_taken: float  # from its return to the next acknowledged label
    slowest_seconds: float  # the longest that one person waited for an answer to one label
    heard_after: int = 0  # live updates that a page heard after its return
    job: dict[str, Any] = field(default_factory=dict)  # the import beside it, where there was one
    is_job_whole: bool = True

    @property
    def holds(self) -> bool:
        return self.found.clean and self.found.acknowledged == self.found.stored and self.is_job_whole


def endure(hub: PixelHub, outage: Outage, *, meanwhile: int = 10, listening: Listening | None = None) -> Outcome:
    """Label everything through one outage, which begins after two labels of each person.

    Of all labels a half is kept until it is away and a quarter until it is back, however long either takes.
    """
    crew = Crew(hub)
    seen: dict[str, Any] = {}

    async def interfere(crew: Crew) -> None:
        crew.hold_at = hub.wanted // 2
        await crew.until(2 * len(crew.people))
        await asyncio.to_thread(outage.down)
        before, failed = len(crew.labels), crew.failures.total()
        crew.hold_at = max(hub.wanted * 3 // 4, before + meanwhile)
        if outage.is_felt:
            await crew.wait(lambda: crew.failures.total() > failed + 3, f"{outage.name} is felt")
        else:
            await crew.until(before + meanwhile)
        seen["meanwhile"] = len(crew.labels) - before
        heard = listening.heard if listening else 0
        await asyncio.to_thread(outage.up)
        back, after = time.monotonic(), len(crew.labels)
        crew.hold_at = math.inf
        await crew.until(after + 1)
        seen["seconds"] = crew.acknowledged_at[after] - back
        if listening is not None:
            await crew.wait(lambda: listening.heard > heard, "a page hears of changes again")
            seen["heard"] = listening.heard - heard

    asyncio.run(crew.work(interfere))
    return Outcome(
        outage.name,
        crew.account(),
        dict(crew.failures),
        taken_meanwhile=seen["meanwhile"],
        seconds_until_taken=round(seen["seconds"], 2),
        slowest_seconds=round(crew.slowest, 2),
        heard_after=seen.get("heard", 0),
    )


@dataclass
class Filler:
    """A file that takes what is left of a file system."""

    disk: Path
    kept: list[Path] = field(default_factory=list)

    def fill(self) -> None:
        """Until not one byte more can be written."""
        path = self.disk / "filler"
        with path.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue
        self.kept.append(path)

    def free(self) -> None:
        """Give it back."""
        while self.kept:
            self.kept.pop().unlink()


@contextmanager
def filled_hub(
    folder: Path, size: dict[str, int], *arguments: str, process: HubProcess | None = None, **environment: str
) -> Iterator[PixelHub]:
    """A hub (`hub` with these arguments) with an open round; on the environment's database or SQLite in `folder`."""
    process = process or HubProcess(folder, **environment)
    if "DATABASE_URL" not in process.environment:
        copy_sqlite(process.database)
    with PixelHub("hub", process, arguments=arguments, **size) as hub:
        yield hub


def database_restarts(folder: Path, size: dict[str, int], number: int, name: str, *, rows: int = 0) -> list[Outcome]:
    """PostgreSQL ends by a signal, stays away for a moment and starts again; beside an import of so many rows."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres_cluster())
        if server is None:
            return []
        process = HubProcess(folder, DATABASE_URL=stack.enter_context(postgres_copy(server.url)))
        hub = stack.enter_context(filled_hub(folder, size, *(() if rows else ("--no-worker",)), process=process))
        project = hub.made["project"]
        batch = process.python(f"{SETUP}result = setup.begin_import({project}, {rows})") if rows else None
        outcome = endure(hub, Outage(name, lambda: server.stop(number), server.start))
        if rows:
            outcome.job = process.python(f"{SETUP}result = setup.how_it_ended({batch})")
            outcome.is_job_whole = outcome.job["state"] == "succeeded" and outcome.job["read"] == rows
        return [outcome]


def redis_leaves(folder: Path, size: dict[str, int], how: tuple[str, ...] = ("killed", "frozen")) -> list[Outcome]:
    """Redis is killed and started again, and stands still: labels are taken all the same, and pages hear again."""
    with ExitStack() as stack:
        redis = stack.enter_context(redis_process())
        if redis is None:
            return []
        outages = {
            "killed": Outage("Redis killed", lambda: redis.stop(SIGKILL), redis.start, is_felt=False),
            "frozen": Outage("Redis frozen", lambda: redis.send(SIGSTOP), lambda: redis.send(SIGCONT), is_felt=False),
        }
        found = []
        for name in how:
            place, outage = folder / name, outages[name]
            place.mkdir()
            with filled_hub(place, size, "--no-worker", REDIS_URL=redis.url) as hub, Listening(hub) as listening:
                found.append(endure(hub, outage, listening=listening))
        return found


def disk_fills(folder: Path, size: dict[str, int]) -> list[Outcome]:
    """The disk under a hub's SQLite database, objects and keys is full for a while."""
    with small_disk(SQLITE_DISK_MB) as disk:
        if disk is None:
            return []
        filler = Filler(disk)
        place = disk / "hub"
        place.mkdir()
        with filled_hub(place, size, "--no-worker") as hub:
            return [endure(hub, Outage("disk full, SQLite", filler.fill, filler.free))]


def database_disk_fills(folder: Path, size: dict[str, int]) -> list[Outcome]:
    """The disk under PostgreSQL is full; where the server gives up over it, its keeper starts it again afterwards."""
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(POSTGRES_DISK_MB))
        server = stack.enter_context(postgres_cluster(disk, **SMALL_LOG)) if disk is not None else None
        if disk is None or server is None:
            return []
        url = stack.enter_context(postgres_copy(server.url))
        filler = Filler(disk)
        hub = stack.enter_context(filled_hub(folder, size, "--no-worker", DATABASE_URL=url))
        return [endure(hub, Outage("disk full, PostgreSQL", filler.fill, lambda: _room_again(filler, server)))]


def _room_again(filler: Filler, server: LocalServer) -> None:
    filler.free()
    if not server.is_running:
        server.start()


CASES: dict[str, Callable[[Path, dict[str, int]], list[Outcome]]] = {
    "restart": lambda folder, size: database_restarts(folder, size, SIGINT, "PostgreSQL restarted", rows=ROWS),
    "crash": lambda folder, size: database_restarts(folder, size, SIGQUIT, "PostgreSQL crashed", rows=ROWS),
    "redis": redis_leaves,
    "disk-sqlite": disk_fills,
    "disk-postgresql": database_disk_fills,
}


def main() -> int:
    """Run, tell, and say by the exit status whether everything held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--samples", type=int, default=400, help="conversations, each labelled twice")
    parser.add_argument("--people", type=int, default=10)
    options = parser.parse_args()
    end_in_order()
    size = {"samples": options.samples, "people": options.people, "overlap": 2}
    held = True
    for name in options.only:
        with tempfile.TemporaryDirectory(prefix="pixelhub-outage-") as folder:
            found = CASES[name](Path(folder), size)
        for outcome in found:
            held &= tell(17, outcome.name, holds=outcome.holds, cores=os.cpu_count(), **_figures(outcome))
        if not found:
            held = tell(17, name, holds=False, reason="not at hand here")
    return 0 if held else 1


def _figures(outcome: Outcome) -> dict[str, Any]:
    shown = asdict(outcome)
    return {**shown.pop("found"), **{name: value for name, value in shown.items() if name != "name"}}


if __name__ == "__main__":
    sys.exit(main())
