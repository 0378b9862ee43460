"""Row 4: kill -9 of the web process, again and again, while people submit under keys and send again what got no answer.

    python -m benchmarks.reliability.web_kills                          # 1,000 labels, 12 kills, on both databases
    python -m benchmarks.reliability.web_kills --database postgresql --kills 20 --seed 3

The moments are drawn by the seed over the whole run; the hub's keeper starts the web process again, nobody else does
anything. Afterwards every acknowledged key is looked for in the database, and every stored one among the keys sent.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.labelling_check import Account
from benchmarks.labelling_hub import PixelHub
from benchmarks.reliability.figures import end_in_order, tell
from benchmarks.reliability.outages import filled_hub
from benchmarks.reliability.working import Crew
from tests.migrated import postgres_copy
from tests.servers import postgres_server

DATABASES = ("sqlite", "postgresql")
WEB = "pixelhub.ops.web"
# The keeper gives up on what dies within seconds five times in a row: so long, then, that kills lie apart.
THINK_SECONDS = 2.0


@dataclass
class Outcome:
    """What the kills did."""

    found: Account
    kills: int
    failures: dict[str, int]
    longest_silence_seconds: float  # between a kill and the next acknowledged label
    seconds: float

    @property
    def holds(self) -> bool:
        return self.found.clean and self.found.acknowledged == self.found.stored


def kill_and_label(hub: PixelHub, moments: Sequence[int]) -> Outcome:
    """Label everything; each time so many labels are acknowledged, the web process is killed."""
    crew = Crew(hub, think=THINK_SECONDS)
    silences: list[float] = []

    async def interfere(crew: Crew) -> None:
        for moment in moments:
            await crew.until(moment)
            web = await asyncio.to_thread(web_process, hub.pid)
            web.kill()
            killed, before = time.monotonic(), len(crew.labels)
            await crew.until(before + 1)
            silences.append(crew.acknowledged_at[before] - killed)

    began = time.monotonic()
    asyncio.run(crew.work(interfere))
    return Outcome(
        crew.account(), len(silences), dict(crew.failures), round(max(silences), 2), round(time.monotonic() - began, 1)
    )


def web_process(keeper: int) -> psutil.Process:
    """The web process below a hub's keeper. Raises RuntimeError where there is none."""
    for process in psutil.Process(keeper).children(recursive=True):
        if WEB in process.cmdline():
            return process
    raise RuntimeError("the hub has no web process")


def moments_of(labels: int, kills: int, seed: int) -> list[int]:
    """Counts of acknowledged labels at which to kill, drawn without repetition, none in the last tenth."""
    return sorted(random.Random(seed).sample(range(1, labels * 9 // 10), kills))


def run(database: str, folder: Path, *, labels: int, people: int, kills: int, seed: int) -> Outcome | None:
    """One run on a fresh database; None where PostgreSQL is not installed."""
    with ExitStack() as stack:
        environment = {}
        if database == "postgresql":
            server = stack.enter_context(postgres_server())
            if server is None:
                return None
            environment["DATABASE_URL"] = stack.enter_context(postgres_copy(server))
        size = {"samples": labels // 2, "people": people, "overlap": 2}
        hub = stack.enter_context(filled_hub(folder, size, "--no-worker", **environment))
        return kill_and_label(hub, moments_of(labels, kills, seed))


def main() -> int:
    """Run, tell, and say by the exit status whether nothing was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--labels", type=int, default=1000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    end_in_order()
    held = True
    for database in options.database:
        with tempfile.TemporaryDirectory(prefix="pixelhub-kills-") as folder:
            found = run(
                database, Path(folder), labels=options.labels, people=options.people, kills=options.kills,
                seed=options.seed,
            )  # fmt: skip
        what = f"kill -9 of the web process, {database}"
        if found is None:
            held = tell(4, what, holds=False, reason="PostgreSQL is not at hand here")
            continue
        shown = asdict(found)
        held &= tell(4, what, holds=found.holds, seed=options.seed, cores=os.cpu_count(), **shown.pop("found"), **shown)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
