"""How a handler ends early, and what each ending means for the row."""

from __future__ import annotations


class JobError(Exception):
    """A failure with a reason people may read; the job fails at once, without a retry.

    The message is shown in the browser and stored: it must hold no conversation text.
    """


class JobAttemptFailed(Exception):
    """An attempt failed for a reason people may read, and another one may go through: retried like a crash.

    The message is shown in the browser and stored: it must hold no conversation text.
    """


class JobCancelled(BaseException):
    """Somebody asked for the job to stop, or its worker is stopping. Not an Exception: handlers let it pass."""


class JobLost(BaseException):
    """Another worker holds the row now (our lease lapsed); whatever was not committed is rolled back."""
