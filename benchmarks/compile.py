"""The compile engine on one generated file: CPU as a ratio to one orjson pass and to datatrove, and peak memory.

    python -m benchmarks.compile --records 100000 --rounds 3 --peer-python PEER/bin/python
    python -m benchmarks.compile --records 608458 --scale

Every round runs all contestants one after another, so that a drift of the machine meets all of them; ratios are taken
within a round and their median is printed. CPU seconds are user and system time of a process with all its children.
Memory is the peak resident set (VmHWM) of the coordinator and of its largest worker. `--scale` compiles once with
each engine and compares the manifests' hashes. Prints one JSON document.

`--peer-python` names a Python that has datatrove (see benchmarks/compile_peer.py); without it the peer is left out, and
the output says so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.corpus import write

ROOT: Final = Path(__file__).resolve().parents[1]
_PARSE: Final = "import sys, orjson\nfor line in open(sys.argv[1], 'rb'):\n    orjson.loads(line)\n"
_SAMPLE_SECONDS: Final = 0.05


@dataclass
class Run:
    """One finished process: seconds and megabytes."""

    wall: float
    cpu: float
    coordinator_mb: float
    worker_mb: float
    output: str


def run(argv: list[str]) -> Run:
    """Run a program to its end and watch its memory and that of its children. Raises RuntimeError when it fails."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile() as sink, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=sink, stderr=errors)
        peaks: dict[int, float] = {}
        ended = 0
        while not ended:
            _note_peaks(process.pid, peaks)
            time.sleep(_SAMPLE_SECONDS)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{argv[:4]} ended with {process.returncode}: {errors.read().decode()[-2000:]}")
        sink.seek(0)
        output = sink.read().decode()
    coordinator = peaks.pop(process.pid, 0.0)
    return Run(wall, usage.ru_utime + usage.ru_stime, coordinator, max(peaks.values(), default=0.0), output)


def _note_peaks(pid: int, peaks: dict[int, float]) -> None:
    try:
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            status = Path(f"/proc/{member}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                peaks[member] = int(line.split()[1]) / 1024


def engine(corpus: Path, folder: Path, *options: str) -> list[str]:
    """The command that compiles `corpus` into a folder that does not exist yet."""
    shutil.rmtree(folder, ignore_errors=True)
    places = ["--output", str(folder / "release"), "--work", str(folder / "work")]
    described = ["--family", "priority_datasets", "--source", "synthetic", "--pii", "redact", "--seed", "1", "--json"]
    return [sys.executable, "-m", "datasets_app.corpus", "compile", str(corpus), *places, *described, *options]


def compare(corpus: Path, folder: Path, rounds: int, peer: str | None) -> dict[str, Any]:
    """Interleaved rounds of all contestants; medians of the ratios taken within each round."""
    contestants: dict[str, Any] = {
        "orjson": lambda: [sys.executable, "-c", _PARSE, str(corpus)],
        "engine": lambda: engine(corpus, folder / "a", "--near-duplicates", "off"),
        "engine, near-duplicates": lambda: engine(corpus, folder / "b"),
        "engine, one worker": lambda: engine(corpus, folder / "c", "--engine", "pool", "--workers", "1"),
        "engine, two workers": lambda: engine(corpus, folder / "d", "--engine", "pool", "--workers", "2"),
    }
    if peer:
        script = [peer, str(ROOT / "benchmarks" / "compile_peer.py"), str(corpus)]
        contestants["datatrove"] = lambda: [*script, str(folder / "e")]
        contestants["datatrove, repair"] = lambda: [*script, str(folder / "f"), "--repair"]
        contestants["datatrove, repair, near-duplicates"] = lambda: [*script, str(folder / "g"), "--repair", "--near"]
    found: dict[str, list[Run]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, argv in contestants.items():
            found[name].append(run(argv()))
            _say(f"round {number + 1}: {name} {found[name][-1].cpu:.1f} s of CPU, {found[name][-1].wall:.1f} s")
    return {"contestants": {name: _figures(runs, found["orjson"]) for name, runs in found.items()}, **_ratios(found)}


def _figures(runs: list[Run], parse: list[Run]) -> dict[str, float]:
    return {
        "cpu_s": round(statistics.median(item.cpu for item in runs), 2),
        "wall_s": round(statistics.median(item.wall for item in runs), 2),
        "x_orjson": round(statistics.median(item.cpu / base.cpu for item, base in zip(runs, parse, strict=True)), 1),
        "coordinator_mb": round(max(item.coordinator_mb for item in runs)),
        "worker_mb": round(max(item.worker_mb for item in runs)),
    }


def _ratios(found: dict[str, list[Run]]) -> dict[str, float | str]:
    def median(first: str, second: str, field: str) -> float:
        pairs = zip(found[first], found[second], strict=True)
        return round(statistics.median(getattr(a, field) / getattr(b, field) for a, b in pairs), 2)

    ratios: dict[str, float | str] = {"two_workers_faster": median("engine, one worker", "engine, two workers", "wall")}
    if "datatrove" not in found:
        return {**ratios, "peer": "left out: no --peer-python"}
    near = "near-duplicates"
    return {
        **ratios,
        "faster_than_datatrove_that_repairs_nothing": median("datatrove", "engine", "cpu"),
        "faster_than_datatrove": median("datatrove, repair", "engine", "cpu"),
        "faster_than_datatrove_near": median(f"datatrove, repair, {near}", f"engine, {near}", "cpu"),
    }


def scale(corpus: Path, folder: Path, engines: list[str]) -> dict[str, Any]:
    """Compile once with each engine; all manifests must have the same hash."""
    found = {}
    for name in engines:
        workers = [] if name == "inline" else ["--workers", "2"]
        ended = run(engine(corpus, folder / name, "--engine", name, *workers))
        report = json.loads(ended.output)
        found[name] = {
            "wall_s": round(ended.wall),
            "cpu_s": round(ended.cpu),
            "coordinator_mb": round(ended.coordinator_mb),
            "worker_mb": round(ended.worker_mb),
            "manifest_sha256": report["manifest_sha256"],
        }
        _say(f"{name}: {found[name]}")
        shutil.rmtree(folder / name)
    hashes = {item["manifest_sha256"] for item in found.values()}
    return {"engines": found, "same_manifest": len(hashes) == 1}


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> int:
    """Generate the file, measure, print, clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", help="a Python that has datatrove")
    parser.add_argument("--scale", action="store_true", help="one compile per engine, at size")
    parser.add_argument("--engines", nargs="+", default=["inline", "pool", "dask", "ray"])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pixelhub-bench-"))
    try:
        size = write(folder / "corpus.jsonl", options.records, seed=1)
        head = {"records": options.records, "megabytes": round(size / 1e6, 1)}
        if options.scale:
            found = scale(folder / "corpus.jsonl", folder, options.engines)
        else:
            found = compare(folder / "corpus.jsonl", folder, options.rounds, options.peer_python)
        print(json.dumps({**head, **found}, indent=2))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
