"""What the views of training share: who asks, which template answers, how an SVG is sent."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse

from pixelhub.accounts.models import User


def user_of(request: HttpRequest) -> User:
    """Whoever is signed in; the middleware lets nobody else through."""
    return cast(User, request.user)


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.boosted)


def template_for(request: HttpRequest, name: str) -> str:
    """The fragment for htmx, the whole page for everybody else."""
    return f"training/_{name}.html" if is_partial(request) else f"training/{name}.html"


def svg_response(svg: str) -> HttpResponse:
    """A chart. Opened on its own, an SVG is a document: nothing in it may run or load."""
    response = HttpResponse(svg, content_type="image/svg+xml")
    response["Content-Security-Policy"] = "default-src 'none'"
    response["Cache-Control"] = "private, no-cache"
    return response


def json_file(text: str, name: str) -> HttpResponse:
    """A JSON text as a file to keep."""
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
