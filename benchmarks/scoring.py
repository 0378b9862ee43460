"""The scoring service beside its limit and its peers: the same ONNX model and texts, in turns.

    python -m benchmarks.scoring --quick
    python -m benchmarks.scoring --bundle FOLDER --peers .venv-peers/serving/bin/python
    python -m benchmarks.scoring --bundle FOLDER --sustained 300
    python -m benchmarks.scoring --bundle FOLDER --offered 0.3 0.5 0.7

Without anything more: requests per second, latencies, CPU per request, errors and memory at 1, 32, 100 and 300 clients
of each contestant, block by block, and CPU as a ratio to onnxruntime called in this process on the same texts
(tokenisation included), which is the limit. Only ours checks keys, limits and rules and writes a score log with audit.
`--sustained` loads ours alone for so many seconds at 100 and at 300 clients and compares each answer with the one that
was given serially. `--offered` sends at a share of what 100 clients got, at random moments, whatever has been answered.

Prints one JSON document. `make bench` runs all of it; run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import scoring_load, scoring_reference, scoring_stand_in
from benchmarks.scoring_servers import OURS, Server, peer, prepared, start_ours, start_peer

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = (1, 32, 100, 300)
PEERS = ("fastapi_onnx", "litserve", "litserve_tuned", "bentoml", "fastapi_torch")


def main() -> int:
    """Set up, measure, print, clean up; 1 where an answer was an error or differed from the serial one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="a bundle folder; without it a stand-in of the same matrix sizes")
    parser.add_argument("--seconds", type=float, default=10.0, help="load per contestant, client count and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=list(CLIENTS))
    parser.add_argument("--peers", type=Path, help="python of an environment with the peers (make bench-peers)")
    parser.add_argument("--only", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--sustained", type=float, help="seconds at 100 and 300 clients, answers compared")
    parser.add_argument("--offered", type=float, nargs="+", help="shares of capacity, open loop")
    parser.add_argument("--workers", type=int, default=1, help="processes of our service")
    parser.add_argument("--quick", action="store_true", help="two seconds, one round, 1 and 100 clients")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds, options.clients = 2.0, 1, [1, 100]
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-bench-"))
    try:
        found = _measure(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found, indent=2))
    wrong = [entry for entry in found.get("sustained", ()) if entry["errors"] or entry["largest_difference"]]
    return 1 if wrong else 0


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    bundle = options.bundle or scoring_stand_in.write_stand_in(folder / "stand-in")
    environment, token = prepared(folder, bundle, ROOT)
    load_before = os.getloadavg()[0]
    with ExitStack() as stack:
        ours = stack.enter_context(start_ours(environment, ROOT, workers=options.workers))
        if options.sustained:
            found = {"sustained": [_sustained(ours, token, n, options.sustained) for n in (100, 300)]}
        elif options.offered:
            found = _offered(ours, token, options)
        else:
            servers = {OURS: ours}
            for name in options.only if options.peers else ():
                servers[name] = stack.enter_context(start_peer(peer(name), options.peers, bundle, environment, ROOT))
            found = _in_turns(servers, token, bundle, options)
        return {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "cores": os.cpu_count(),
            "load_before": round(load_before, 2),
            "model": str(options.bundle or "stand-in, 6 layers of 384"),
            **found,
        }


def _in_turns(servers: dict[str, Server], token: str, bundle: Path, options: argparse.Namespace) -> dict[str, Any]:
    loads = {name: scoring_load.Load(server, token, scoring_reference.TEXTS) for name, server in servers.items()}
    rounds: dict[str, list[dict[str, Any]]] = {"in process": []}
    for load in loads.values():
        uvloop.run(load.run(clients=4, seconds=1.0))
    for _ in range(options.rounds):
        for clients in options.clients:
            rounds["in process"].append(scoring_reference.measure(bundle, options.seconds))
            limit = rounds["in process"][-1]["cpu_ms"]
            for name, load in loads.items():
                entry = uvloop.run(load.run(clients=clients, seconds=options.seconds))
                entry["cpu_ratio"] = round(entry["cpu_ms"] / limit, 3)
                rounds.setdefault(f"{name}, {clients} clients", []).append(entry)
    memory = {name: server.memory_mb() for name, server in servers.items()}
    return {"memory_mb": memory, **{name: _median(entries) for name, entries in rounds.items()}}


def _sustained(ours: Server, token: str, clients: int, seconds: float) -> dict[str, Any]:
    load = scoring_load.Load(ours, token, scoring_reference.TEXTS)
    serial = uvloop.run(load.scores())
    found = uvloop.run(load.run(clients=clients, seconds=seconds, compare_with=serial))
    return {"clients": clients, "seconds": seconds, "memory_mb": ours.memory_mb(), **found}


def _offered(ours: Server, token: str, options: argparse.Namespace) -> dict[str, Any]:
    load = scoring_load.Load(ours, token, scoring_reference.TEXTS)
    uvloop.run(load.run(clients=4, seconds=1.0))
    capacity = uvloop.run(load.run(clients=100, seconds=options.seconds))
    found = {"capacity": capacity}
    for share in options.offered:
        rate = share * capacity["per_second"]
        found[f"{share:.0%} of capacity"] = uvloop.run(load.offer(rate=rate, seconds=options.seconds))
    return found


def _median(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over the rounds, of each figure by itself."""
    numbers = [key for key, value in entries[0].items() if isinstance(value, int | float)]
    return {key: sorted(entry[key] for entry in entries)[len(entries) // 2] for key in numbers}


if __name__ == "__main__":
    sys.exit(main())
