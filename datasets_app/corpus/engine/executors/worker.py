"""A worker process of the pool: reads framed tasks from stdin and answers on what was stdout.

A fresh interpreter that imports only the corpus package: no Django, no fork of a big parent. It ends when the
coordinator's end of the pipe closes, so a killed coordinator leaves nobody behind.
"""

from __future__ import annotations

import os
import struct
import sys
import traceback
from typing import BinaryIO, Final

from .calling import call

FRAME: Final = struct.Struct("<BI")  # 1 for a result and 0 for an error, length
DONE, FAILED = 1, 0


def read_frame(stream: BinaryIO) -> tuple[int, bytes] | None:
    """Return (kind, payload), None at the end of the stream or in the middle of a broken frame."""
    head = stream.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    kind, size = FRAME.unpack(head)
    data = stream.read(size)
    return (kind, data) if len(data) == size else None


def write_frame(stream: BinaryIO, kind: int, data: bytes) -> None:
    """Write one frame and flush it."""
    stream.write(FRAME.pack(kind, len(data)) + data)
    stream.flush()


def main() -> None:
    """Answer one frame for each task until the input ends; a task is its function's name, a NUL and its bytes."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not get between the frames.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        function, _, task = frame[1].partition(b"\0")
        try:
            answer = (DONE, call(function.decode(), task))
        except Exception as error:
            # Only the place and the kind of error leave the worker: a message may quote a record.
            last = traceback.extract_tb(error.__traceback__)[-1]
            answer = (FAILED, f"{type(error).__name__} at {last.filename}:{last.lineno}".encode())
        write_frame(answers, *answer)


if __name__ == "__main__":
    main()
