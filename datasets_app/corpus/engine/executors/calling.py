"""Calls a task function by its name; the one entry point of workers of all engines."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module


@cache
def function_named(name: str) -> Callable[[bytes], bytes]:
    """Return the function "package.module:name"."""
    module, _, attribute = name.partition(":")
    found: Callable[[bytes], bytes] = getattr(import_module(module), attribute)
    return found


def call(name: str, task: bytes) -> bytes:
    """Run the named function on one task."""
    return function_named(name)(task)
