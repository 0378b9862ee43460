"""Every page asks for the second factor where a role does: the gate in front of all views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from pixelhub.accounts.second_factor import standing_of

#: Open before the second factor is there: how to set it up, and what a visitor may do, too.
_OPEN = frozenset({"accounts:second_factor", "accounts:theme_set"})


class SecondFactorMiddleware:
    """Lets a person whose role asks for a second factor no further without one, once the days of grace are over.

    Until then pages remind (`request.second_factor_due`). A session that has shown it costs no query, any other one.
    Sign-in and account pages stay open: they are where it is set up and asked for (each re-checks by itself).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or _is_open(request, view):
            return None
        standing = standing_of(request.session, user)
        if standing.lacks == "code":
            return _sent_to(request, reverse("mfa_reauthenticate"), "Enter a code of your authenticator app.")
        if standing.lacks == "app":
            return _sent_to(request, reverse("accounts:second_factor"), "Your role asks for a second factor.")
        if standing.due is not None:
            request.second_factor_due = standing.due  # type: ignore[attr-defined]
        return None


def _is_open(request: HttpRequest, view: Any) -> bool:
    match = request.resolver_match
    return view.__module__.startswith("allauth.") or (match is not None and match.view_name in _OPEN)


def _sent_to(request: HttpRequest, page: str, why: str) -> HttpResponse:
    """A page is redirected and comes back afterwards; a program is told in JSON; htmx loads the page as a whole."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=200, headers={"HX-Redirect": page})
    wants_page = request.accepts("text/html") and not request.path.startswith("/api/v1/")
    if wants_page and request.method in ("GET", "HEAD"):
        return redirect(f"{page}?{urlencode({'next': request.get_full_path()})}")
    return JsonResponse({"code": "second_factor_needed", "detail": why}, status=403)
