"""The name of a request: X-Request-Id or one made here; it is in the answer and ends every log line of the request."""

from __future__ import annotations

import logging
import os
import re
from contextvars import ContextVar

HEADER = "x-request-id"
_GIVEN = re.compile(r"[A-Za-z0-9._:-]{1,64}")

_current: ContextVar[str] = ContextVar("pixelhub_request_id", default="")


def request_id_begin(given: str) -> str:
    """Name the running request: as the caller did when that is a plain name, else by chance."""
    name = given if _GIVEN.fullmatch(given) else os.urandom(12).hex()
    _current.set(name)
    return name


def request_id() -> str:
    """The name of the running request; "" outside of one."""
    return _current.get()


class RequestIdFormatter(logging.Formatter):
    """Ends each line of a request with its name."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        name = _current.get()
        return f"{line} [request {name}]" if name else line
