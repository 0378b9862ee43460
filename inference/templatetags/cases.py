"""``{% load cases %}``: words of the crisis protocol."""

from __future__ import annotations

from django import template

from inference import presentation

register = template.Library()


@register.filter
def signal_name(kind: str) -> str:
    """ "suicide_plan" as "suicide plan"."""
    return kind.replace("_", " ")


@register.filter
def reason_words(reason: str) -> str:
    """ "no_deployment" in words for people."""
    return presentation.reason_words(reason)


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


@register.filter
def milliseconds(value: float | None) -> str:
    """213.0 as "213 ms", 4.31 as "4.31 ms"."""
    if value is None:
        return "–"
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


@register.filter
def per_second(value: float | None) -> str:
    """0.25 as "0.25 a second"."""
    return "" if value is None else f"{value:,.3g} a second"
