"""Pages, scripts and styles travel compressed; files that people download do not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_COMPRESSED = frozenset(
    {"text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml"}
)


class CompressionMiddleware(GZipMiddleware):
    """Django's gzip with its padding against guessed secrets (BREACH), for whole answers of types that shrink.

    Static files that `collectstatic` compressed come with their encoding and pass as they are; so do parts of a file,
    and everything sent as an attachment, whose length people want to see.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.status_code == 206 or kind not in _COMPRESSED or "Content-Disposition" in response.headers:
            return response
        return super().process_response(request, response)
