"""Which failures of a server pass by themselves, and how long to wait before asking again."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

logger = logging.getLogger(__name__)

# What a call may raise: BotoCoreError and ClientError are botocore's families; the others are not part of them.
FAILURES = (BotoCoreError, ClientError, ResponseParserError, HTTPError, ConnectionError, TimeoutError)
_PASSING = (HTTPClientError, IncompleteReadError, ResponseParserError, HTTPError, ConnectionError, TimeoutError)
_PASSING_CODES = {"RequestTimeout", "SlowDown", "BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody"}
_PASSING_STATUS = {408, 429, 500, 502, 503, 504}

T = TypeVar("T")


@dataclass(frozen=True)
class Retries:
    """Waits double from `first_seconds` up to `longest_seconds`, each drawn at random below its bound (full jitter).

    A Retry-After of the server is obeyed up to `longest_seconds`. `sleep` is there for tests.
    """

    attempts: int = 6
    first_seconds: float = 0.2
    longest_seconds: float = 20.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def wait(self, failures: int, error: Exception | None = None) -> None:
        """Wait after the `failures`-th failure in a row."""
        bound = min(self.longest_seconds, self.first_seconds * 2 ** (failures - 1))
        jittered = random.uniform(0, bound)  # noqa: S311 - spreads clients, protects nothing
        self.sleep(max(jittered, min(retry_after(error), self.longest_seconds)))

    def call(self, act: Callable[[], T]) -> T:
        """The answer of `act`, asked again while its failures are of the passing kind. Raises the last failure."""
        failures = 0
        while True:
            try:
                return act()
            except FAILURES as error:
                failures += 1
                if failures >= self.attempts or not passes(error):
                    raise
                logger.info("object store: %s, attempt %d follows", reason(error), failures + 1)
                self.wait(failures, error)


def passes(error: Exception) -> bool:
    """Whether asking again may help."""
    if isinstance(error, ClientError):
        return status_of(error) in _PASSING_STATUS or code_of(error) in _PASSING_CODES
    return isinstance(error, _PASSING)


def status_of(error: ClientError) -> int:
    """The HTTP status of an answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code_of(error: ClientError) -> str:
    """S3's code of an answer, such as NoSuchKey; a HEAD has only its status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def retry_after(error: Exception | None) -> float:
    """The seconds that a server asks for; 0 where it does not."""
    if not isinstance(error, ClientError):
        return 0.0
    headers: dict[str, Any] = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    value = str(headers.get("retry-after", ""))
    return float(value) if value.isdigit() else 0.0


def reason(error: Exception) -> str:
    """The error's kind only: a response body may quote an internal address or content."""
    if isinstance(error, ClientError):
        code = code_of(error)
        # A code is one word; anything else was put there by who knows whom.
        return code if code.isalnum() and len(code) < 60 else "refused"
    return type(error).__name__
