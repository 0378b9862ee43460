"""Trainings by the product's command, in processes of their own: started, killed, launched on several devices."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.training_gpu.bench import Bench


def command(bench: Bench, document: dict[str, Any], verb: str, name: str) -> subprocess.Popen[str]:
    """Start the product's command on a configuration."""
    path = bench.folder / f"{name}.json"
    path.write_text(json.dumps(document))
    line = [sys.executable, "-m", "training_app.learn", verb, "--config", str(path)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)


def events_of(bench: Bench, child: subprocess.Popen[str], *, kill_after: str = "") -> list[dict[str, Any]]:
    """Return the events that a command tells; ends it with kill -9 after the first of a kind."""
    started, found = time.monotonic(), []
    assert child.stdout is not None
    for line in child.stdout:
        if not line.startswith("{"):
            continue
        event = {"t": round(time.monotonic() - started, 2)} | json.loads(line)
        found.append(event)
        bench.event(event)
        if event["event"] == kill_after:
            child.send_signal(signal.SIGKILL)
            break
    child.wait()
    return found


def ending(found: list[dict[str, Any]], code: int | None) -> dict[str, Any]:
    """Return how a command ended, and what it learned."""
    keys = ("epoch", "train_loss", "val_loss", "val_macro_f1")
    return {
        "code": code,
        "last": {key: found[-1].get(key) for key in ("event", "kind", "reason")} if found else None,
        "seconds": found[-1]["t"] if found else None,
        "resumed": [event for event in found if event["event"] == "resumed"],
        "epochs": [{key: event.get(key) for key in keys} for event in found if event["event"] == "epoch"],
        "exported": [event for event in found if event["event"] == "exported"],
    }


def out_of_memory(bench: Bench) -> None:
    """A batch that no GPU of today holds ends with a sentence that says what to do."""
    config = bench.config("1b", "full", optimisation={"epochs": 1, "batch_size": 1_024})
    child = command(bench, config, "train", "oom")
    found = events_of(bench, child)
    bench.result(**ending(found, child.returncode))


def launched(method: str, distributed: str) -> Callable[[Bench], None]:
    """Return a case that trains by torchrun with one process."""

    def case(bench: Bench) -> None:
        document = bench.config("60m", method, compute={"threads": 1, "distributed": distributed, "processes": 1})
        shutil.rmtree(document["output"]["out_dir"], ignore_errors=True)
        child = command(bench, document, "launch", bench.case)
        found = events_of(bench, child)
        bench.result(**ending(found, child.returncode))

    return case


def killed(bench: Bench) -> None:
    """The same training undisturbed, and killed after its first epoch and started again."""
    endings = {}
    for kind in ("undisturbed", "killed"):
        document = bench.config("60m", "lora")
        document["output"]["out_dir"] += f"-{kind}"
        document["optimisation"]["epochs"] = 2
        shutil.rmtree(document["output"]["out_dir"], ignore_errors=True)
        if kind == "killed":
            events_of(bench, command(bench, document, "train", kind), kill_after="epoch")
        child = command(bench, document, "train", kind)
        endings[kind] = ending(events_of(bench, child), child.returncode)
    bench.result(**endings)


def evaluated(bench: Bench) -> None:
    """The default: heads on the embedded encoder's cached embeddings, then its evaluation, each by its command."""
    document = {
        "output": {"release_dir": str(bench.release("embedded")), "out_dir": str(bench.folder / "runs/default")}
    }
    shutil.rmtree(document["output"]["out_dir"], ignore_errors=True)
    started = time.monotonic()
    child = command(bench, document, "train", "default")
    found = events_of(bench, child)
    trained_in = time.monotonic() - started
    out = bench.folder / "evaluation.json"
    line = [
        sys.executable,
        "-m",
        "training_app.learn",
        "evaluate",
        "--bundle",
        f"{document['output']['out_dir']}/bundle",
    ]
    line += ["--release", document["output"]["release_dir"], "--out", str(out)]
    code = subprocess.run(line, check=False, stdout=sys.stderr).returncode
    encoded = [event["t"] for event in found if event["event"] == "encoded"]
    bench.result(
        **ending(found, child.returncode) | {"epochs": sum(event["event"] == "epoch" for event in found)},
        train_seconds=round(trained_in, 1),
        encoded_at=encoded[-1] if encoded else None,
        evaluate_code=code,
        all_seconds=round(time.monotonic() - started, 1),
    )
