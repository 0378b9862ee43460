"""Charts of a release as SVG, drawn on the server by vl-convert from Vega-Lite specifications.

One picture serves the light and the dark page: every colour has at least 3:1 on both, and names or numbers stand
beside each bar, so that nothing hangs on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from datasets_app.corpus import taxonomy
from pixelhub.ui.plots import FOREGROUND, plot_svg

SPLIT_COLOURS: Final = {"train": "#4f74d8", "val": "#b8690f", "test": "#1f8a70"}
GOOD: Final = "#1f8a70"
BAD: Final = "#c2553f"
NEUTRAL: Final = FOREGROUND
WIDTH: Final = 420
_STEP: Final = {"step": 14}
_SPLIT: Final = {
    "field": "split",
    "type": "nominal",
    "title": None,
    "sort": list(taxonomy.SPLITS),
    "scale": {"domain": list(SPLIT_COLOURS), "range": list(SPLIT_COLOURS.values())},
}


def types_svg(counts: Mapping[str, Any]) -> str:
    """Return each crisis type's share of each split, side by side: bars of one length mean an even split."""
    rows = []
    for split in taxonomy.SPLITS:
        cells = counts["splits"][split]
        named = {taxonomy.CRISIS_TYPE_LABELS[kind]: cells["types"].get(kind, 0) for kind in taxonomy.CRISIS_TYPES}
        if cells.get("unlabelled"):
            named["Unlabelled"] = cells["unlabelled"]
        rows += [
            {"name": name, "split": split, "share": count / max(1, cells["total"]), "count": count}
            for name, count in named.items()
        ]
    names = list(dict.fromkeys(row["name"] for row in rows))
    return _svg(
        {
            "data": {"values": rows},
            "height": {"step": 11},
            "mark": {"type": "bar", "cornerRadiusEnd": 2},
            "encoding": {
                "y": {"field": "name", "type": "nominal", "title": None, "sort": names},
                "yOffset": {"field": "split", "sort": list(taxonomy.SPLITS)},
                "x": {"field": "share", "type": "quantitative", "title": "share of the split", "axis": {"format": "%"}},
                "color": _SPLIT,
            },
        },
        "Crisis types as shares of each split",
    )


def sources_svg(counts: Mapping[str, Any]) -> str:
    """Return records per source, stacked by split."""
    return _stacked(counts, "sources", taxonomy.SOURCES, "Records per source and split")


def families_svg(counts: Mapping[str, Any]) -> str:
    """Return records per family, stacked by split; families without records are shown as empty."""
    return _stacked(counts, "families", taxonomy.FAMILIES, "Records per family and split")


def quality_svg(metrics: Sequence[Mapping[str, Any]]) -> str:
    """Return each metric's value with its 95% interval and its target as a line across."""
    rows = [
        {**{key: metric[key] for key in ("label", "value", "low", "high", "target", "verdict")}}
        for metric in metrics
        if metric["value"] is not None
    ]
    labels = [metric["label"] for metric in metrics]
    base = {"y": {"field": "label", "type": "nominal", "title": None, "sort": labels, "scale": {"domain": labels}}}
    axis = {"type": "quantitative", "scale": {"domain": [0, 1]}, "title": "value (dot), 95% interval, target (line)"}
    verdict = {
        "field": "verdict",
        "type": "nominal",
        "title": None,
        "scale": {"domain": ["passed", "failed", "not comparable"], "range": [GOOD, BAD, NEUTRAL]},
    }
    return _svg(
        {
            "data": {"values": rows},
            "height": {"step": 26},
            "layer": [
                {
                    "mark": {"type": "tick", "color": FOREGROUND, "thickness": 2, "size": 18},
                    "encoding": {**base, "x": {"field": "target", **axis}},
                },
                {
                    "mark": {"type": "rule", "strokeWidth": 2},
                    "encoding": {**base, "x": {"field": "low", **axis}, "x2": {"field": "high"}, "color": verdict},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                    "encoding": {**base, "x": {"field": "value", **axis}, "color": verdict, "shape": verdict | {
                        "scale": {"domain": ["passed", "failed", "not comparable"],
                                  "range": ["circle", "triangle-up", "diamond"]}}},
                },
            ],
        },
        "Quality metrics with intervals and targets",
    )  # fmt: skip


def _stacked(counts: Mapping[str, Any], kind: str, names: Sequence[str], title: str) -> str:
    rows = [
        {"name": _shown(name), "split": split, "place": place, "count": counts["splits"][split][kind].get(name, 0)}
        for name in names
        for place, split in enumerate(taxonomy.SPLITS)
    ]
    totals = [
        {"name": _shown(name), "count": total, "text": f"{total:,}"}
        for name in names
        for total in [sum(counts["splits"][split][kind].get(name, 0) for split in taxonomy.SPLITS)]
    ]
    axis = {"field": "name", "type": "nominal", "title": None, "sort": [_shown(name) for name in names],
             "axis": {"labelLimit": 220}}  # fmt: skip
    return _svg(
        {
            "height": {"step": 18},
            "layer": [
                {
                    "data": {"values": rows},
                    "mark": {"type": "bar"},
                    "encoding": {
                        "y": axis,
                        "x": {
                            "field": "count",
                            "type": "quantitative",
                            "title": "records",
                            "axis": {"tickMinStep": 1, "tickCount": 6},
                        },
                        "color": _SPLIT,
                        "order": {"field": "place", "type": "quantitative"},
                    },
                },
                {
                    "data": {"values": totals},
                    "mark": {"type": "text", "align": "left", "dx": 4, "color": FOREGROUND, "fontSize": 11},
                    "encoding": {
                        "y": axis,
                        "x": {"field": "count", "type": "quantitative"},
                        "text": {"field": "text"},
                    },
                },
            ],
        },
        title,
    )


def _shown(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _svg(spec: dict[str, Any], title: str) -> str:
    return plot_svg(spec, title, width=WIDTH)
