"""The service in processes of its own under uvicorn: it answers through swaps and kills, and loses nothing."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from benchmarks.scoring_capacity import Address
from benchmarks.scoring_load import Load
from tests.inference.conftest import user_says
from tests.inference.fuzz import fuzz
from tests.inference.service import Service

pytestmark = pytest.mark.slow  # migrates a database file of its own and starts processes


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service"))
    yield service
    service.stop()


def ids_of(client: httpx.Client, text: str, count: int) -> set[str]:
    answers = [client.post("/infer", json=user_says(text)) for _ in range(count)]
    assert {answer.status_code for answer in answers} == {200}
    return {answer.json()["id"].replace("-", "") for answer in answers}


@pytest.mark.parametrize("arguments", [(), ("--lifespan", "off")], ids=["lifespan", "no lifespan"])
def test_what_was_answered_is_on_disk_after_a_stop(service: Service, arguments: tuple[str, ...]) -> None:
    client = service.start(*arguments)
    ids = ids_of(client, "calm", 30)
    service.stop()
    assert ids <= service.logged_ids()
    assert "Traceback" not in service.log.read_text()


def test_a_crisis_is_on_disk_even_after_a_kill(service: Service) -> None:
    client = service.start()
    ids = ids_of(client, "doom", 5)
    service.stop(signal.SIGKILL)
    assert ids <= service.logged_ids()


def test_the_log_holds_no_text(service: Service) -> None:
    client = service.start("--log-level", "debug")
    ids_of(client, "zebra-canary-7 doom", 3)
    client.post("/infer", content=b'{"text": "zebra-canary-7', headers={"content-type": "application/json"})
    service.stop()
    assert "zebra-canary-7" not in service.log.read_text()


def test_made_up_requests_never_break_it(service: Service) -> None:
    client = service.start("--log-level", "error")
    report = fuzz(client, service.token, cases=90)
    assert report.cases >= 80
    assert report.problems == []
    assert {status for _, status in report.statuses} >= {200, 401, 422}
    assert client.get("/readyz").json()["status"] == "ready"
    service.stop()


#: Of many different scores, so that one client's answer given to another would show.
VARIED = [" ".join(["worry"] * (n % 7) + ["calm"] * (n % 5) + ["doom"] * (n % 40 == 7) + ["today"]) for n in range(64)]


def test_hundreds_of_clients_at_once_get_the_answers_that_one_gets(service: Service) -> None:
    service.start("--log-level", "error")
    load = Load(Address(service.port, "/infer"), service.token, VARIED)
    serial = asyncio.run(load.scores())
    assert len(set(serial)) > 10
    for clients in (100, 300):
        answered = 0
        while answered < clients:  # a slow machine refuses most of them, and needs another round
            found = asyncio.run(load.run(clients=clients, seconds=2.0, compare_with=serial))
            # A 503 counts as no error only where it says when to come again.
            assert found["errors"] == 0, found
            assert found["largest_difference"] < 1e-6, found
            assert found["requests"] > found["refused_503"] + found["degraded"], found
            answered += found["requests"] - found["refused_503"] - found["degraded"]
    service.stop()


class Askers:
    """Threads that ask without a pause, each trying again what got no answer, until they are told to end."""

    def __init__(self, service: Service, text: str, *, count: int = 4) -> None:
        self._url = f"http://127.0.0.1:{service.port}/infer"
        self._headers = {"authorization": f"Bearer {service.token}"}
        self._text = text
        self._ended = threading.Event()
        self.answers: list[dict[str, Any]] = []
        self.retries = 0
        self._pool = ThreadPoolExecutor(count)
        self._work = [self._pool.submit(self._ask) for _ in range(count)]

    def _ask(self) -> None:
        while not self._ended.is_set():
            key = uuid.uuid4().hex
            self.answers.append(self._answer(key))

    def _answer(self, key: str) -> dict[str, Any]:
        for _ in range(200):
            try:
                headers = {**self._headers, "idempotency-key": key}
                response = httpx.post(
                    self._url, json=user_says(self._text), headers=headers, timeout=90, trust_env=False
                )
            except httpx.TransportError:
                self.retries += 1
                time.sleep(0.05)
                continue
            assert response.status_code == 200, response.text
            return {**response.json(), "key": key}
        raise AssertionError("no answer after 200 tries")

    def until(self, true: Any, seconds: float = 180) -> None:
        """Let them ask until `true(answers)`."""
        deadline = time.monotonic() + seconds
        while not true(self.answers):
            assert time.monotonic() < deadline, "what was waited for did not come"
            for work in self._work:
                if work.done():
                    work.result()
            time.sleep(0.02)

    def end(self) -> list[dict[str, Any]]:
        """Stop and give every answer."""
        self._ended.set()
        for work in self._work:
            work.result(timeout=180)
        return self.answers


def test_swaps_and_kills_under_load_lose_nothing(service: Service) -> None:
    """Two processes: another version is put into production and taken back, then one of them is killed."""
    service.start("--workers", "2", "--log-level", "error")
    askers = Askers(service, "doom")
    askers.until(lambda answers: len(answers) > 20)
    for version in ("2.0.0", "1.0.0"):
        service.run("-m", "tests.inference.swap_acts", version)
        newest = len(askers.answers)
        askers.until(lambda answers, v=version, n=newest: {a["model_version"] for a in answers[n:][-12:]} == {v})
    assert askers.retries == 0, "a swap cost a connection"
    doomed = service.workers[0]
    before = len(askers.answers)
    doomed.kill()
    askers.until(lambda answers: len(answers) > before + 40 and len(service.workers) == 2)
    answers = askers.end()
    assert {answer["model_version"] for answer in answers} == {"1.0.0", "2.0.0"}
    assert not any(answer["degraded"] for answer in answers)
    assert all(answer["crisis"] for answer in answers)
    service.stop()
    logged = service.logged_ids()
    ids = [answer["id"].replace("-", "") for answer in answers]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= logged
