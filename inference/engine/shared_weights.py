"""Weights in a read-only file of the service's own, mapped by each of its processes: in memory once for all of them.

The file is made from proven bytes and compared with them, byte by byte, by every process that maps it. It is never
written in place: a file that differs is replaced by a new one, and what others have mapped stays as it was. Who can
write there anyway is the service's own user, who could as well change its code.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from inference.engine.onnx_weights import Split

logger = logging.getLogger(__name__)

_SUFFIX: Final = ".weights"
#: Files that no process has mapped anew for this long are removed, in seconds.
_KEEP_S: Final = 14 * 86_400


class SharedWeights:
    """The large tensors of one model: `view` has them at their offsets, equal to the proven bytes."""

    def __init__(self, split: Split, model: bytes, *, folder: Path | None, name: str) -> None:
        self._kept: Any = None
        self._file: mmap.mmap | None = None
        if not split.size:
            self.view = memoryview(b"")
            return
        if folder is not None:
            self._file = _mapped(split, model, folder, name)
        memory = self._file or _private(split, model)
        self.view = memoryview(memory)

    @property
    def is_shared(self) -> bool:
        """Whether other processes can hold the same memory."""
        return self._file is not None

    def keep(self, values: Any) -> None:
        """Hold what points into the view for as long as this lives."""
        self._kept = values

    def forget_pages(self) -> None:
        """Give back the pages that only loading needed; what is used again is read from the file's cached pages."""
        if self._file is not None:
            self._file.madvise(mmap.MADV_DONTNEED)


def _mapped(split: Split, model: bytes, folder: Path, name: str) -> mmap.mmap | None:
    path = folder / f"{name}{_SUFFIX}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(2):
            found = _open(path, split.size)
            if found is not None and _equal(found, split, model):
                os.utime(path)
                _sweep(folder)
                return found
            _write(path, split, model)
        logger.warning("the shared weights at %s are not what was just written there", folder)
    except OSError as error:  # no space, no right, a file system without mmap: this process holds its own
        logger.warning("weights can not be shared between processes: %s", type(error).__name__)
    return None


def _open(path: Path, size: int) -> mmap.mmap | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        if os.fstat(descriptor).st_size != size:
            return None
        return mmap.mmap(descriptor, size, prot=mmap.PROT_READ)
    finally:
        os.close(descriptor)


def _equal(found: mmap.mmap, split: Split, model: bytes) -> bool:
    here, there = memoryview(found), memoryview(model)
    return all(here[w.offset : w.offset + w.size] == there[w.start : w.start + w.size] for w in split.weights)


def _write(path: Path, split: Split, model: bytes) -> None:
    descriptor, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with os.fdopen(descriptor, "wb") as out:
            for weight in split.weights:
                out.seek(weight.offset)
                out.write(memoryview(model)[weight.start : weight.start + weight.size])
            os.fchmod(out.fileno(), 0o400)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def _sweep(folder: Path) -> None:
    oldest = time.time() - _KEEP_S
    for path in folder.glob(f"*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def _private(split: Split, model: bytes) -> mmap.mmap:
    memory = mmap.mmap(-1, split.size)
    for weight in split.weights:
        memory[weight.offset : weight.offset + weight.size] = memoryview(model)[
            weight.start : weight.start + weight.size
        ]
    return memory
