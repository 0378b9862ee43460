"""What people and programs are told when a request comes to nothing: in the hub's look, or as problem+json.

Every answer names its request (X-Request-Id), and so does every line that the request left in the log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string

from pixelhub.requestids import HEADER, request_id, request_id_begin

__all__ = ["ErrorPagesMiddleware", "bad_request", "not_found", "refused", "server_error"]

PROBLEM: Final = "application/problem+json"
RETRY_SECONDS: Final = 10
_TOO_MUCH: Final = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
#: The codes of the other services, where HTTP's phrase is not theirs.
_CODES: Final = {413: "too_large"}
#: Statuses with a page of their own.
_PAGES: Final = frozenset({400, 403, 404, 405, 413, 429, 500, 503})
#: What programs are told. For people the page says it, and more.
_DETAILS: Final = {
    400: "The request cannot be understood.",
    403: "This is not allowed to whoever asks.",
    404: "There is nothing at this address.",
    405: "This address does not take this method; Allow says which it takes.",
    413: "What was sent is larger than this hub takes.",
    429: "Too many requests; try again later.",
    500: "The request could not be finished. Nothing half-done was kept.",
    503: "A part of the hub is not ready. Try again when Retry-After says so.",
}


class ErrorPagesMiddleware:
    """Names the request, and gives bare refusals (a status and nothing else) a page or a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request_id_begin(request.headers.get(HEADER, ""))
        response = self.get_response(request)
        if response.status_code >= 400 and not response.streaming and _is_bare(request, response):
            said = response.content.decode(errors="replace")
            if _is_for_programs(request):
                response.content = json.dumps(problem(response.status_code, said)).encode()
                response.headers["Content-Type"] = PROBLEM
            elif response.status_code in _PAGES and "text/html" in request.headers.get("Accept", ""):
                response.content = page(response.status_code, request, exception=said).encode()
                response.headers["Content-Type"] = "text/html; charset=utf-8"
        response.headers.setdefault(HEADER, name)
        return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 where more was sent than is taken; nothing of what was sent is repeated."""
    if isinstance(exception, _TOO_MUCH):
        return _answer(request, 413, said=_limits(), within=False)
    return _answer(request, 400, within=False)


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, with the reason where the hub gave one."""
    return _answer(request, 403, said=str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what does not exist and for what belongs to somebody else."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where the database does not answer, as that passes. Both pages need nothing but themselves."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    response = _answer(request, 503 if away else 500, within=False)
    if away:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def problem(status: int, said: str = "") -> dict[str, Any]:
    """A refusal for programs (RFC 9457), of the same members as those of the scoring API."""
    phrase = HTTPStatus(status).phrase
    return {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "code": _CODES.get(status, phrase.lower().replace(" ", "_")),
        "detail": said or _DETAILS.get(status, phrase),
        "request_id": request_id(),
    }


def page(status: int, request: HttpRequest | None, *, exception: str = "") -> str:
    """A refusal for people."""
    context = {"status": status, "exception": exception, "request_id": request_id()}
    return render_to_string(f"{status}.html", context, request)


def _limits() -> str:
    files, most = filesizeformat(settings.UPLOAD_MAX_BYTES), settings.DATA_UPLOAD_MAX_NUMBER_FILES
    form = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return f"One request takes {files} of files, {most} of them at the most, and {form} of anything else."


def _answer(request: HttpRequest, status: int, *, said: str = "", within: bool = True) -> HttpResponse:
    """`within` the frame that knows who asks: it needs the database, and a request that is in order."""
    if _is_for_programs(request):
        return HttpResponse(json.dumps(problem(status, said)), status=status, content_type=PROBLEM)
    return HttpResponse(page(status, request if within else None, exception=said), status=status)


def _is_bare(request: HttpRequest, response: HttpResponseBase) -> bool:
    kind = response.headers.get("Content-Type", "")
    if "json" in kind or request.headers.get("HX-Request"):
        return False
    return b"<" not in response.content  # type: ignore[attr-defined]


def _is_for_programs(request: HttpRequest) -> bool:
    if request.path.startswith("/api/") and not request.path.startswith("/api/docs"):
        return True
    accepts = request.headers.get("Accept", "")
    return "json" in accepts and "text/html" not in accepts
