"""`{% load jobs %}`: what the progress fragment needs, wherever it is included."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template

from pixelhub.jobs.access import may_stop
from pixelhub.jobs.models import Job

register = template.Library()


@register.simple_tag(takes_context=True)
def job_is_stoppable(context: dict[str, Any], job: Job) -> bool:
    """Whether the person looking may cancel or retry this job."""
    request = context.get("request")
    return request is not None and may_stop(request.user, job)


@register.filter
def in_words(left: timedelta | None) -> str:
    """A duration at a glance: "20 seconds", "5 minutes", "3 hours"; nothing for None."""
    if left is None:
        return ""
    seconds = max(1, round(left.total_seconds()))
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            count = round(seconds / size)
            return f"{count} {name}{'s' if count != 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"


@register.filter
def per_second(rate: float | None, unit: str = "") -> str:
    """Speed in the unit that reads best: "12.5 records/s", "8 epochs/min", "3 epochs/h"."""
    if not rate or rate <= 0:
        return ""
    for factor, name in ((1, "s"), (60, "min"), (3600, "h")):
        if rate * factor >= 1 or name == "h":
            return f"{rate * factor:,.1f}".removesuffix(".0") + f" {unit}/{name}".replace(" /", "/")
    return ""
