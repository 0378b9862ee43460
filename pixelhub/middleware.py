"""What no view should have to think of."""

from collections.abc import Callable
from urllib.parse import unquote

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from pixelhub.pages import BODY_TOO_LARGE


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


class RefuseLargeBodiesMiddleware:
    """Answers 413 to a request whose body was not kept because no page takes as much (pixelhub.pages)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if getattr(request, "scope", {}).get(BODY_TOO_LARGE):
            raise RequestDataTooBig("The request is larger than UPLOAD_MAX_BYTES.")
        return self.get_response(request)


class BrowserLimitsMiddleware:
    """What a browser must not do with any answer of ours: use a device, or load it into another site's page."""

    #: Nothing here films, records, locates or pays. Features that a browser does not know are ignored by it.
    PERMISSIONS = ", ".join(
        f"{feature}=()"
        for feature in (
            *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope"),
            *("magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "screen-wake-lock"),
            *("serial", "usb", "xr-spatial-tracking"),
        )
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def _query(request: HttpRequest) -> str:
    # Bytes that are not UTF-8 become surrogates, and so are refused like those that were sent as such.
    return unquote(request.META.get("QUERY_STRING", ""), errors="surrogateescape")


def _unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
