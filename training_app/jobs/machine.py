"""What a process tree takes of the machine, from /proc and, where there is one, from the NVIDIA driver's tool."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from time import monotonic
from typing import Final

from pixelhub.jobs.guard import process_table

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_MEGABYTE: Final = 1024 * 1024
_GPU_QUERY: Final = ("--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits")
_GPU_SECONDS: Final = 2.0


class MachineMeter:
    """Call `sample` every few seconds: CPU is what was used between two calls, in percent of one core."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._at = 0.0
        self._gpu_tool = shutil.which("nvidia-smi")

    def sample(self, root: int) -> dict[str, float]:
        """Return cpu_percent, rss_mb and, with a GPU, gpu_percent and gpu_mb of `root` and all below it.

        Nothing where none of them holds memory: they have ended, and zeros would read as a figure of theirs.
        The first call knows no CPU yet. GPU figures are the whole machine's: the driver does not tell whose they are.
        """
        now = monotonic()
        ticks, pages = {}, 0
        for pid in [root, *_below(root)]:
            used = _usage(pid)
            if used is not None:
                ticks[pid], pages = used[0], pages + used[1]
        if not pages:
            return {}
        found = {"rss_mb": round(pages * _PAGE_BYTES / _MEGABYTE, 1)}
        if self._at:
            spent = sum(max(0, count - self._seen.get(pid, 0)) for pid, count in ticks.items())
            found["cpu_percent"] = round(100 * spent / _TICKS_PER_SECOND / max(now - self._at, 1e-3), 1)
        self._seen, self._at = ticks, now
        return found | self._gpus()

    def _gpus(self) -> dict[str, float]:
        if self._gpu_tool is None:
            return {}
        try:
            told = subprocess.run(
                [self._gpu_tool, *_GPU_QUERY], capture_output=True, text=True, timeout=_GPU_SECONDS, check=True
            )
            rows = [[float(cell) for cell in line.split(",")] for line in told.stdout.splitlines() if line.strip()]
        except (subprocess.SubprocessError, OSError, ValueError):
            self._gpu_tool = None
            return {}
        if not rows:
            return {}
        return {"gpu_percent": sum(row[0] for row in rows) / len(rows), "gpu_mb": sum(row[1] for row in rows)}


def _below(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, parent, _ in process_table():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    todo = [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _usage(pid: int) -> tuple[int, int] | None:
    """(clock ticks of CPU, pages in memory) of a process, or None when it is gone."""
    folder = Path("/proc") / str(pid)
    try:
        fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12]), int((folder / "statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
