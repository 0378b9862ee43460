"""Trainings in this process: speed, memory and utilisation beside the estimate."""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.training_gpu.bench import MIB, Bench, gib

DATASHEET_FLOPS: Final = 989e12
# Of the first points a first step tells of what is made once.
WARM_UP_POINTS: Final = 2


class Recorder:
    """Keeps a training's events with their times and the memory of the GPU at them."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.events, self.started = bench, list[dict[str, Any]](), time.monotonic()

    def __call__(self, event: dict[str, Any]) -> None:
        import torch

        told = {"t": round(time.monotonic() - self.started, 3)} | event
        if torch.cuda.is_available():
            told["allocated"], told["reserved"] = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
            if event["event"] == "calibrated":
                # From here on the peak is that of the bundle's check: the model again, and nothing besides.
                torch.cuda.reset_peak_memory_stats()
        self.events.append(told)
        self.bench.event(told)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a kind."""
        return [event for event in self.events if event["event"] == kind]


def trained(bench: Bench, document: dict[str, Any], recorder: Recorder) -> dict[str, Any]:
    """Train by the product's pipeline in this process; return speed, memory and utilisation beside the estimate."""
    import torch

    from training_app.learn.config import config_from
    from training_app.learn.pipeline import train

    config = config_from(document)
    shutil.rmtree(config.output.out_dir, ignore_errors=True)
    expected = expectation(bench, config)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    recorder.started = time.monotonic()
    problem = ""
    try:
        train(config, emit=recorder)
    except Exception as error:  # what was measured before it is told all the same
        traceback.print_exc()
        problem = f"{type(error).__name__}: {str(error)[:300]}"
    figures = speed(config, recorder, expected)
    epochs, points = recorder.of("epoch"), recorder.of("point")
    if points:
        figures |= {"loss_first": points[0].get("loss"), "loss_last": points[-1].get("loss")}
        figures["peak_allocated_gib"] = gib(points[-1].get("allocated", 0))
        figures["peak_reserved_gib"] = gib(points[-1].get("reserved", 0))
        figures["found_to_expected_memory"] = round(points[-1].get("reserved", 0) / expected["memory"], 3)
    figures["seconds_to_first_step"] = points[0]["t"] if points else None
    figures["epochs"] = [
        {key: value for key, value in epoch.items() if isinstance(value, float | int)} for epoch in epochs
    ]
    for kind in ("calibrated", "exported", "done"):
        figures[f"{kind}_at"] = [event["t"] for event in recorder.of(kind)]
    figures["exported"] = [
        {key: event.get(key) for key in ("served_by", "why_no_graph", "parity", "latency", "allocated")}
        for event in recorder.of("exported")
    ]
    folder = Path(config.output.out_dir)
    figures["checkpoint_mb"] = sum(path.stat().st_size for path in (folder / "checkpoints").rglob("*.*")) // MIB
    figures["problem"] = problem
    return figures


def expectation(bench: Bench, config: Any) -> dict[str, Any]:
    """Return what the estimate says of a configuration on this machine, at its greatest width."""
    from training_app.learn.plan import plan
    from training_app.learn.throughput import STEP_SHARE

    started = time.monotonic()
    found = plan(config)
    machine_flops = found.throughput.flops / STEP_SHARE[found.resolved.device]
    bench.event({"event": "estimate"} | found.as_dict())
    return {
        "estimate": found,
        "memory": found.memory.total,
        "products": machine_flops,
        "seconds": round(time.monotonic() - started, 1),
    }


def speed(config: Any, recorder: Recorder, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what a step took, once warm, and the share of the GPU's operations that this is."""
    from training_app.learn.batches import epoch_batches
    from training_app.learn.tokens import tokens_open

    estimate, shape = expected["estimate"], expected["estimate"].shape
    figures: dict[str, Any] = {
        "expected_memory_gib": gib(expected["memory"]),
        "expected_seconds_per_step": round(estimate.step_flops / estimate.throughput.flops, 3),
        "products_tflops": round(expected["products"] / 1e12, 1),
        "estimate_took_seconds": expected["seconds"],
        "parameters": shape.parameters,
        "learning": shape.learning,
    }
    points = [point for point in recorder.of("point") if point["epoch"] == 1]
    folder = next(iter(Path(config.output.out_dir).glob("tokens/*/train")), None)
    split = tokens_open(folder) if folder else None
    if len(points) < 2 or split is None:
        return figures
    first, last = points[min(WARM_UP_POINTS, len(points) - 1) - 1], points[-1]
    optimisation, lengths = config.optimisation, split.lengths
    batches = epoch_batches(lengths, batch_size=optimisation.batch_size, seed=optimisation.seed, epoch=1)
    read = batches[first["step"] : last["step"]]
    real = sum(int(lengths[rows].sum()) for rows in read)
    padded = sum(len(rows) * (-(-int(lengths[rows].max()) // 8) * 8) for rows in read)
    steps, seconds = last["step"] - first["step"], last["t"] - first["t"]
    # Of a padded token at the width that the estimate counted; attention's share at a smaller width is a little less.
    per_token = (shape.forward_flops + shape.backward_flops) / shape.rows / shape.tokens
    thumb = 6 * shape.quantisable if config.model.method == "full" else 4 * shape.quantisable + 6 * shape.adapters
    reached = per_token * padded / seconds
    return figures | {
        "steps_measured": steps,
        "seconds_per_step": round(seconds / steps, 4),
        "tokens_per_second": round(real / seconds),
        "padded_tokens_per_second": round(padded / seconds),
        "model_tflops": round(reached / 1e12, 1),
        "mfu_of_products": round(reached / expected["products"], 3),
        "mfu_of_datasheet": round(reached / DATASHEET_FLOPS, 3),
        "mfu_of_datasheet_by_rule": round(thumb * padded / seconds / DATASHEET_FLOPS, 3),
    }


def training_case(name: str, method: str, **more: dict[str, Any]) -> Callable[[Bench], None]:
    """Return a case that trains one configuration."""

    def case(bench: Bench) -> None:
        started = time.monotonic()
        document = bench.config(name, method, **more)
        made = round(time.monotonic() - started, 1)
        bench.result(**trained(bench, document, Recorder(bench)), made_in_seconds=made)

    return case
