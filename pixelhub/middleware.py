"""What no view should have to think of."""

from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest


class RejectNullCharactersMiddleware:
    """Answers 400 to a NUL, a lone surrogate or bytes that are not UTF-8 in path or query string.

    Django and the databases disagree about these: PostgreSQL refuses them with an error (a 500), SQLite stores what
    no page can render afterwards.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _unstorable(request.path) or _unstorable(_query(request)):
            return HttpResponseBadRequest("The address contains a character that cannot be stored.")
        return self.get_response(request)


def _query(request: HttpRequest) -> str:
    # Bytes that are not UTF-8 become surrogates, and so are refused like those that were sent as such.
    return unquote(request.META.get("QUERY_STRING", ""), errors="surrogateescape")


def _unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
