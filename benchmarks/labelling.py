"""Labelling over HTTP: next item and submit, by closed-loop annotators, beside Label Studio in the same run.

    python -m benchmarks.labelling --quick
    python -m benchmarks.labelling --peer .venv-peers/label-studio/bin/label-studio
    python -m benchmarks.labelling --peer .venv-peers/label-studio/bin/label-studio --think 2 6

Real servers as users start them (`manage.py hub` on SQLite and on PostgreSQL; `label-studio start` on SQLite), all up
at once and loaded in turn, block by block, so that a slow minute of the machine hits everybody. Each annotator asks
for the next item, submits a label at once and asks again: how much a tool can carry. With ``--think`` everybody reads
for that many seconds before a label, as people do: then all tools carry the same load and are compared by what a
person waits; in the closed loop a slower tool is asked less often, and each of its submits meets fewer others.
Afterwards what was acknowledged is compared with what is stored. Everything lives in a folder that is removed. Prints
a table and one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.labelling_check import Label, account
from benchmarks.labelling_hub import PixelHub, fresh_hub
from benchmarks.labelling_peer import LabelStudio
from tests.servers import postgres_server

SAMPLES, PEOPLE, OVERLAP = 5000, 10, 2
WARM_UP_SECONDS = 2.0


class Annotator(Protocol):
    """One signed-in person."""

    async def next(self) -> bool: ...
    async def submit(self) -> Label: ...
    def close(self) -> None: ...


class Tool(Protocol):
    """A running contestant."""

    name: str
    overlap: int

    def annotators(self) -> list[Any]: ...
    def stored(self) -> list[Label]: ...


@dataclass
class Block:
    """What one tool did in one stretch of time; times in seconds."""

    seconds: float = 0.0
    next: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Milliseconds and items per second."""
        return {
            "items_per_second": round(len(self.labels) / self.seconds, 1),
            **{f"next_{name}_ms": value for name, value in percentiles(self.next).items()},
            **{f"submit_{name}_ms": value for name, value in percentiles(self.submit).items()},
        }


def percentiles(seconds: list[float], shares: tuple[int, ...] = (50, 95)) -> dict[str, float | None]:
    """p50, p95 and so on in milliseconds (the value below which that share lies); None of nothing."""
    ordered = sorted(seconds)
    if not ordered:
        return {f"p{share}": None for share in shares}
    return {f"p{share}": round(ordered[(len(ordered) - 1) * share // 100] * 1000, 1) for share in shares}


async def drive(annotators: list[Any], seconds: float, think: tuple[float, float] = (0.0, 0.0)) -> Block:
    """Let them work, thinking `think` seconds before a label; whoever has nothing left, or meets an error, stops."""
    block, started = Block(), time.perf_counter()
    until = started + seconds

    async def work(annotator: Annotator, rng: random.Random) -> None:
        try:
            # nobody starts in step
            await asyncio.sleep(rng.uniform(0.0, think[1]))
            while (asked := time.perf_counter()) < until:
                if not await annotator.next():
                    return
                received = time.perf_counter()
                await asyncio.sleep(rng.uniform(*think))
                given = time.perf_counter()
                block.labels.append(await annotator.submit())
                block.next.append(received - asked)
                block.submit.append(time.perf_counter() - given)
        except Exception as error:  # whatever it was, it is counted and said
            block.errors.append(f"{type(error).__name__}: {error}")

    await asyncio.gather(*(work(annotator, random.Random(number)) for number, annotator in enumerate(annotators)))
    block.seconds = time.perf_counter() - started
    for annotator in annotators:
        annotator.close()
    return block


@contextmanager
def contestants(options: argparse.Namespace, folder: Path) -> Iterator[list[Tool]]:
    """Everything that can run here, filled and started."""
    size = {"samples": options.samples, "people": options.people, "overlap": OVERLAP}
    with ExitStack() as stack:
        tools: list[Tool] = [stack.enter_context(PixelHub("Pixel Hub, SQLite", fresh_hub(folder / "sqlite"), **size))]
        database = stack.enter_context(postgres_server()) if options.postgresql else None
        if not options.postgresql:
            print("PostgreSQL is left out, as asked.", flush=True)
        elif database is None:
            print("PostgreSQL is not installed: left out.", flush=True)
        else:
            hub = PixelHub("Pixel Hub, PostgreSQL", fresh_hub(folder / "postgresql", database), **size)
            tools.append(stack.enter_context(hub))
        if options.peer is None or not options.peer.exists():
            print("Label Studio is not installed (make bench-peers): Pixel Hub runs alone.", flush=True)
        else:
            tools.append(stack.enter_context(LabelStudio(options.peer.resolve(), folder / "peer", **size)))
        yield tools


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Blocks of all contestants in turn, and the accounts afterwards."""
    with contestants(options, folder) as tools:
        people = {tool.name: tool.annotators() for tool in tools}
        blocks: dict[str, list[Block]] = {tool.name: [] for tool in tools}
        warm_ups = {tool.name: asyncio.run(drive(people[tool.name], WARM_UP_SECONDS)) for tool in tools}
        for _ in range(options.rounds):
            for tool in tools:
                blocks[tool.name].append(asyncio.run(drive(people[tool.name], options.seconds, options.think)))
        return {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cores": os.cpu_count(),
            "samples": options.samples, "annotators": options.people, "overlap": OVERLAP,
            "think_seconds": options.think,
            "load_before_and_after": [options.load, os.getloadavg()],
            "tools": {tool.name: _summary(tool, [warm_ups[tool.name]], blocks[tool.name]) for tool in tools},
        }  # fmt: skip


def _summary(tool: Tool, unmeasured: list[Block], blocks: list[Block]) -> dict[str, Any]:
    every = [*unmeasured, *blocks]
    together = Block(seconds=sum(block.seconds for block in blocks))
    for block in blocks:
        together.next += block.next
        together.submit += block.submit
        together.labels += block.labels
    errors = [error for block in every for error in block.errors]
    labels = [label for block in every for label in block.labels]
    # A label whose answer never came may be stored: its identity is what the annotator still waits for.
    checked = account(labels, tool.stored(), overlap=tool.overlap)
    return {**together.figures(), "errors": len(errors), "said": errors[:3], **asdict(checked)}


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown, with ratios to the peer where it ran."""
    columns = ("items_per_second", "next_p50_ms", "next_p95_ms", "submit_p50_ms", "submit_p95_ms")
    faults = ("errors", "lost", "unasked", "doubled", "over_overlap")
    low, high = found["think_seconds"]
    pace = f"thinking {low:g} to {high:g} s before a label" if high else "in a closed loop"
    lines = [
        f"{found['samples']:,} conversations, {found['annotators']} annotators {pace}, overlap "
        f"{found['overlap']}, {found['cores']} cores; load average {found['load_before_and_after'][0][0]:.1f} before",
        "| | " + " | ".join(name.replace("_", " ") for name in (*columns, *faults)) + " |",
        "|---" * (1 + len(columns) + len(faults)) + "|",
    ]
    for name, row in found["tools"].items():
        lines.append(f"| {name} | " + " | ".join(str(row[key]) for key in (*columns, *faults)) + " |")
    peer = found["tools"].get(LabelStudio.name)
    for name, row in found["tools"].items() if peer else ():
        if row is peer or not (row["submit_p95_ms"] and peer["submit_p95_ms"]):
            continue
        ratios = {key: peer[key] / row[key] for key in columns[1:]}
        ratios["items_per_second"] = row["items_per_second"] / max(0.1, peer["items_per_second"])
        said = ", ".join(f"{key.removesuffix('_ms').replace('_', ' ')} {value:.1f}" for key, value in ratios.items())
        lines.append(f"{name}, times better than {LabelStudio.name}: {said}")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, clean up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each block")
    parser.add_argument("--rounds", type=int, default=4, help="blocks of each contestant")
    parser.add_argument("--peer", type=Path, help="the label-studio program; without it Pixel Hub runs alone")
    parser.add_argument(
        "--think", type=float, nargs=2, default=(0.0, 0.0), metavar=("LOW", "HIGH"), help="seconds before a label"
    )
    parser.add_argument("--no-postgresql", dest="postgresql", action="store_false", help="Pixel Hub on SQLite only")
    parser.add_argument("--quick", action="store_true", help="two rounds of five seconds")
    options = parser.parse_args()
    options.load = os.getloadavg()
    if options.quick:
        options.seconds, options.rounds = 5.0, 2
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-labelling-"))
    try:
        found = measure(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table(found))
    print(json.dumps(found, indent=2, default=str))


if __name__ == "__main__":
    main()
