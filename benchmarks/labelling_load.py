"""Fifty annotators for ten minutes against a running hub, on SQLite and on PostgreSQL: nothing lost, nothing doubled.

    python -m benchmarks.labelling_load                 # ten minutes on each database
    python -m benchmarks.labelling_load --minutes 2

Each annotator asks for the next item, thinks for 2 to 6 seconds (drawn anew each time), submits, and goes on: an open
day of fifty quick people, about twelve labels a second. Target: no error, no label lost or doubled, no sample over its
overlap, the audit chain intact, submit p95 under 500 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.labelling import Block, percentiles
from benchmarks.labelling_check import account
from benchmarks.labelling_hub import HubAnnotator, PixelHub, fresh_hub
from tests.servers import postgres_server

PEOPLE, SAMPLES, OVERLAP = 50, 5000, 2
THINK_SECONDS = (2.0, 6.0)
TARGET_MS = 500


async def work(annotators: list[HubAnnotator], seconds: float, seed: int) -> Block:
    """Everybody at work until the time is over; nobody starts in step."""
    block, loop = Block(seconds=seconds), asyncio.get_running_loop()
    until = loop.time() + seconds

    async def one(annotator: HubAnnotator, rng: random.Random) -> None:
        await asyncio.sleep(rng.uniform(0, THINK_SECONDS[1]))
        while loop.time() < until:
            try:
                asked = loop.time()
                if not await annotator.next():
                    return
                block.next.append(loop.time() - asked)
                await asyncio.sleep(rng.uniform(*THINK_SECONDS))
                sent = loop.time()
                block.labels.append(await annotator.submit())
                block.submit.append(loop.time() - sent)
            except Exception as error:  # whatever it was, it is counted and said; the person goes on
                block.errors.append(f"{type(error).__name__}: {error}")

    await asyncio.gather(*(one(person, random.Random(seed + n)) for n, person in enumerate(annotators)))
    for annotator in annotators:
        annotator.close()
    return block


def measure(name: str, folder: Path, options: argparse.Namespace, database: str = "") -> dict[str, Any]:
    """One database's figures and accounts."""
    size = {"samples": SAMPLES, "people": options.people, "overlap": OVERLAP}
    with PixelHub(name, fresh_hub(folder, database), **size) as hub:
        annotators = hub.annotators()
        block = asyncio.run(work(annotators, options.minutes * 60, seed=7))
        unanswered = [key for annotator in annotators for key in annotator.unanswered]
        checked = account(block.labels, hub.stored(), overlap=OVERLAP, unanswered=unanswered)
    submit = percentiles(block.submit)
    return {
        "items_per_second": round(len(block.labels) / block.seconds, 1), "next_ms": percentiles(block.next),
        "submit_ms": submit, "submit_worst_ms": round(max(block.submit, default=0) * 1000, 1),
        "errors": len(block.errors), "said": block.errors[:3], **asdict(checked),
        "met": checked.clean and not block.errors and (submit["p95"] or TARGET_MS) < TARGET_MS,
    }  # fmt: skip


def main() -> None:
    """Measure both databases, print one JSON document, clean up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="on each database")
    parser.add_argument("--people", type=int, default=PEOPLE)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-labelling-"))
    found: dict[str, Any] = {
        "cores": os.cpu_count(), "load_average_before": os.getloadavg()[0], "annotators": options.people,
        "minutes": options.minutes, "think_seconds": THINK_SECONDS,
    }  # fmt: skip
    try:
        found["SQLite"] = measure("SQLite", folder / "sqlite", options)
        with postgres_server() as database:
            if database is None:
                print("PostgreSQL is not installed: left out.")
            else:
                found["PostgreSQL"] = measure("PostgreSQL", folder / "postgresql", options, database)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
