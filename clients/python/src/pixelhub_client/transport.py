"""One request until it is answered, refused for good or out of time: deadline, retries, Retry-After."""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from pixelhub_client.answers import problem_from
from pixelhub_client.errors import RequestRefused, Unavailable

logger = logging.getLogger("pixelhub_client")

#: The key, not the request, is at fault: the hub does not answer this client.
_KEY_TROUBLE = frozenset({401, 403})
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 1.0


class Transport:
    """Belongs to one event loop."""

    def __init__(self, base_url: str, key: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(  # nosec B113
            base_url=base_url.rstrip("/"),
            headers={"authorization": f"Bearer {key}", "user-agent": "pixelhub-client-python/1.0.0"},
            timeout=None,  # noqa: S113  the deadline of each request is the one that counts
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30),
            transport=transport,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def request(
        self, method: str, path: str, *, timeout: float, body: Any = None, key: str = "", again: bool = True
    ) -> Any:
        """The JSON of the answer, within `timeout` seconds whatever happens.

        A POST carries an idempotency key (`key`, or a new one), so that trying again scores nothing twice.

        Raises:
            RequestRefused: the request itself is at fault.
            Unavailable: out of time, refused by the key or its limits, or answered with something else than JSON.
        """
        deadline = time.monotonic() + timeout
        headers = {"idempotency-key": key or uuid.uuid4().hex} if method == "POST" else {}
        reason, attempt = "client_timeout", 0
        while True:
            # Errors of httpx hold the request, and so its text: none is raised on, or kept as a cause.
            response, failure = await self._attempt(method, path, body, headers, deadline)
            if failure == "client_timeout":
                raise Unavailable(reason)
            wait = None
            if response is None:
                reason = failure
            elif response.status_code < 300:
                return _json(response)
            else:
                reason, wait = _why(response)
            # A little beside the time that was named, so that not everybody comes back at the same moment.
            pause = random.uniform(0, _pause(attempt)) if wait is None else wait + random.uniform(0, _FIRST_PAUSE_S)  # noqa: S311
            if not again or time.monotonic() + pause >= deadline:
                raise Unavailable(reason, wait)
            logger.info("asking the hub again in %.2f s: %s", pause, reason)
            await asyncio.sleep(pause)
            attempt += 1

    async def _attempt(
        self, method: str, path: str, body: Any, headers: dict[str, str], deadline: float
    ) -> tuple[httpx.Response | None, str]:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await self._client.request(method, path, json=body, headers=headers), ""
        except (TimeoutError, httpx.TimeoutException):
            return None, "client_timeout"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, f"client_{type(error).__name__}"


def _pause(attempt: int) -> float:
    return float(min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt))


def _why(response: httpx.Response) -> tuple[str, float | None]:
    """The reason to try again and when; raises where trying again is no use."""
    problem = problem_from(_members(response), status=response.status_code)
    reason = f"client_refused: {response.status_code} {problem.code}"
    wait = _seconds(response.headers.get("retry-after"))
    # A refusal that may be over in a moment says so.
    if response.status_code == 429 or response.status_code >= 500 or (response.status_code == 409 and wait is not None):
        return reason, wait
    if response.status_code in _KEY_TROUBLE:
        logger.error("the hub refuses this key: %s", reason)
        raise Unavailable(reason)
    if response.status_code < 400:
        raise Unavailable(reason)
    request_id = response.headers.get("x-request-id", "")
    raise RequestRefused(response.status_code, problem.code, problem.detail, request_id)


def _members(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _json(response: httpx.Response) -> Any:
    members = _members(response)
    if not isinstance(members, dict):
        raise Unavailable("client_bad_answer")
    return members


def _seconds(value: str | None) -> float | None:
    """Retry-After as seconds from now, whether sent as a number or a date."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
