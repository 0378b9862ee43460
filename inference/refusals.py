"""What the crisis protocol refuses to people, with a sentence for them. Never a word of a note or a conversation."""

from __future__ import annotations


class CaseRefused(Exception):
    """An act that the case's state does not allow (any more). `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class CaseInvalid(CaseRefused):
    """What was given with the act is not complete or not storable; `code` names the field."""


class AlertRefused(Exception):
    """An act on an alert that its state does not allow (any more). `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class AlertInvalid(AlertRefused):
    """What was given is not complete or makes no sense; `code` names the field."""
