"""The scoring service over loopback against the same model in-process: CPU per request, latency, errors.

    python -m benchmarks.serving --quick
    python -m benchmarks.serving --seconds 20 --bundle FOLDER

CPU milliseconds per request are the steady figure on a noisy machine: the service's as a ratio to onnxruntime called
in-process on the same texts, tokenisation included. Rounds of both are interleaved. Everything (database, keys,
objects) lives in a folder that is removed afterwards. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import serving_load, serving_reference

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = (1, 100)


def main() -> None:
    """Set up, measure in interleaved rounds, print, clean up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="load per client count and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bundle", type=Path, help="a bundle folder; without it a stand-in of the same matrix sizes")
    parser.add_argument("--quick", action="store_true", help="two seconds, one round")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds = 2.0, 1
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-bench-"))
    try:
        print(json.dumps(_measure(options, folder), indent=2))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "pixelhub.settings",
        "PIXELHUB_VAR_DIR": str(folder / "var"),
        "LOG_LEVEL": "WARNING",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
    }
    run = {"cwd": ROOT, "env": environment, "check": True}
    subprocess.run([sys.executable, "manage.py", "migrate", "--skip-checks", "-v0"], **run)
    bundle = options.bundle or serving_reference.write_stand_in(folder / "stand-in")
    setup = [sys.executable, "-m", "benchmarks.serving_setup", str(bundle)]
    token = subprocess.run(setup, **run, capture_output=True, text=True).stdout.split()[-1]
    rounds: dict[str, list[dict[str, Any]]] = {"in_process": [], **{f"clients_{n}": [] for n in CLIENTS}}
    with serving_load.Server(environment, ROOT) as server:
        load = serving_load.Load(server, token, serving_reference.TEXTS)
        asyncio.run(load.run(clients=4, seconds=1.0))
        for _ in range(options.rounds):
            rounds["in_process"].append(serving_reference.measure(bundle, options.seconds))
            for clients in CLIENTS:
                rounds[f"clients_{clients}"].append(asyncio.run(load.run(clients=clients, seconds=options.seconds)))
        memory = server.memory_mb()
    return {"model": str(options.bundle or "stand-in, 6 layers of 384"), "memory_mb": memory, **_summary(rounds)}


def _summary(rounds: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians over the rounds, and the service's CPU as a ratio to the in-process limit of the same round."""
    limit = [entry["cpu_ms"] for entry in rounds["in_process"]]
    summary: dict[str, Any] = {"in_process": _median(rounds["in_process"])}
    for name, entries in rounds.items():
        if name != "in_process":
            ratios = [entry["cpu_ms"] / base for entry, base in zip(entries, limit, strict=True)]
            summary[name] = {**_median(entries), "cpu_ratio": round(sorted(ratios)[len(ratios) // 2], 3)}
    return {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cores": os.cpu_count(), **summary}


def _median(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: sorted(entry[key] for entry in entries)[len(entries) // 2] for key in entries[0]}


if __name__ == "__main__":
    main()
