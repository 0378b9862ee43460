"""What a person chose for the browser they read in: kept in cookies, like the theme, and nowhere else."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

BLUR: Final = "annotation_blur"
# Every conversation begins blurred; or only the first one of a visit.
BLURS: Final = {"visit": "Once, when I start", "each": "Every conversation"}
_YEAR_SECONDS: Final = 365 * 24 * 3600


def blur_of(request: HttpRequest) -> str:
    """`visit` or `each`; `visit` where none, or nonsense, was chosen."""
    chosen = request.COOKIES.get(BLUR, "")
    return chosen if chosen in BLURS else "visit"


def remember(response: HttpResponse, name: str, value: str) -> None:
    """Keep a choice for a year in this browser; an empty one is forgotten."""
    if not value:
        response.delete_cookie(name, samesite="Lax")
        return
    secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(name, value, max_age=_YEAR_SECONDS, samesite="Lax", secure=secure, httponly=True)
