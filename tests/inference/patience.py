"""A scoring service that waits as long as a busy machine needs.

It bounds what it waits for, so that a person gets an answer in time: past a bound the rules answer, a row is not
recorded yet, a key is not looked up. Whoever tests what the service answers must not be told how busy the machine was;
whoever tests a bound sets one.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

SECONDS = 120.0
BOUNDS = (
    "inference.asgi._FIRST_REQUEST_WAIT_S",
    "inference.serving.keys.LOOK_UP_S",
    "inference.serving.limits._LEASE_WAIT_S",
    "inference.serving.service.DEADLINE_S",
    "inference.serving.writer.DURABLE_WAIT_S",
)


def be_patient(set_attribute: Callable[[Any, str, float], object] = setattr) -> None:
    """Widen every bound, for good or by `monkeypatch.setattr`; before a service starts."""
    for bound in BOUNDS:
        path, _, name = bound.rpartition(".")
        module = import_module(path)
        assert isinstance(getattr(module, name), float), f"{bound} goes by another name now"
        set_attribute(module, name, SECONDS)
