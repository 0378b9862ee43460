"""The one pipeline from conversation files to a release: same bytes on one core and on many machines.

`compile_corpus` is the coordinator. Nothing here needs Django.
"""

from __future__ import annotations

from .compiling import compile_corpus
from .executors import Executor, ExecutorError, TaskFailed, make_executor
from .settings import (
    CompileCancelled,
    CompileError,
    CompileReport,
    CompileSettings,
    Input,
    PlacesSpec,
    Progress,
)

__all__ = [
    "CompileCancelled",
    "CompileError",
    "CompileReport",
    "CompileSettings",
    "Executor",
    "ExecutorError",
    "Input",
    "PlacesSpec",
    "Progress",
    "TaskFailed",
    "compile_corpus",
    "make_executor",
]
