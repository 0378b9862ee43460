"""``{% load hub %}``: small pieces of HTML that every page shares."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from pixelhub.accounts.roles import Role
from pixelhub.ui.origins import origins_of
from pixelhub.ui.states import state_label, state_tone

register = template.Library()

NO_VALUE = format_html('<span class="muted" title="{}">–</span>', "no value")
SEVERITY_BARS = SafeString("<i></i>" * 5)  # nosec B703
# Where the name is not the code with spaces; the same words as in the taxonomy (datasets_app.corpus).
_TYPE_NAMES = {"self_harm": "Self-harm", "none": "No crisis"}
_ISO = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_NOT_A_NAME = re.compile(r"[^a-z0-9_-]")


@register.simple_tag
def status_badge(state: object, label: str = "") -> SafeString:
    """A badge for any state of any model. The tone comes from ``states.py``; the text says the state itself."""
    value = str(state)
    return format_html(
        '<span class="badge badge-{}"><span class="badge-dot" aria-hidden="true"></span>{}</span>',
        state_tone(value),
        label or state_label(value),
    )


@register.simple_tag
def crisis_type(code: object, compact: bool = False) -> SafeString:
    """A crisis type as shape, short code and name; colour is only the fourth sign. ``compact`` hides the name
    from sight, not from screen readers."""
    value = str(code or "")
    if not value:
        return NO_VALUE
    name = _TYPE_NAMES.get(value) or value.replace("_", " ").capitalize()
    return format_html(
        '<span class="type type-{}" title="{}"><span class="type-shape" aria-hidden="true"></span>'
        '<span class="type-code" aria-hidden="true">{}</span><span class="{}">{}</span></span>',
        _NOT_A_NAME.sub("", value),
        name,
        short_code(value),
        "visually-hidden" if compact else "type-name",
        name,
    )


def short_code(value: str) -> str:
    """Two letters: initials of two words, or the first two letters of one ("self_harm" SH, "panic" PA)."""
    words = [word for word in value.split("_") if word]
    if len(words) > 1:
        return (words[0][0] + words[1][0]).upper()
    return value[:2].upper()


@register.simple_tag
def severity(level: object, label: str = "") -> SafeString:
    """Severity 1-5 as filled bars and the number; ``label`` adds the level's name."""
    if level in (None, ""):
        return NO_VALUE
    number = int(str(level))
    return format_html(
        '<span class="severity severity-{}"><span class="severity-bars" aria-hidden="true">{}</span>'
        '<span class="visually-hidden">severity </span><b>{}</b>'
        '<span class="visually-hidden"> of 5</span>{}</span>',
        min(max(number, 1), 5),
        SEVERITY_BARS,
        number,
        format_html(' <span class="severity-name">{}</span>', label) if label else "",
    )


@register.simple_tag
def meter(value: float | None, maximum: float = 1, label: str = "") -> SafeString:
    """A share of a known whole, as a native ``<meter>``; ``label`` is its accessible name."""
    if value is None:
        return NO_VALUE
    return format_html(
        '<meter class="meter" min="0" max="{}" value="{}" aria-label="{}">{} of {}</meter>',
        _plain(maximum or 1),
        _plain(value),
        label or "share",
        _plain(value),
        _plain(maximum),
    )


@register.simple_tag
def progress(done: float | None, total: float | None, label: str = "progress") -> SafeString:
    """Progress of work, as a native ``<progress>``; without a total it is indeterminate."""
    if not total:
        return format_html('<progress class="progress" aria-label="{}"></progress>', label)
    return format_html(
        '<progress class="progress" max="{}" value="{}" aria-label="{}">{} of {}</progress>',
        _plain(total),
        _plain(done or 0),
        label,
        _plain(done or 0),
        _plain(total),
    )


@register.simple_tag
def origins(row: Any, reader: Any) -> SafeString:
    """Where a row came from, as a list of sentences with links; nothing where nothing may be told."""
    found = origins_of(reader, row)
    if not found:
        return SafeString("")
    lines = [(format_html('<a href="{}">{}</a>', one.url, one.says) if one.url else one.says,) for one in found]
    return format_html('<ul class="origins">{}</ul>', format_html_join("", "<li>{}</li>", lines))


@register.simple_tag
def short_hash(digest: object, length: int = 10) -> SafeString:
    """The first characters of a digest; the whole of it in the title and, on a click, on the clipboard."""
    text = str(digest or "")
    if not text:
        return NO_VALUE
    visible = text.split(":", 1)[-1][:length]
    return format_html('<code class="hash" title="{}" data-copy="{}">{}</code>', text, text, visible)


@register.simple_tag
def interval(
    point: float | None, low: float | None = None, high: float | None = None, digits: int = 3, percent: bool = False
) -> SafeString:
    """A point estimate with its 95% interval. ``percent`` shows shares as percentages with one decimal."""
    # A template gives "" for a figure that an evaluation does not have.
    if point is None or point == "" or math.isnan(point):
        return NO_VALUE
    shown = _figure(point, digits, percent)
    if low in (None, "") or high in (None, "") or math.isnan(low) or math.isnan(high):
        return format_html('<span class="estimate"><b>{}</b></span>', shown)
    return format_html(
        '<span class="estimate"><b>{}</b> <span class="estimate-range" title="95% interval">'
        '<span class="visually-hidden">95% interval </span>{} to {}</span></span>',
        shown,
        _figure(low, digits, percent),
        _figure(high, digits, percent),
    )


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """A moment as "5 minutes ago", exact in the title; older than a week as a date."""
    if moment is None:
        return NO_VALUE
    local = timezone.localtime(moment)
    exact = date_format(local, "j F Y, H:i:s e")
    age = (timezone.now() - moment).total_seconds()
    if 0 <= age < 60:
        text = "just now"
    elif 0 <= age < 7 * 86400:
        text = timesince(moment, depth=1) + " ago"
    else:
        text = date_format(local, "j M Y")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, text)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon out of ``static/ui/icons.svg``; always beside a text or in a named button."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("ui/icons.svg"),
        name,
    )


@register.simple_tag
def crumbs(*parts: str) -> SafeString:
    """Breadcrumbs: ``{% crumbs "Rounds" rounds_url "Round 3" %}``: label, url, label, url, ..., last label."""
    links = format_html_join("", '<li><a href="{1}">{0}</a></li>', zip(parts[0::2], parts[1::2], strict=False))
    last = format_html('<li aria-current="page">{}</li>', parts[-1]) if len(parts) % 2 else ""
    return format_html('<nav class="crumbs" aria-label="Breadcrumb"><ol>{}{}</ol></nav>', links, last)


@register.filter
def thousands(value: Any) -> str:
    """12345 as "12,345"; nothing as an en dash."""
    if value in (None, ""):
        return "–"
    return f"{value:,}"


@register.filter
def percentage(value: float | None, digits: int = 1) -> str:
    """0.953 as "95.3%"."""
    return "–" if value is None or math.isnan(value) else _figure(value, digits, percent=True, decimals=digits)


@register.filter
def moments(text: object) -> str:
    """A text with the moments that programs wrote into it as people read them: "27 Nov 2026, 16:02:58 UTC"."""
    return _ISO.sub(lambda found: date_format(datetime.fromisoformat(found[0]), "j M Y, H:i:s e"), str(text))


@register.filter
def role_label(value: object) -> str:
    """ "clinical_lead" as "Clinical lead"."""
    return str(dict(Role.choices).get(str(value), str(value).replace("_", " ")))


@register.filter
def initials(user: object) -> str:
    """One or two letters that stand for a person."""
    words = [word for word in str(user).replace(".", " ").replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def _figure(value: float, digits: int, percent: bool, decimals: int = 1) -> str:
    return f"{value * 100:.{decimals}f}%" if percent else f"{value:.{digits}f}"


def _plain(value: float) -> str:
    return f"{float(value):g}" if abs(float(value)) < 1e6 else f"{float(value):.0f}"
