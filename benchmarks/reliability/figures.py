"""How a long form tells its figures: one line of JSON each, which the runner collects into a table."""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

MARK = "figure: "


def tell(row: int, what: str, *, holds: bool, **figures: Any) -> bool:
    """Print one figure of a row of docs/reliability.md; returns whether what it shows holds."""
    line = {"row": row, "what": what, "holds": holds, **figures}
    sys.stdout.write(f"{MARK}{json.dumps(line)}\n")
    sys.stdout.flush()
    return holds


def told(line: str) -> dict[str, Any] | None:
    """The figure in a line of output; None for any other line."""
    return dict(json.loads(line.removeprefix(MARK))) if line.startswith(MARK) else None


def end_in_order() -> None:
    """Make SIGTERM an exception: what was started is ended then, as after an error."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
