"""Who does the units of work: this process, other processes of this machine, a dask cluster, a Ray cluster."""

from __future__ import annotations

from .base import Executor, ExecutorError, TaskFailed, make_executor

__all__ = ["Executor", "ExecutorError", "TaskFailed", "make_executor"]
