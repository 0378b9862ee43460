"""What is told of the machine that is asked: room on its disks."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pixelhub.metrics.catalogue import DISK_FREE, DISK_SIZE
from pixelhub.metrics.store import Series


def machine_series(var: Path) -> Series:
    """Free and whole bytes of the var folder's file system and of that of temporary files; none that is not there."""
    series: Series = {}
    for place, folder in (("var", var), ("tmp", Path(tempfile.gettempdir()))):
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        series[DISK_FREE.name, place] = usage.free
        series[DISK_SIZE.name, place] = usage.total
    return series
