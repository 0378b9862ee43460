"""Whom to call: the contacts of the reader's own place first, all others after them.

The place is the one that the person chose (a cookie), or the region of their browser's languages. Contacts never go
missing: where the place is unknown they stand as the operator listed them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

COOKIE: Final = "support_locale"
_EU: Final = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
# Regions of browser languages that operators write otherwise.
_ALSO: Final[dict[str, tuple[str, ...]]] = {"GB": ("UK",), **{region: ("EU",) for region in _EU}}


@dataclass(frozen=True)
class Support:
    """`near`: the contacts of the place `locale`; `others`: all the rest. Without a known place all are near."""

    locale: str
    near: list[dict[str, str]]
    others: list[dict[str, str]]


def support_locales() -> list[str]:
    """The places that the operator has contacts for, in the order of the setting."""
    return list(dict.fromkeys(entry["locale"] for entry in settings.SUPPORT_CONTACTS))


def support_for(request: HttpRequest) -> Support:
    """The operator's contacts, in this person's order."""
    contacts = list(settings.SUPPORT_CONTACTS)
    locale = _locale(request)
    near = [entry for entry in contacts if entry["locale"] == locale]
    if not near:
        return Support("", contacts, [])
    return Support(locale, near, [entry for entry in contacts if entry["locale"] != locale])


def _locale(request: HttpRequest) -> str:
    known = support_locales()
    chosen = request.COOKIES.get(COOKIE, "")
    if chosen in known:
        return chosen
    upper = {locale.upper(): locale for locale in known}
    for language, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()[:500]):
        main, _, region = language.upper().rpartition("-")
        for candidate in (language.upper(), region, *_ALSO.get(region, ())):
            # A language alone names a place only where the operator wrote a language as the place.
            if (main or candidate == language.upper()) and candidate in upper:
                return upper[candidate]
    return ""


__all__ = ["COOKIE", "Support", "support_for", "support_locales"]
