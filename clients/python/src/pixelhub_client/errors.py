"""What goes wrong. No message, argument or repr holds any text of a conversation, or the key."""

from __future__ import annotations


class PixelHubError(Exception):
    """Base of all errors of this package."""


class RequestRefused(PixelHubError):
    """The request itself is at fault and no retry will help: `code` is stable, `detail` is for people."""

    def __init__(self, status: int, code: str, detail: str, request_id: str = "") -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id


class Unavailable(PixelHubError):
    """No answer within the deadline; `reason` is a short code, `retry_after` seconds where the hub named them."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
