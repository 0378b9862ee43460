"""Dry runs: the estimate of memory and time beside two real steps."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any, Final

from benchmarks.training_gpu.bench import CHECKPOINTED, Bench, gib

DRY: Final[dict[str, tuple[str, str, dict[str, dict[str, Any]]]]] = {
    "1b full": ("1b", "full", {}),
    "1b full, checkpointing": ("1b", "full", {"compute": CHECKPOINTED}),
    "1b full, fp32": ("1b", "full", {"compute": {"precision": "fp32"}}),
    "1b top layers": ("1b", "top_layers", {}),
    "1b frozen": ("1b", "frozen", {}),
    "1b lora": ("1b", "lora", {}),
    "1b lora, checkpointing": ("1b", "lora", {"compute": CHECKPOINTED}),
    "1b lora, batch 64, checkpointing": ("1b", "lora", {"compute": CHECKPOINTED, "optimisation": {"batch_size": 64}}),
    "1b qlora": ("1b", "qlora", {}),
    "1b qlora, checkpointing": ("1b", "qlora", {"compute": CHECKPOINTED}),
}


def dry_runs(chosen: dict[str, tuple[str, str, dict[str, dict[str, Any]]]]) -> Callable[[Bench], None]:
    """Return a case of dry runs one after the other: the estimate of memory and time beside two real steps each."""

    def case(bench: Bench) -> None:
        for said, (name, method, more) in chosen.items():
            document = bench.config(name, method, **more)
            threads = {"threads": document["compute"]["threads"]}
            document["compute"] = threads | more.get("compute", {})
            document["optimisation"] = {"epochs": 1, "batch_size": 16} | more.get("optimisation", {})
            try:
                bench.result(dry=said, **rehearsed(document))
            except Exception as error:
                traceback.print_exc()
                bench.result(dry=said, problem=f"{type(error).__name__}: {str(error)[:300]}")

    return case


def rehearsed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a dry run's expected and found figures."""
    import gc

    import torch

    from training_app.learn.config import config_from
    from training_app.learn.dry_run import dry_run

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    started = time.monotonic()
    report, found = dry_run(config_from(document))
    tried = report["tried"]
    if tried is None:
        return {"fits": False, "expected_gib": gib(found.memory.total), "remedies": list(found.remedies)}
    allocated = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    return {
        "expected_gib": gib(found.memory.total),
        "parts_gib": {name: gib(size) for name, size in report["estimate"]["memory_bytes"].items()},
        "reserved_gib": gib(tried["peak_bytes"]),
        "allocated_gib": gib(allocated),
        "found_to_expected": round(tried["peak_bytes"] / found.memory.total, 3),
        "expected_seconds_per_step": round(found.step_flops / found.throughput.flops, 4),
        "seconds_per_step": tried["seconds_per_step"],
        "tokens": tried["tokens"],
        "rows": tried["rows"],
        "took_seconds": round(time.monotonic() - started, 1),
    }
