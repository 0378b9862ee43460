"""An estimate and a dry run in words and units for people."""

from __future__ import annotations

from typing import Any, Final

from .estimate import Estimate

GIB: Final = 1 << 30


def estimate_text(found: Estimate) -> str:
    """Return the estimate as lines of text."""
    shape, memory = found.shape, found.memory
    parts = {
        "weights": memory.weights,
        "gradients": memory.gradients,
        "optimiser": memory.optimiser,
        "activations": memory.activations,
        "other": memory.other,
    }
    lines = [
        f"{_count(shape.parameters)} parameters, {_count(shape.learning)} of them learn "
        f"(backbone {_count(shape.backbone)}, adapters {_count(shape.adapters)}, heads {_count(shape.heads)})",
        f"{found.resolved.device}, {found.resolved.precision}, "
        + ("one process" if found.processes == 1 else f"{found.processes} processes"),
        *found.resolved.notes,
        f"{found.work.train:,} conversations to train on and {found.work.val:,} to choose on, "
        f"{found.work.tokens} tokens each ({found.work.known})",
        f"{found.epochs} epochs of {found.steps_per_epoch:,} steps",
        "memory of one process: "
        + ", ".join(f"{name} {_gib(size)}" for name, size in parts.items() if size)
        + f"; together {_gib(memory.total)} of {_gib(memory.limit)}",
        f"time: about {_duration(found.seconds)} at {found.throughput.flops / 1e12:.3g} TFLOP/s "
        f"({found.throughput.source})",
        "It fits." if memory.fits else "IT DOES NOT FIT. What would make it fit:",
        *(f"  - {remedy}" for remedy in found.remedies),
    ]
    return "\n".join(lines)


def dry_run_text(report: dict[str, Any], found: Estimate) -> str:
    """Return a dry run's report as lines of text."""
    tokens = report["tokens"]
    lines = [
        f"release {report['release']} verified in {report['verified_seconds']:.1f} s",
        f"sample of {tokens['sample']}: {tokens['mean']:.0f} tokens on average, 95% have {tokens['p95']} or fewer, "
        f"{tokens['cut_share']:.0%} are cut at {tokens['max_length']}",
        estimate_text(found),
    ]
    if report["tried"] is None:
        lines.append("Nothing was tried, for it does not fit.")
    else:
        tried = report["tried"]
        lines.append(
            f"tried: {tried['steps']} steps of {tried['rows']} conversations, {tried['seconds_per_step']:.2f} s each, "
            f"{tried['peak_bytes'] / GIB:.2f} GiB at the most; all epochs would take about "
            f"{_duration(tried['seconds'])}"
        )
    return "\n".join(lines)


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"


def _count(number: int) -> str:
    for unit, word in ((10**9, " billion"), (10**6, " million"), (10**3, " thousand")):
        if number >= unit:
            return f"{number / unit:.3g}{word}"
    return str(number)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
