"""Refusals that a caller can show: a code for programs, a sentence for people, a status for HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any


class AnnotationError(Exception):
    """Something asked for can't be done. `code` is stable; `str(error)` is for people and holds no raw text."""

    status = 400

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.details = details  # for the instrument: JSON values that go with the sentence


class Invalid(AnnotationError):
    """The input itself is wrong."""


class Refused(AnnotationError):
    """The input is fine, but the state of things has moved on: somebody was first, or it is closed."""

    status = 409


class BreakDue(Refused):
    """Nothing is handed out until `until`: this person has read enough for now."""

    def __init__(self, until: datetime, message: str, **details: Any) -> None:
        super().__init__("break_due", message, **details)
        self.until = until


class NotAllowed(AnnotationError):
    """This person may not do this here."""

    status = 403
