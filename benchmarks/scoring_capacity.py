"""What several worker processes of the scoring service bear on a machine with cores to spare.

    python -m benchmarks.scoring_capacity BUNDLE --workers 1 2 4 8 --clients 1 32 100 300 --load-cores 2

The last cores are the load's, in a process each; the others are the service's, which is held to them. Beside each
worker count onnxruntime is called in as many processes as the workers have lanes, on the same cores and
texts: the limit under the same crowding. `--texts calm` leaves out texts that open a case, each with a commit before
its answer. `--offered 0.7` sends at a share of what 100 clients got, at random moments. `--database` names another one.

One JSON line per measurement, as soon as it is there: a run that is cut off keeps what it found.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import uvloop

from benchmarks import scoring_reference
from benchmarks.scoring_load import Load, Tally
from benchmarks.scoring_servers import Server, held_to, prepared, start_ours
from inference.engine.batcher import LANES

ROOT = Path(__file__).resolve().parents[1]
DEFAULT, CALM = "default", "calm"
_WARM_UP_S = 1.5


@dataclass
class Address:
    """As much of a server as another process needs to send to it."""

    port: int
    path: str

    def cpu_seconds(self) -> float:
        """Measured by the process that started the server."""
        return 0.0


@dataclass(frozen=True)
class Cores:
    """Which cores are whose."""

    service: list[int]
    load: list[int]


def main() -> None:
    """Set up each hub, measure, print, clean up."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 32, 100, 300])
    parser.add_argument("--texts", nargs="+", default=[DEFAULT, CALM], choices=[DEFAULT, CALM])
    parser.add_argument("--offered", type=float, nargs="*", default=[], help="shares of what 100 clients got")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--load-cores", type=int, default=2)
    parser.add_argument("--database", help="DATABASE_URL; without it the embedded SQLite")
    parser.add_argument("--until", type=float, help="begin nothing more after so many seconds")
    options = parser.parse_args()
    own = sorted(os.sched_getaffinity(0))
    cores = Cores(own[: -options.load_cores], own[-options.load_cores :])
    _say(
        what="machine", cores=len(own), service_cores=len(cores.service), python=sys.version.split()[0], **_processor()
    )
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-capacity-"))
    try:
        for found in _measurements(options, cores, folder):
            _say(**found)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measurements(options: argparse.Namespace, cores: Cores, folder: Path) -> Iterator[dict[str, Any]]:
    ends = time.monotonic() + (options.until or float("inf"))
    more = {"DATABASE_URL": options.database} if options.database else {}
    environment, token = prepared(folder, options.bundle, ROOT, **more)
    for workers in options.workers:
        if time.monotonic() > ends:
            return
        limit = in_process(options.bundle, workers * LANES, cores.service, seconds=min(4.0, options.seconds))
        yield {"what": "in process", "processes": workers * LANES, **limit}
        with start_ours(environment, ROOT, workers=workers, cores=cores.service) as server:
            with _senders(cores) as senders:
                for which in options.texts:
                    texts = _texts(server, token, which)
                    for found in _of_one_server(options, server, senders, token, texts, ends):
                        ratio = round(found["cpu_ms"] / limit["cpu_ms"], 2)
                        yield {"workers": workers, "texts": which, **found, "cpu_ratio": ratio}
            yield {"what": "memory", "workers": workers, **server.memory_mb()}


def _of_one_server(
    options: argparse.Namespace, server: Server, senders: Senders, token: str, texts: list[str], ends: float
) -> Iterator[dict[str, Any]]:
    closed = partial(_closed, Address(server.port, server.path), token, texts)
    senders.all(partial(closed, clients=8 * senders.count, seconds=_WARM_UP_S))
    for clients in options.clients:
        if time.monotonic() < ends:
            yield {
                "what": "closed loop",
                "clients": clients,
                **_measured(server, senders, partial(closed, clients=clients, seconds=options.seconds)),
            }
    if options.offered and time.monotonic() < ends:
        capacity = _measured(server, senders, partial(closed, clients=100, seconds=options.seconds))["per_second"]
        for share in options.offered:
            offer = partial(_offered, Address(server.port, server.path), token, texts, rate=share * capacity)
            found = _measured(server, senders, partial(offer, seconds=options.seconds))
            yield {"what": f"offered {share:.0%}", "offered_per_second": round(share * capacity, 1), **found}


class Senders:
    """Processes that send, each on a core of its own."""

    def __init__(self, pools: list[ProcessPoolExecutor]) -> None:
        self._pools = pools
        self.count = len(pools)

    def all(self, part: Callable[..., Tally]) -> Tally:
        """What all of them tally, each told which part of how many is its own."""
        asked = [pool.submit(part, share=share, of=self.count) for share, pool in enumerate(self._pools)]
        tally = Tally()
        for each in asked:
            tally.add(each.result())
        return tally


@contextmanager
def _senders(cores: Cores) -> Iterator[Senders]:
    context = multiprocessing.get_context("spawn")
    pools = [
        ProcessPoolExecutor(1, mp_context=context, initializer=os.sched_setaffinity, initargs=(0, [core]))
        for core in cores.load
    ]
    try:
        yield Senders(pools)
    finally:
        for pool in pools:
            pool.shutdown()


def _closed(
    server: Address, token: str, texts: list[str], *, clients: int, seconds: float, share: int, of: int
) -> Tally:
    """In a sender: its share of the clients, each waiting for its answer before it asks again."""
    return uvloop.run(Load(server, token, texts).ask(clients=range(share, clients, of), seconds=seconds))


def _offered(
    server: Address, token: str, texts: list[str], *, rate: float, seconds: float, share: int, of: int
) -> Tally:
    """In a sender: its share of the requests a second, at random moments."""
    return uvloop.run(Load(server, token, texts).ask_at(rate=rate / of, seconds=seconds, seed=share))


def _measured(server: Server, senders: Senders, part: Callable[..., Tally]) -> dict[str, Any]:
    """The load's figures, with how idle the machine was, and what the busiest and the idlest worker took of it."""
    workers, cpu, started = server.shares(), server.cpu_seconds(), time.perf_counter()
    psutil.cpu_times_percent()
    tally = senders.all(part)
    idle = psutil.cpu_times_percent().idle
    seconds, cpu = time.perf_counter() - started, server.cpu_seconds() - cpu
    took = [after - before for before, after in zip(workers, server.shares(), strict=False)]
    spread = (
        {"idlest": round(min(took) / seconds, 2), "busiest": round(max(took) / seconds, 2)} if len(took) > 1 else {}
    )
    return {**tally.figures(seconds, cpu), "cores_used": round(cpu / seconds, 2), **spread, "machine_idle": idle}


def in_process(bundle: Path, processes: int, cores: list[int], *, seconds: float) -> dict[str, Any]:
    """onnxruntime alone in so many processes at once: the mean of their CPU ms per text, their rate together."""
    with held_to(cores), ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        # Once for each before the clock runs: loading the model takes longer than some measurements.
        list(pool.map(scoring_reference.measure, [bundle] * processes, [0.2] * processes))
        found = list(pool.map(scoring_reference.measure, [bundle] * processes, [seconds] * processes))
    return {
        "per_second": round(sum(each["requests"] for each in found) / seconds, 1),
        "cpu_ms": round(sum(each["cpu_ms"] for each in found) / processes, 3),
        "p50_ms": sorted(each["p50_ms"] for each in found)[processes // 2],
        "p95_ms": max(each["p95_ms"] for each in found),
    }


def _texts(server: Server, token: str, which: str) -> list[str]:
    texts = scoring_reference.TEXTS
    if which == DEFAULT:
        return texts
    answers = uvloop.run(Load(server, token, texts).answers())
    return [text for text, answer in zip(texts, answers, strict=True) if answer["case_id"] is None]


def _processor() -> dict[str, Any]:
    names = [line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {"processor": names[0] if names else "", "memory_gb": round(psutil.virtual_memory().total / 1e9)}


def _say(**found: Any) -> None:
    sys.stdout.write(json.dumps({"at": time.strftime("%H:%M:%SZ", time.gmtime()), **found}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
