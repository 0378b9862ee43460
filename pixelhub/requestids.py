"""The name of a request: X-Request-Id or one made here; it is in the answer and ends every log line of the request.

And the form of those lines: what somebody sent begins no line of its own and moves no terminal's cursor.
"""

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


#: Control characters, what ends a line for some readers, and what turns the direction of writing.
_CONTROLS = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for code in (*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
#: Tracebacks have lines of their own.
_IN_TRACEBACKS = {code: text for code, text in _CONTROLS.items() if code not in (9, 10)}


class RequestIdFormatter(logging.Formatter):
    """Ends each line of a request with its name; a message is one line, with control characters spelt out."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).translate(_CONTROLS)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record).translate(_IN_TRACEBACKS)
        name = _current.get()
        return f"{line} [request {name}]" if name else line
