"""Annotators, a compile and scoring clients on one machine at once: what each waits, alone and beside the others.

    python -m benchmarks.together --bundle FOLDER                     # two minutes of everything together, on SQLite
    python -m benchmarks.together --bundle FOLDER --postgresql --minutes 30 --everything-only
    python -m benchmarks.together --bundle FOLDER --apart --pace 0

A real hub, started as `make run` starts it: pages and scores in one process, the worker beside it. `--apart` has a
process of its own answer scores, as a deployment has it. Fifty annotators work at the pace of people (2 to 6 s between
labels). An engineer compiles releases of a corpus in the worker, one after the other. Scoring clients ask each
`--pace` seconds on average, as a clinic's conversations do, or with `--pace 0` again as soon as they were answered
(a closed loop, which takes whatever the machine has).

In turns: each part alone, annotators beside the compile, all three together. Afterwards what was acknowledged is
compared with what is stored, each score with the one given to that text serially, each compile's bytes with those of
the first. Prints a table and one JSON document; ends with 1 where anything was lost, doubled, wrong or an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import scoring_reference, scoring_stand_in
from benchmarks.labelling import Block, percentiles
from benchmarks.labelling_check import Label, account
from benchmarks.labelling_hub import HubAnnotator, fresh_hub
from benchmarks.labelling_load import OVERLAP, TARGET_MS, THINK_SECONDS, work
from benchmarks.scoring_capacity import Address
from benchmarks.scoring_load import Load, Tally
from benchmarks.scoring_servers import start_ours, wait_until
from tests.hubprocess import HubProcess
from tests.servers import postgres_server

ROOT = Path(__file__).resolve().parents[1]
SETUP = "from benchmarks import together_setup as setup\n"
SHARES = (50, 95, 99)
LABELS, COMPILE, SCORES = "annotators", "compile", "scoring"
#: What is at work in each phase, and whether it lasts as long as was asked or only for comparison.
PHASES = (
    ((LABELS,), False),
    ((SCORES,), False),
    ((COMPILE,), False),
    ((LABELS, COMPILE), True),
    ((LABELS, COMPILE, SCORES), True),
)


@dataclass
class Phase:
    """What each part did in one stretch; a part that had rest is None."""

    name: str
    seconds: float
    labels: Block | None = None
    scores: Tally | None = None
    compiles: list[dict[str, Any]] | None = None

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = {"seconds": round(self.seconds, 1)}
        if self.labels is not None:
            found["labels"] = {
                "count": len(self.labels.labels), "errors": len(self.labels.errors), "said": self.labels.errors[:3],
                "next_ms": percentiles(self.labels.next, SHARES), "submit_ms": percentiles(self.labels.submit, SHARES),
                "submit_worst_ms": round(max(self.labels.submit, default=0) * 1000, 1),
            }  # fmt: skip
        if self.scores is not None:
            found["scores"] = self.scores.figures(self.seconds, 0.0)
            del found["scores"]["cpu_ms"]
        if self.compiles is not None:
            whole = sorted(each["seconds"] for each in self.compiles if each["within"])
            found["compiles"] = {
                "count": len(self.compiles), "within": len(whole),
                "median_s": round((whole or [each["seconds"] for each in self.compiles])[len(whole) // 2], 1),
            }  # fmt: skip
        return found


@dataclass
class Hub:
    """The running hub, its people, its clients' key, its engineer."""

    hub: HubProcess
    round: int
    people: list[HubAnnotator]
    address: Address
    token: str
    clients: int
    pace: float
    engineer: subprocess.Popen[str]
    sender: ProcessPoolExecutor
    serial: list[float] = field(default_factory=list)
    answered: int = 0  # scores of which an answer came, the serial ones included

    async def stretch(self, parts: tuple[str, ...], seconds: float, seed: int) -> Phase:
        """These parts at work for so long."""
        phase = Phase(" + ".join(parts), seconds)
        loop = asyncio.get_running_loop()
        tasks: list[Any] = []
        if COMPILE in parts:
            self._tell_engineer("begin")
        if SCORES in parts:
            ask = loop.run_in_executor(self.sender, _ask, *self._asked(), seconds)
            tasks.append(ask)
        if LABELS in parts:
            tasks.append(asyncio.create_task(work(self.people, seconds, seed)))
        if not tasks:
            await asyncio.sleep(seconds)
        for found in await asyncio.gather(*tasks):
            if isinstance(found, Tally):
                phase.scores = found
                self.answered += found.statuses[200]
            else:
                phase.labels = found
        if COMPILE in parts:
            self._tell_engineer("end")
            assert self.engineer.stdout
            phase.compiles = json.loads(await asyncio.to_thread(self.engineer.stdout.readline))
        return phase

    def ask_serially(self) -> None:
        """Each text once, nothing else going on: what all later answers are compared with."""
        self.serial = self.sender.submit(_serial, self.address, self.token).result()
        self.answered += len(self.serial)

    def _asked(self) -> tuple[Any, ...]:
        return self.address, self.token, self.clients, self.pace, self.serial

    def _tell_engineer(self, word: str) -> None:
        assert self.engineer.stdin
        self.engineer.stdin.write(f"{word}\n")
        self.engineer.stdin.flush()


def _serial(address: Address, token: str) -> list[float]:
    """In the sender's process."""
    return uvloop.run(Load(address, token, scoring_reference.TEXTS).scores())


def _ask(address: Address, token: str, clients: int, pace: float, serial: list[float], seconds: float) -> Tally:
    """In the sender's process, so that the annotators' clocks are not the scoring clients'."""
    load = Load(address, token, scoring_reference.TEXTS)
    return uvloop.run(load.ask(clients=range(clients), seconds=seconds, compare_with=serial, pause=pace))


@contextmanager
def running(options: argparse.Namespace, folder: Path, make_hub: Callable[[Path, str], HubProcess]) -> Iterator[Hub]:
    """A hub filled and started, with everybody signed in and nobody at work."""
    bundle = options.bundle or scoring_stand_in.write_stand_in(folder / "stand-in")
    with ExitStack() as stack:
        database = stack.enter_context(postgres_server()) if options.postgresql else ""
        if database is None:
            raise SystemExit("PostgreSQL is not installed.")
        hub = stack.enter_context(make_hub(folder / "hub", database))
        size = f"samples={_samples(options)}, annotators={options.people}, overlap={OVERLAP}"
        made = hub.python(f"{SETUP}result = setup.fill({size}, records={options.records}, bundle={str(bundle)!r})")
        hub.start()
        port = hub.port
        if options.apart:
            port = stack.enter_context(start_ours(hub.environment, ROOT, workers=1)).port
        else:
            wait_until(f"{hub.url}/readyz", b'"ready"', lambda: hub.answers())
        context = multiprocessing.get_context("spawn")
        sender = stack.enter_context(ProcessPoolExecutor(1, mp_context=context))
        engineer = stack.enter_context(_engineer(hub.environment))
        people = [HubAnnotator(hub.port, made["round"], person, session) for person, session in made["people"]]
        found = Hub(
            hub, made["round"], people, Address(port, "/infer"), made["token"], options.clients, options.pace, engineer,
            sender,
        )  # fmt: skip
        found.ask_serially()
        yield found


@contextmanager
def _engineer(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.together_compile"]
    environment = {**environment, "PYTHONPATH": str(ROOT)}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
        try:
            yield process
        finally:
            # The end of its standard input is the end of its work.
            process.kill()


def _samples(options: argparse.Namespace) -> int:
    """Enough that nobody runs out: a label each four seconds and person, and half as many again."""
    busy = options.rounds * (options.alone + 2 * options.minutes * 60)
    return int(1.5 * options.people * busy / (sum(THINK_SECONDS) / 2) / OVERLAP) + 20 * options.people


def measure(
    options: argparse.Namespace, folder: Path, make_hub: Callable[[Path, str], HubProcess] = fresh_hub
) -> dict[str, Any]:
    """All phases in turn, `rounds` times, and the accounts afterwards."""
    before = os.getloadavg()[0]
    with running(options, folder, make_hub) as hub:
        phases = []
        for number in range(options.rounds):
            for parts, is_long in PHASES[-1:] if options.everything_only else PHASES:
                seconds = options.minutes * 60 if is_long else options.alone
                phases.append(asyncio.run(hub.stretch(parts, seconds, seed=number)))
                print(f"{phases[-1].name}: {json.dumps(phases[-1].figures())}", file=sys.stderr, flush=True)
        hub.hub.stop()
        stored = hub.hub.python(f"{SETUP}result = setup.look({hub.round})")
        unanswered = [key for person in hub.people for key in person.unanswered]
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cores": os.cpu_count(),
        "load_average_before": round(before, 2), "database": "PostgreSQL" if options.postgresql else "SQLite",
        "annotators": options.people, "think_seconds": THINK_SECONDS, "clients": options.clients,
        "client_asks_every_seconds": options.pace or "closed loop", "records_compiled": options.records,
        "scores_answered_by": "a process of their own" if options.apart else "the process of the pages",
        "model": str(options.bundle.name if options.bundle else "stand-in, 6 layers of 384"),
        "phases": [{"phase": phase.name, **phase.figures()} for phase in phases],
        **accounts(phases, stored, answered=hub.answered, unanswered=unanswered),
    }  # fmt: skip


def accounts(
    phases: list[Phase], stored: dict[str, Any], *, answered: int, unanswered: Iterable[str] = ()
) -> dict[str, Any]:
    """What was acknowledged, in all phases and in `answered` scores, against what `together_setup.look` found."""
    labels = [label for phase in phases if phase.labels for label in phase.labels.labels]
    there = [Label(str(item), str(person), key) for item, person, key in stored["labels"]]
    checked = account(labels, there, overlap=OVERLAP, unanswered=unanswered)
    compiles = [each for phase in phases for each in phase.compiles or ()]
    tallies = [phase.scores for phase in phases if phase.scores]
    beside = [phase.labels for phase in phases if phase.labels and phase.compiles is not None]
    faults = {
        "label_errors": sum(len(phase.labels.errors) for phase in phases if phase.labels),
        "score_errors": sum(tally.figures(1.0, 0.0)["errors"] for tally in tallies),
        "scores_not_stored": max(0, answered - stored["scores"]),
        "scores_stored_twice": max(0, stored["scores"] - answered),
        "scores_differing": sum(tally.differing > 0 for tally in tallies),
        "compiles_failed": sum(each["state"] != "published" for each in compiles),
        "compiles_of_other_bytes": max(0, len({each["sha256"] for each in compiles}) - 1),
        "audit_problems": len(stored["audit_problems"]),
    }
    waited = [percentiles(block.submit)["p95"] or 0.0 for block in beside]
    return {
        "labels": asdict(checked), "scores": {"answered": answered, "stored": stored["scores"]},
        "compiles": {"count": len(compiles), "said": [each["said"] for each in compiles if each["said"]][:3]},
        "faults": faults, "clean": checked.clean and not any(faults.values()),
        "submit_p95_ms_beside_others": waited, "submit_target_met": max(waited, default=0.0) <= TARGET_MS,
    }  # fmt: skip


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{found['database']}: {found['annotators']} annotators, {found['clients']} scoring clients "
        f"({found['client_asks_every_seconds']}; answered by {found['scores_answered_by']}, {found['model']}), "
        f"{found['records_compiled']:,} records compiled, {found['cores']} cores, "
        f"load average {found['load_average_before']} before",
        "| at work | s | labels | submit p50, p95, p99, worst ms | next p95 ms | scores/s | score p50, p95, p99 ms |"
        " 503 | degraded | compile s |",
        "|---" * 10 + "|",
    ]
    for phase in found["phases"]:
        labels, scores, compiles = (phase.get(part) for part in ("labels", "scores", "compiles"))
        cells = [phase["phase"], f"{phase['seconds']:g}"]
        cells += (
            [f"{labels['count']:,}", _three(labels["submit_ms"], labels["submit_worst_ms"])] if labels else [""] * 2
        )
        cells += [str(labels["next_ms"]["p95"])] if labels else [""]
        rest = ("refused_503", "degraded")
        times = {f"p{share}": scores[f"p{share}_ms"] for share in SHARES} if scores else {}
        cells += [str(scores["per_second"]), _three(times), *(str(scores[key]) for key in rest)] if scores else [""] * 4
        cells += [str(compiles["median_s"])] if compiles else [""]
        lines.append("| " + " | ".join(cells) + " |")
    counted = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in found["faults"].items())
    kept = found["labels"]
    scores = found["scores"]
    lines += [
        f"Labels: {kept['acknowledged']:,} acknowledged, {kept['stored']:,} stored, {kept['lost']} lost, "
        f"{kept['doubled']} doubled, {kept['over_overlap']} over their overlap. "
        f"Scores: {scores['answered']:,} answered, {scores['stored']:,} stored. "
        f"{found['compiles']['count']} compiles. {counted}.",
    ]
    return "\n".join(lines)


def _three(times: dict[str, Any], *more: Any) -> str:
    return ", ".join(str(value) for value in (*times.values(), *more))


def parser() -> argparse.ArgumentParser:
    """The switches and what they default to."""
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--minutes", type=float, default=2.0, help="of annotators beside the compile, and of everything")
    made.add_argument("--alone", type=float, default=20.0, help="seconds of each part by itself, for comparison")
    made.add_argument("--everything-only", action="store_true", help="only the last phase, nothing for comparison")
    made.add_argument("--rounds", type=int, default=1, help="how often all phases are gone through")
    made.add_argument("--people", type=int, default=50)
    made.add_argument("--clients", type=int, default=100)
    made.add_argument("--pace", type=float, default=10.0, help="seconds between a client's requests; 0: a closed loop")
    made.add_argument("--records", type=int, default=5000, help="conversations that are compiled")
    made.add_argument("--bundle", type=Path, help="a bundle folder; without it a stand-in of six layers")
    made.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of the embedded SQLite")
    made.add_argument("--apart", action="store_true", help="a process of its own answers scores")
    return made


def main() -> int:
    """Measure, print, clean up."""
    options = parser().parse_args()
    # Ended by a time limit, it still stops the hub that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-together-"))
    try:
        found = measure(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table(found))
    print(json.dumps(found, indent=2))
    return 0 if found["clean"] else 1


if __name__ == "__main__":
    sys.exit(main())
