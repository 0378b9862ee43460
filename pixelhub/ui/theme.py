"""Light, dark, or what the system says: kept in a cookie, so that the server draws the right one at once."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE: Final = "hub_theme"
THEMES: Final = ("auto", "light", "dark")
_YEAR_SECONDS: Final = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """The chosen theme; "auto" where none, or nonsense, was chosen."""
    chosen = request.COOKIES.get(COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def remember_theme(response: HttpResponse, theme: str) -> None:
    """Set the cookie. It is not HttpOnly: ``static/ui/theme.js`` writes it too."""
    response.set_cookie(
        COOKIE, theme, max_age=_YEAR_SECONDS, samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE)
    )


__all__ = ["COOKIE", "THEMES", "remember_theme", "theme_of"]
