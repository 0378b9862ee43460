"""What no view should have to think of."""

from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest


class RejectNullCharactersMiddleware:
    """Answers 400 to a NUL or lone surrogate in path or query string.

    Django and the databases disagree about both: PostgreSQL refuses them with an error (a 500), SQLite stores what
    no page can render afterwards.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = unquote(request.META.get("QUERY_STRING", ""), errors="surrogatepass")
        if any(_unstorable(text) for text in (request.path, query)):
            return HttpResponseBadRequest("The address contains a character that cannot be stored.")
        return self.get_response(request)


def _unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
