"""What a run would take, asked of a child process: the web process imports no torch."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from datasets_app.models import Release
from training_app.learn.config import TrainingConfig, config_write

SECONDS: Final = 60
GIB: Final = 1 << 30
WHOSE: Final = "Of the machine that serves this page, and the right order rather than a promise."


@dataclass(frozen=True)
class Estimate:
    """Rows of (what, how much) and notes, or the reason why there is none."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problem: str = ""


def estimate_of(config: TrainingConfig, *, release: Release) -> Estimate:
    """Return what the machine of this process would need for a run; the GPU worker's may be another one.

    A child process of at most SECONDS; whatever goes wrong there becomes `problem`.
    """
    sizes = ["--rows", str(_rows(release, "train")), "--val-rows", str(_rows(release, "val"))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        config_write(config, path)
        command = [sys.executable, "-m", "training_app.learn", "estimate", "--json", "--config", str(path), *sizes]
        try:
            told = subprocess.run(
                command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return Estimate(problem=f"The estimate took more than {SECONDS} seconds.")
    try:
        found = json.loads(told.stdout)
    except json.JSONDecodeError:
        return Estimate(problem="No estimate can be made here: the worker's machine would have to be asked.")
    return Estimate(problem=f"Refused: {found['reason']}") if "reason" in found else _shown(found)


def _rows(release: Release, split: str) -> int:
    found = release.counts.get("splits", {}).get(split, 0)
    return int(found["total"] if isinstance(found, dict) else found)


def _shown(found: dict[str, Any]) -> Estimate:
    memory, parameters = found["memory_bytes"], found["parameters"]
    rows = [
        ("Memory", f"{memory['total'] / GIB:.2f} GiB of {memory['limit'] / GIB:.1f} GiB"),
        ("Time", f"about {_duration(found['seconds'])}"),
        ("On", f"{found['device']}, {found['precision']}"),
        ("Steps", f"{found['epochs']} epochs of {found['steps_per_epoch']:,}"),
        ("Parameters", f"{parameters['learning']:,} of {parameters['all']:,} learn"),
    ]
    does_not_fit = [] if found["fits"] else ["It does not fit. What would make it fit:", *found["remedies"]]
    return Estimate(rows=rows, notes=[*does_not_fit, *found["notes"], WHOSE])


def _duration(seconds: float) -> str:
    for size, word in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} seconds"
