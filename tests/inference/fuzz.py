"""Requests made up from our own OpenAPI document, valid and not, against a running service: never a 5xx.

    python -m tests.inference.fuzz --cases 20000

starts a service on a hub of its own, sends that many cases over all operations and prints what came back by operation
and status; exit 1 when a status was 500 or above (503 with Retry-After is an answer) or an answer was no JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

#: Of so many cases one goes without the valid key that the others get.
_WITHOUT_KEY = 10
#: Cases of one hypothesis run: longer ones remember ever more of what they have seen.
_AT_ONCE = 500


@dataclass
class Report:
    """How many answers of each operation had which status, and what was wrong."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return sum(self.statuses.values())


def fuzz(client: httpx.Client, token: str, *, cases: int, begin: int = 0) -> Report:
    """Send at least `cases` requests over all operations in turn; the same `begin` makes the same requests."""
    document = client.get("/api/v1/openapi.json").json()
    document["paths"]["/api/v1/crisis/batch"]["post"]["requestBody"]["content"].pop("application/x-ndjson")
    schema = schemathesis.openapi.from_dict(document)
    operations = [result.ok() for result in schema.get_all_operations()]
    report = Report()
    at_once = min(_AT_ONCE, max(2, cases // (2 * len(operations))))
    for start in range(begin, begin + cases, at_once):
        for operation in operations:
            # Operations without a body have few requests to make up.
            examples = at_once if operation.body else 2
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if report.cases >= cases:
                    return report
                _run(operation, mode, examples, start, _sender(client, token, report))
    return report


def _run(operation: Any, mode: GenerationMode, examples: int, begin: int, send: Callable[[Any], None]) -> None:
    @seed(begin)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def case_sent(case: Any) -> None:
        send(case)

    # Where nothing can be wrong about a request, there is none to send.
    with contextlib.suppress(Unsatisfiable):
        case_sent()


def _sender(client: httpx.Client, token: str, report: Report) -> Callable[[Any], None]:
    def send(case: Any) -> None:
        request = case.as_transport_kwargs(base_url=str(client.base_url))
        headers = dict(_sendable(request.get("headers") or {}))
        headers.pop("X-Schemathesis-TestCaseId", None)
        if report.cases % _WITHOUT_KEY:
            headers |= {"Authorization": f"Bearer {token}"}
        content = request.get("data")
        if content is None and "json" in request:
            content = json.dumps(request["json"])
        name = f"{case.method.upper()} {case.operation.path}"
        try:
            response = client.request(
                request["method"], request["url"], params=request.get("params"), headers=headers, content=content
            )
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError):
            return  # nothing that a client can send
        report.statuses[name, response.status_code] += 1
        if response.status_code >= 500 and not (response.status_code == 503 and "retry-after" in response.headers):
            report.problems.append(f"{name} answered {response.status_code}")
        elif response.content and not response.headers["content-type"].startswith(
            ("application/json", "application/problem+json", "application/x-ndjson")
        ):
            report.problems.append(f"{name} answered with {response.headers['content-type']}")
        elif "x-request-id" not in response.headers:
            report.problems.append(f"{name} answered without a request id")

    return send


def _sendable(headers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Headers that HTTP can carry; a body's length is not for a fuzzer to say."""
    for name, value in headers.items():
        text = str(value)
        if name.lower() not in ("content-length", "host", "connection") and text.isascii() and text.isprintable():
            yield name, text.strip()


def main() -> int:
    """Start a service, fuzz it, print the figures."""
    from tests.inference.service import Service

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--begin", type=int, default=0, help="seed of the first cases")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pixelhub-fuzz-") as folder:
        service = Service(Path(folder))
        try:
            client = service.start()
            report = fuzz(client, service.token, cases=options.cases, begin=options.begin)
            alive = client.get("/readyz").json()["status"]
        finally:
            service.stop()
    for (name, status), count in sorted(report.statuses.items()):
        sys.stdout.write(f"{name:40} {status} {count:7,}\n")
    sys.stdout.write(f"{report.cases:,} cases, {len(report.problems)} problems, afterwards the service is {alive}\n")
    for problem in report.problems[:20]:
        sys.stdout.write(f"  {problem}\n")
    return 1 if report.problems or alive != "ready" else 0


if __name__ == "__main__":
    sys.exit(main())
