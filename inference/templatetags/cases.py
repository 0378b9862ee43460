"""``{% load cases %}``: words of the crisis protocol."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def signal_name(kind: str) -> str:
    """ "suicide_plan" as "suicide plan"."""
    return kind.replace("_", " ")


@register.filter
def duration(seconds: float | None) -> str:
    """252.0 as "4 min 12 s"."""
    if seconds is None:
        return "–"
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"
