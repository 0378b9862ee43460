"""Plots of the monitoring page as SVG. Series differ in dash or pattern of place as well as in colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from inference.engine.reports.buckets import quantiles_of, slot_of
from inference.engine.reports.rules import Limits
from inference.selectors_monitoring import Figures
from pixelhub.ui.plots import FOREGROUND, plot_svg

WIDTH: Final = 520
HEIGHT: Final = 190
# At least 3:1 on the light and on the dark page.
_LEVELS: Final = {"Emergency": "#c9403a", "Urgent": "#b8690f", "Severe": "#4f74d8", "Concern": FOREGROUND}
_LINES: Final = {"p50": ("#4f74d8", [1, 0]), "p95": ("#b8690f", [6, 3]), "p99": (FOREGROUND, [2, 3])}
_LIMIT: Final = "#c2553f"
_ANSWERED: Final = {"Answered": "#4f74d8", "Degraded": "#b8690f"}


@dataclass(frozen=True)
class Plot:
    """What it shows, on which tab, and how it is drawn."""

    title: str
    tab: str
    draw: Callable[[Figures, Mapping[str, Limits]], str]


def levels_svg(figures: Figures, limits: Mapping[str, Limits]) -> str:
    """Return alarms in each slot, stacked by level, the gravest at the foot."""
    counts: Counter[tuple[datetime, str]] = Counter()
    for slot in figures.slots:
        for level in _LEVELS:
            counts[_point(figures, slot.start), level] += slot.levels.get(level.lower(), 0)
    return _bars(figures, counts, _LEVELS, "alarms", "Alarms by level")


def answers_svg(figures: Figures, limits: Mapping[str, Limits]) -> str:
    """Return answers in each slot, those of the rules alone apart."""
    counts: Counter[tuple[datetime, str]] = Counter()
    for slot in figures.slots:
        at = _point(figures, slot.start)
        counts[at, "Answered"] += slot.answers - slot.degraded
        counts[at, "Degraded"] += slot.degraded
    return _bars(figures, counts, _ANSWERED, "answers", "Answers, with and without the model")


def latency_svg(figures: Figures, limits: Mapping[str, Limits]) -> str:
    """Return p50, p95 and p99 of each slot, and the limits of p95."""
    times: dict[datetime, Counter[str]] = {}
    for slot in figures.slots:
        times.setdefault(_point(figures, slot.start), Counter()).update(slot.latencies)
    rows: list[dict[str, Any]] = []
    for start, buckets in times.items():
        found = quantiles_of(buckets)
        rows += [{"at": _clock(start), "line": name, "ms": found[name]} for name in _LINES if found[name] is not None]
    scale = {"domain": list(_LINES), "range": [colour for colour, _ in _LINES.values()]}
    dashes = {"domain": list(_LINES), "range": [dash for _, dash in _LINES.values()]}
    lines = {
        "data": {"values": rows},
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 14} if len(rows) < 200 else False},
        "encoding": {
            "x": _time(figures),
            "y": {"field": "ms", "type": "quantitative", "title": "ms", "scale": {"zero": True}},
            "color": {"field": "line", "title": None, "scale": scale},
            "strokeDash": {"field": "line", "title": None, "scale": dashes},
        },
    }
    given = limits["p95_ms"]
    at = [{"limit": limit} for limit in (given.warning, given.critical) if limit is not None]
    highest = max((row["ms"] for row in rows), default=0.0)
    shown = [row for row in at if row["limit"] <= highest * 1.5]
    rule = {
        "data": {"values": shown},
        "mark": {"type": "rule", "color": _LIMIT, "strokeDash": [3, 3]},
        "encoding": {"y": {"field": "limit", "type": "quantitative"}},
    }
    return _svg({"layer": [lines, rule] if shown else [lines]}, "Answer time: p50, p95 and p99")


def _bars(
    figures: Figures, counts: Counter[tuple[datetime, str]], colours: Mapping[str, str], unit: str, title: str
) -> str:
    order = {name: place for place, name in enumerate(colours)}
    rows = [
        {"at": _clock(at), "name": name, "n": count, "place": order[name]}
        for (at, name), count in counts.items()
        if count
    ]
    begin, end = _reach(figures)
    width = WIDTH * figures.window.plotted / (end - begin).total_seconds() - 1
    return _svg(
        {
            "data": {"values": rows},
            "mark": {"type": "bar", "width": min(18.0, max(1.0, width))},
            "encoding": {
                "x": _time(figures),
                "y": {"field": "n", "type": "quantitative", "title": unit, "axis": {"tickMinStep": 1}},
                "order": {"field": "place"},
                "color": {
                    "field": "name",
                    "title": None,
                    "sort": list(colours),
                    "scale": {"domain": list(colours), "range": list(colours.values())},
                },
            },
        },
        title,
    )


def _time(figures: Figures) -> dict[str, Any]:
    scale = {"domain": [_clock(moment) for moment in _reach(figures)]}
    form = "%H:%M" if figures.window.stretch < 3600 else "%-d %b"
    return {
        "field": "at",
        "type": "temporal",
        "title": None,
        "scale": {**scale, "type": "utc"},
        "axis": {"format": form, "tickCount": 6, "grid": False},
    }


def _point(figures: Figures, at: datetime) -> datetime:
    """Where a slot is drawn: in the middle of the stretch that one point stands for."""
    plotted = figures.window.plotted
    return slot_of(at, plotted) + timedelta(seconds=plotted / 2)


def _reach(figures: Figures) -> tuple[datetime, datetime]:
    plotted = figures.window.plotted
    return slot_of(figures.since, plotted), slot_of(figures.until, plotted) + timedelta(seconds=plotted)


def _clock(at: datetime) -> str:
    """The hub's wall clock, told to the plot as if it were UTC."""
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def _svg(spec: dict[str, Any], title: str) -> str:
    return plot_svg({"height": HEIGHT, **spec}, title, width=WIDTH)


PLOTS: Final[Mapping[str, Plot]] = {
    "levels": Plot("Alarms by level", "safety", levels_svg),
    "answers": Plot("Answers, with and without the model", "safety", answers_svg),
    "latency": Plot("Answer time", "performance", latency_svg),
    "traffic": Plot("Answers", "performance", answers_svg),
}
