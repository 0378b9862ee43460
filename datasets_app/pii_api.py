"""What the review page sends and gets: typed, bounded, refused with a reason. Values sent are never repeated."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from msgspec import Meta, Struct

from .services.pii import Decision, ReviewRefused

MAX_BODY = 512 * 1024
MOST_DECISIONS = 2000

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Place = Annotated[int, Meta(ge=0, le=100_000_000)]


class Claim(Struct, forbid_unknown_fields=True):
    """Records wanted; `leave_out` were put back a moment ago."""

    project: Id
    want: Annotated[int, Meta(ge=1, le=3)] = 3
    leave_out: Annotated[list[Id], Meta(max_length=200)] = []


class Beat(Struct, forbid_unknown_fields=True):
    project: Id


class Release(Struct, forbid_unknown_fields=True):
    pass


class SentDecision(Struct, forbid_unknown_fields=True):
    """One stretch of text; `finding` is null for one that the reviewer added."""

    finding: Id | None
    turn: Place
    start: Place
    end: Place
    kind: Annotated[str, Meta(max_length=24)]
    accept: bool

    def as_decision(self) -> Decision:
        """The same for the service."""
        return Decision(self.finding, self.turn, self.start, self.end, self.kind, self.accept)


class Confirm(Struct, forbid_unknown_fields=True):
    """All decisions on one version of a record's text."""

    version: Annotated[str, Meta(min_length=1, max_length=71)]
    decisions: Annotated[list[SentDecision], Meta(max_length=MOST_DECISIONS)]


Payload = TypeVar("Payload", bound=Struct)
View = Callable[..., JsonResponse]


def parse(request: HttpRequest, kind: type[Payload]) -> Payload:
    """The request's JSON as `kind`. Raises ReviewRefused (400) naming the field."""
    body = request.body
    if len(body) > MAX_BODY:
        raise ReviewRefused("too_large", f"The request is larger than {MAX_BODY} bytes.", 400)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReviewRefused("bad_json", f"The request can't be read: {error}", 400) from error


def json_view(view: View) -> View:
    """Errors as {"error": code, "message": sentence}, so that the page can show them."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        try:
            return view(request, *args, **kwargs)
        except ReviewRefused as refused:
            return _error(refused.status, refused.code, str(refused))
        except PermissionDenied as denied:
            return _error(403, "not_allowed", str(denied) or "You may not do this.")
        except Http404:
            return _error(404, "not_found", "There is no such conversation.")

    return answering


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": code, "message": message}, status=status)
