"""A fairness report as its page shows it: titles, meanings and advice beside the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.fairness.groups import ATTRIBUTES
from review.fairness.levels import LEVELS, MEANINGS, TITLES, Level, advice
from review.fairness.report import figures_of

__all__ = ["report_shown"]


def report_shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """Blocks by attribute, and what asks for attention, the most pressing first."""
    alerts = [_figure(figure) for figure in figures_of(document) if figure["alert"] != Level.NONE]
    alerts.sort(key=lambda figure: -LEVELS.index(Level(figure["alert"])))
    summary = document["summary"]
    return {
        "alerts": alerts,
        "blocks": [
            {
                **block,
                "title": ATTRIBUTES[block["attribute"]],
                "figures": [_figure({**figure, "attribute": block["attribute"]}) for figure in block["figures"]],
                "has_reference": any(row["reference"] for row in block["representation"]),
            }
            for block in document["attributes"]
        ],
        "bias": document["text_bias"],
        "bias_by_group": [_figure(row) for row in document["text_bias"]["by_group"]],
        "sessions": document["sessions"],
        "summary": summary,
        "by_chance": max(1, round(summary["looked_at"] * 0.05)),
    }


def _figure(figure: dict[str, Any]) -> dict[str, Any]:
    name = figure["figure"]
    return {
        **figure,
        "title": TITLES[name],
        "meaning": MEANINGS[name],
        "about": _about(figure),
        "advice": advice(name, figure["verdict"], figure["alert"]),
        "is_ratio": name == "demographic_parity_ratio",
    }


def _about(figure: dict[str, Any]) -> str:
    """What the figure is of: an attribute with the two groups, a kind of bias, or one group."""
    if figure["figure"] == "text_bias":
        return str(figure["kind"])
    title = ATTRIBUTES[figure["attribute"]]
    if figure["figure"] == "representation":
        return f"{title}: {figure['value']}"
    if figure.get("lower_group"):
        return f"{title}: {figure['lower_group']} and {figure['upper_group']}"
    return title
