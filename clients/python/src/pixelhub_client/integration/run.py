"""Run the tests one after another; one that fails, however, does not keep the others from being run."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from pixelhub_client.answers import Answer
from pixelhub_client.asynchronous import AsyncPixelCrisisDetector
from pixelhub_client.errors import PixelHubError
from pixelhub_client.integration.report import Outcome, Report
from pixelhub_client.integration.scenarios import Scenario, scenarios
from pixelhub_client.integration.suite import TESTS, Failed


@dataclass
class Run:
    """What tests share. `measured` is filled by them."""

    url: str
    key: str
    detector: AsyncPixelCrisisDetector
    client: httpx.AsyncClient
    clients: int
    requests: int
    timeout: float
    transport: httpx.AsyncBaseTransport | None = None
    scenarios: tuple[Scenario, ...] = field(default_factory=scenarios)
    measured: dict[str, Any] = field(default_factory=dict)

    def scenario(self, name: str) -> Scenario:
        """The scenario of this id."""
        return next(scenario for scenario in self.scenarios if scenario.id == name)

    async def score(self, scenario: Scenario) -> Answer:
        """The hub's answer for a scenario. Raises Failed."""
        answer = await self.detector.score(list(scenario.messages))
        if answer.source != "hub":
            raise Failed(f"the hub gave no answer: {answer.reason}")
        return answer

    async def raw(self, method: str, path: str, body: Any = None, *, key: str = "") -> httpx.Response:
        """One request without the client's help."""
        headers = {"idempotency-key": key} if key else {}
        return await self.client.request(method, path, json=body, headers=headers)

    async def get(self, path: str) -> Any:
        """The JSON of an address. Raises Failed."""
        return _members(await self.raw("GET", path), path)

    async def post(self, path: str, body: Any, *, key: str = "") -> Any:
        """The JSON of an answer. Raises Failed."""
        return _members(await self.raw("POST", path, body, key=key or uuid.uuid4().hex), path)


async def run_suite(
    url: str,
    key: str,
    *,
    clients: int = 100,
    requests: int = 3,
    timeout: float = 20.0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Report:
    """All tests against the hub at `url`. The key needs the scopes score, batch, conversations and model.

    `timeout` is for one answer, in seconds, retries included; each client of the load test has three times as much.
    """
    began, started_at = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    headers = {"authorization": f"Bearer {key}"}
    outcomes = []
    async with (
        AsyncPixelCrisisDetector(url, key, timeout=timeout, transport=transport) as detector,
        httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=timeout, transport=transport) as client,
    ):
        run = Run(url, key, detector, client, clients, requests, timeout, transport)
        for test in TESTS:
            title = (test.__doc__ or "").strip()
            at = time.perf_counter()
            passed = False
            measured: dict[str, Any] = {}
            try:
                detail, measured = await test(run)
                passed = True
            except Failed as failed:
                detail, measured = failed.detail, failed.measured
            except (PixelHubError, httpx.HTTPError) as error:
                # An error of httpx may name addresses, one of ours is made to be shown.
                told = f": {error}" if isinstance(error, PixelHubError) else ""
                detail = f"{type(error).__name__}{told}"
            except (KeyError, TypeError, ValueError, IndexError) as error:  # the answer is not as agreed
                detail = f"an answer was not as agreed: {type(error).__name__}"
            outcomes.append(Outcome(test.__name__, title, passed, detail, measured, time.perf_counter() - at))
    return Report(url, started_at, time.perf_counter() - began, run.measured, tuple(outcomes))


def _members(response: httpx.Response, path: str) -> Any:
    if response.status_code >= 300:
        raise Failed(f"{path} answered {response.status_code}")
    return response.json()
