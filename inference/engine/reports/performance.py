"""How fast answers were, and how many requests failed: over all of a log and in windows of it."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from inference.engine.reports.lines import Line
from inference.engine.reports.rules import Measure, alerts_of, share

QUANTILES: Final = (0.5, 0.9, 0.95, 0.99)


@dataclass
class Window:
    """One stretch of a log."""

    latencies_ms: array[float] = field(default_factory=lambda: array("d"))
    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, line: Line) -> None:
        """Count a request."""
        self.statuses[f"{line.status // 100}xx"] += 1
        latency = (line.answer or {}).get("latency_ms")
        if isinstance(latency, int | float) and not isinstance(latency, bool) and 0 <= latency < math.inf:
            self.latencies_ms.append(latency)

    def figures(self) -> dict[str, Any]:
        """Counts, shares and quantiles (nearest rank; null without a latency)."""
        requests, ordered = sum(self.statuses.values()), sorted(self.latencies_ms)
        return {
            "requests": requests,
            "answers": len(ordered),
            "client_errors": self.statuses["4xx"],
            "server_errors": self.statuses["5xx"],
            "client_error_share": _share(self.statuses["4xx"], requests),
            "server_error_share": _share(self.statuses["5xx"], requests),
            "latency_ms": quantiles(ordered),
        }


def performance_report(lines: Iterable[Line | None], *, window_s: int = 300) -> dict[str, Any]:
    """Figures of the whole and of each window that has a time, with alerts.

    An alert of a window says so by `window`; it needs twenty answers (p95) or requests (errors), as does the whole.
    """
    whole, windows, unreadable, events = Window(), dict[int, Window](), 0, 0
    first = last = None
    for line in lines:
        if line is None:
            unreadable += 1
        elif line.status:
            whole.add(line)
            if line.at is not None:
                moment = line.at.timestamp()
                first = moment if first is None else min(first, moment)
                last = moment if last is None else max(last, moment)
                windows.setdefault(int(moment // window_s), Window()).add(line)
        else:
            events += 1
    figures = whole.figures()
    timed = sum(sum(window.statuses.values()) for window in windows.values())
    spread = (last - first) if first is not None and last is not None else 0.0
    told = [{"start": number * window_s, **window.figures()} for number, window in sorted(windows.items())]
    lines_read = unreadable + figures["requests"] + events
    alerts = alerts_of([*performance_measures(figures), share("unreadable_lines_share", unreadable, lines_read)])
    alerts = [{**alert, "window": None} for alert in alerts]
    for window in told:
        alerts += [{**alert, "window": window["start"]} for alert in alerts_of(performance_measures(window))]
    return {
        "schema": "pixelhub.performance_report/1",
        "unreadable_lines": unreadable,
        **figures,
        "requests_per_second": round(timed / spread, 3) if spread else None,
        "window_seconds": window_s,
        "windows": told,
        "alerts": alerts,
    }


def performance_measures(figures: Mapping[str, Any]) -> list[Measure]:
    """The figures that have rules. Figures of the hub have the same parts."""
    errors = figures["server_errors"]
    return [
        Measure("p95_ms", figures["latency_ms"]["p95"], figures["answers"]),
        share("server_error_share", errors, figures["requests"]),
    ]


def _share(part: int, of: int) -> float | None:
    return round(part / of, 6) if of else None


def quantiles(ordered: Sequence[float]) -> dict[str, float | None]:
    """p50, p90, p95 and p99 of values in order: nearest rank, None without a value."""
    return {f"p{round(q * 100)}": ordered[rank_of(q, len(ordered))] if ordered else None for q in QUANTILES}


def rank_of(q: float, count: int) -> int:
    """The place, from 0, of a quantile among `count` values in order."""
    return math.ceil(q * count) - 1
