"""What the machine can do: the largest products and copies, the disk, and how long its backbones take to make."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.training_gpu.bench import MIB, Bench, gib


def facts(bench: Bench) -> None:
    """What the product finds here, and the two ceilings: a large product and a large copy."""
    import accelerate
    import torch
    import transformers

    from training_app.learn.compute import compute_resolve, machine_detect
    from training_app.learn.config import config_from

    machine = machine_detect()
    methods = {}
    for method in ("cached", "lora", "full", "qlora"):
        found = compute_resolve(config_from({"model": {"method": method}}), machine)
        methods[method] = [found.device, found.precision]
    versions = {module.__name__: module.__version__ for module in (torch, transformers, accelerate)}
    figures: dict[str, Any] = {"machine": machine.as_dict(), "resolved": methods, "versions": versions}
    if torch.cuda.is_available():
        figures["products_tflops"] = round(products(torch) / 1e12, 1)
        figures["copy_tb_per_second"] = round(copies(torch) / 1e12, 2)
        free, total = torch.cuda.mem_get_info()
        torch.cuda.empty_cache()
        free = torch.cuda.mem_get_info()[0]
        figures["context_mb"] = (total - free - torch.cuda.memory_reserved()) // MIB
    figures["disk_writes_gb_per_second"] = round(written(bench.folder), 2)
    figures["disk_free_gb"] = shutil.disk_usage(bench.folder).free // 10**9
    bench.result(**figures)


def products(torch: Any, side: int = 8_192, runs: int = 30) -> float:
    """Return the operations a second of square bf16 products of random numbers, the median of single ones."""
    left, right = (torch.randn((side, side), device="cuda", dtype=torch.bfloat16) for _ in range(2))
    times = timed(torch, lambda: left @ right, runs)
    return float(2 * side**3 / times)


def copies(torch: Any, size: int = 4 << 30, runs: int = 20) -> float:
    """Return bytes read and written a second by a copy on the device."""
    source = torch.empty(size, dtype=torch.uint8, device="cuda").random_()
    target = torch.empty_like(source)
    return 2 * size / timed(torch, lambda: target.copy_(source), runs)


def timed(torch: Any, act: Callable[[], Any], runs: int) -> float:
    """Return the median seconds of an act on the device, by its events."""
    for _ in range(5):
        act()
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(runs + 1)]
    marks[0].record()
    for mark in marks[1:]:
        act()
        mark.record()
    torch.cuda.synchronize()
    seconds = sorted(one.elapsed_time(other) / 1e3 for one, other in pairwise(marks))
    return float(seconds[runs // 2])


def written(folder: Path, size: int = 1 << 30) -> float:
    """Return GB a second of writing a file to a disk."""
    path, block = folder / "written.tmp", os.urandom(16 * MIB)
    started = time.monotonic()
    try:
        with path.open("wb") as sink:
            for _ in range(size // len(block)):
                sink.write(block)
            sink.flush()
            os.fsync(sink.fileno())
    except OSError:
        return 0.0
    finally:
        path.unlink(missing_ok=True)
    return size / 1e9 / (time.monotonic() - started)


def weights(bench: Bench) -> None:
    """Make the two large backbones, and tell how long that took."""
    for name in ("12b", "1b"):
        started = time.monotonic()
        folder = bench.backbone(name)
        size = sum(path.stat().st_size for path in folder.iterdir())
        bench.result(backbone=name, gib=gib(size), seconds=round(time.monotonic() - started, 1))
