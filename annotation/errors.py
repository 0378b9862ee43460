"""Refusals that a caller can show: a code for programs, a sentence for people, a status for HTTP."""

from __future__ import annotations


class AnnotationError(Exception):
    """Something asked for can't be done. `code` is stable; `str(error)` is for people and holds no raw text."""

    status = 400

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Invalid(AnnotationError):
    """The input itself is wrong."""


class Refused(AnnotationError):
    """The input is fine, but the state of things has moved on: somebody was first, or it is closed."""

    status = 409


class NotAllowed(AnnotationError):
    """This person may not do this here."""

    status = 403
