"""Progress as JSON lines: what the command line prints and the hub's job reads. Never holds conversation text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import orjson

Emit = Callable[[dict[str, Any]], None]


def emit_json_line(event: dict[str, Any]) -> None:
    """Write one event to standard output at once, so that whoever reads sees it while it is true."""
    sys.stdout.write(orjson.dumps(event).decode() + "\n")
    sys.stdout.flush()


def parse_event(line: str) -> dict[str, Any] | None:
    """Return the event of a line, or None for anything else that a library may have printed."""
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None
