"""Requests made up by schemathesis for every address of the hub, as every role: no 5xx, no refusal without a reason.

`make fuzz` sends 20,000 of them (tests/security/hub_fuzz.py); each run of the suite some hundred.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import schemathesis
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from pixelhub.accounts.roles import Role
from tests.security.hub_document import document
from tests.security.may import MAY
from tests.security.place import LABELLING, Place
from tests.security.test_hostile_input import QUERIES, problem

pytestmark = pytest.mark.one_database  # tens of seconds; what a database refuses is tested in test_hostile_input.py

CASES = int(os.environ.get("PIXELHUB_FUZZ_CASES", "360"))
BEGIN = int(os.environ.get("PIXELHUB_FUZZ_SEED", "0"))
VISITOR = "a visitor"
CALLERS = (*sorted(Role.values), VISITOR)
#: Of an address that a caller may not use so many cases; what is behind it isn't reached.
CLOSED_CASES = 1


@dataclass
class Report:
    """How many answers had which status, and what was wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.statuses.total()


@pytest.fixture(scope="module")
def operations() -> list[Any]:
    """Filled by the first test that has the place: the module's place is the same for all."""
    return []


def client_of(caller: str, place: Place) -> Client:
    client = Client() if caller == VISITOR else place.world.client(caller, LABELLING if caller == "annotator" else 1)
    client.raise_request_exception = False
    return client


def is_open(operation: Any, caller: str) -> bool:
    """Whether this caller may use the operation."""
    may_get, may_post = MAY[operation.definition.raw["x-name"]]
    roles = may_get if operation.method == "get" else may_post
    return caller in (roles or ())


def fuzz(operations: list[Any], caller: str, send: Callable[[Any], None], *, cases: int, begin: int) -> None:
    """About `cases` requests, valid and not: most of them to what is open to the caller, in turn from `begin` on."""
    ours = [operation for operation in operations if is_open(operation, caller)]
    closed = [operation for operation in operations if not is_open(operation, caller)]
    few = max(1, cases // 4) if ours else cases
    for number in range(min(few, len(closed))):
        operation = closed[(begin + number * max(1, len(closed) // few)) % len(closed)]
        run(operation, GenerationMode.POSITIVE, CLOSED_CASES, begin, send)
    left = cases - few
    # Two at least: the first one that hypothesis makes is the simplest there is.
    at_once = max(2, left // (2 * max(1, len(ours))))
    stretch = max(1, len(ours) * 2 * at_once // max(1, left))
    for operation in ours[begin % stretch :: stretch]:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            run(operation, mode, at_once, begin, send)


def run(operation: Any, mode: GenerationMode, examples: int, begin: int, send: Callable[[Any], None]) -> None:
    @seed(begin)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def case_sent(case: Any) -> None:
        send(case)

    # Where nothing can be wrong about a request, there is none to send.
    with contextlib.suppress(Unsatisfiable):
        case_sent()


def sender(client: Client, report: Report) -> Callable[[Any], None]:
    """Sends a case, undoes what it wrote, and notes what is wrong with the answer."""

    def send(case: Any) -> None:
        request = case.as_transport_kwargs(base_url="http://testserver")
        body, kind = body_of(request)
        parts = urlsplit(request["url"])
        query = urlencode(request.get("params") or {}, doseq=True, errors="surrogatepass")
        raised: list[str] = []

        def note(**_: Any) -> None:
            raised.append(traceback.format_exc(limit=-2))

        got_request_exception.connect(note)
        try:
            with transaction.atomic():
                url = f"{parts.path}?{query}" if query else parts.path
                response = client.generic(request["method"], url, body, content_type=kind)
                if response.streaming:
                    b"".join(response.streaming_content)  # type: ignore[arg-type]
                transaction.set_rollback(True)
        finally:
            got_request_exception.disconnect(note)
        report.statuses[response.status_code] += 1
        wrong = "" if response.streaming and response.status_code < 400 else problem(response)
        if wrong:
            said = "".join(raised)[-600:]
            report.problems.append(f"{request['method']} {url[:200]} {body[:200]!r}: {wrong}\n{said}")

    return send


def body_of(request: dict[str, Any]) -> tuple[bytes, str]:
    """The bytes to send and their kind; what schemathesis leaves to its client is encoded here."""
    if "json" in request:
        return json.dumps(request["json"]).encode(), "application/json"
    data = request.get("data")
    if isinstance(data, dict | list):
        return urlencode(data, doseq=True, errors="surrogatepass").encode(), "application/x-www-form-urlencoded"
    kind = str((request.get("headers") or {}).get("Content-Type", "application/x-www-form-urlencoded"))
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    return data or b"", kind


@pytest.mark.parametrize("caller", CALLERS)
def test_made_up_requests_as_every_role(
    place: Place, operations: list[Any], caller: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="django")  # a line for each refusal
    if not operations:
        schema = schemathesis.openapi.from_dict(document(place, QUERIES))
        operations += [result.ok() for result in schema.get_all_operations()]
    report = Report()
    send = sender(client_of(caller, place), report)
    rounds, wanted = 0, CASES // len(CALLERS)
    while report.cases < wanted * 0.9 and rounds < 40:
        # What cannot be made, or is few by its nature, is made up for by another turn.
        fuzz(operations, caller, send, cases=wanted - report.cases, begin=BEGIN + CALLERS.index(caller) + 100 * rounds)
        rounds += 1
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(report.statuses.items()))
    sys.stdout.write(f"\n{caller}: {report.cases:,} cases, {len(report.problems)} problems ({statuses})\n")
    assert report.problems == []
    assert report.cases >= wanted * 0.9
    assert caller in (VISITOR, "api_client") or report.statuses[200] + report.statuses[302] > report.cases // 20
