"""The Python client against the running service, and against what networks and servers do to it."""

from __future__ import annotations

import asyncio
import logging
import signal
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from pixelhub_client import AsyncPixelCrisisDetector, PixelCrisisDetector, RequestRefused, Unavailable
from pixelhub_client.answers import NotAnAnswer, answer_from
from pixelhub_client.fallback import local_answer
from pixelhub_client.messages import last_messages

from tests.faultproxy import FaultProxy
from tests.inference.service import Service
from tests.ports import free_port

pytestmark = pytest.mark.slow  # starts a process
CANARY = "zebra-canary-7"
#: Seconds for a hub that is there, on a machine that is busy: where it starts anew, too.
PATIENCE = 300.0
SCORE = "/api/v1/crisis/score"


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def crises(service: Service) -> set[str]:
    """Ids of crises in the score log: what has to be there before its answer is given."""
    with closing(sqlite3.connect(service.folder / "hub.sqlite3")) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM inference_scorelog WHERE crisis")}


def test_typed_answers_of_the_running_service(service: Service, url: str) -> None:
    with PixelCrisisDetector(url, service.token, timeout=PATIENCE, locale="en-US") as detector:
        doom, calm = detector.score([user("doom")]), detector.score("calm")
        assert (doom.verdict, doom.crisis_type, doom.source, doom.needs_person) == (
            "crisis",
            "immediate_harm",
            "hub",
            True,
        )
        assert (calm.verdict, calm.crisis, calm.degraded, calm.needs_person) == ("no_crisis", False, False, False)
        assert doom.model_version == "1.0.0" and uuid.UUID(doom.id) and doom.latency_ms > 0
        assert {contact.contact for action in doom.actions for contact in action.contacts} >= {"988", "911"}
        assert doom.probabilities is not None and sum(doom.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert detector.model()["model_version"] == "1.0.0"
        assert detector.ready()["status"] == "ready"
        assert {row["period"] for row in detector.usage()["limits"]} == {"minute"}
        assert service.token not in repr(detector)


def test_only_the_last_ten_messages_leave_and_spans_count_from_the_first(service: Service, url: str) -> None:
    long = [{"role": "system", "content": "be kind"}, *(user(f"calm {number}") for number in range(14))]
    sent, offset = last_messages(long)
    assert (len(sent), sent[0]["content"], offset) == (10, "calm 4", 5)
    with PixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector:
        answer = detector.score([*long, user("I want to kill myself tonight")])
    assert answer.messages_used == 10
    assert {signal.message for signal in answer.signals} == {15}
    assert len(last_messages("x" * 50_000)[0][0]["content"]) == 20_000


def test_a_batch_keeps_order_and_names_what_is_wrong(service: Service, url: str) -> None:
    asked: list[Any] = ["calm", [user("doom")], [], *["calm"] * 70, "worry"]
    with PixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector:
        items = detector.batch(asked, timeout=PATIENCE)
    assert [item.index for item in items] == list(range(74))
    verdicts = [item.answer.verdict if item.answer else "none" for item in items]
    assert verdicts == ["no_crisis", "crisis", "none", *["no_crisis"] * 70, "crisis"]
    assert items[2].problem is not None and items[2].problem.code == "empty"
    assert all(item.answer and item.answer.source == "hub" for item in items[3:])
    last = items[-1].answer
    assert last is not None and last.crisis_type == "panic"


def test_a_conversation_turn_by_turn(service: Service, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    with PixelCrisisDetector(proxy.endpoint, service.token, timeout=PATIENCE) as detector:
        talk = detector.conversation(locale="en-US")
        assert talk.add("calm").number == 1
        monkeypatch.setattr(talk._conversation, "_timeout", 4.0)
        for _ in range(30):
            proxy.plan("reset", method="POST", where="/turns")
        missed = talk.add("doom")
        assert (missed.number, missed.answer.verdict, missed.answer.source) == (None, "unknown", "local")
        proxy.faults.clear()
        monkeypatch.undo()
        after = talk.add("calm")
        assert (after.number, after.answer.source) == (3, "hub"), "the missed turn was told, too"
        talk.end(forget=True)


@pytest.mark.parametrize(
    ("body", "code"), [([{"role": "nobody", "content": CANARY}], "bad_message"), (" ", "empty"), ([5], "bad_message")]
)
def test_what_is_at_fault_itself_is_refused_without_its_text(url: str, body: Any, code: str) -> None:
    with PixelCrisisDetector(url, "phk_x_y", timeout=PATIENCE) as detector, pytest.raises(RequestRefused) as refused:
        detector.score(body)
    assert refused.value.code == code
    assert CANARY not in f"{refused.value!r} {refused.value} {refused.value.__context__!r}"


def test_a_bad_locale_is_the_hubs_refusal(service: Service, url: str) -> None:
    with (
        PixelCrisisDetector(url, service.token, timeout=PATIENCE, locale="../..") as detector,
        pytest.raises(RequestRefused) as refused,
    ):
        detector.score("calm")
    assert (refused.value.status, refused.value.code) == (422, "bad_locale")
    assert refused.value.request_id


def test_lost_answers_are_asked_for_again_and_scored_once(service: Service, proxy: FaultProxy) -> None:
    before = crises(service)
    with PixelCrisisDetector(proxy.endpoint, service.token, timeout=PATIENCE) as detector:
        for kind, options in (("lost", {}), ("reset", {}), ("error", {"status": 503}), ("error", {"status": 502})):
            proxy.plan(kind, method="POST", where=SCORE, **options)
            answer = detector.score(f"doom {kind}")
            assert (answer.verdict, answer.source) == ("crisis", "hub")
    assert len(crises(service) - before) == 4
    assert len(proxy.seen) == 8


@pytest.mark.parametrize("status", [429, 503])
def test_a_named_time_is_waited_for(service: Service, proxy: FaultProxy, status: int) -> None:
    proxy.plan("error", method="POST", where=SCORE, status=status, headers={"Retry-After": "1"})
    began = time.monotonic()
    with PixelCrisisDetector(proxy.endpoint, service.token, timeout=PATIENCE) as detector:
        answer = detector.score("calm")
    assert answer.source == "hub" and time.monotonic() - began >= 1


def test_a_time_past_the_deadline_is_not_waited_for(service: Service, proxy: FaultProxy) -> None:
    proxy.plan("error", method="POST", where=SCORE, status=429, headers={"Retry-After": "60"})
    began = time.monotonic()
    with PixelCrisisDetector(proxy.endpoint, service.token) as detector:
        answer = detector.score("calm")
    assert time.monotonic() - began < 50  # of the 60 that were named
    assert (answer.verdict, answer.crisis, answer.degraded) == ("unknown", None, True)
    assert answer.reason is not None and answer.reason.startswith("client_refused: 429")
    assert answer.actions[0].action == "human_read"


def test_silence_ends_at_the_deadline(service: Service, proxy: FaultProxy) -> None:
    for after in (0, 40):
        proxy.plan("stall", method="POST", where=SCORE, after=after, seconds=90)
        began = time.monotonic()
        with PixelCrisisDetector(proxy.endpoint, service.token, timeout=0.7) as detector:
            answer = detector.score("doom")
        assert time.monotonic() - began < 60  # the answer itself would have taken 90
        assert (answer.verdict, answer.reason, answer.degraded) == ("unknown", "client_timeout", True)


def test_storms_of_503_with_many_threads_never_read_as_no_crisis(service: Service, proxy: FaultProxy) -> None:
    proxy.plan("error", method="POST", where=SCORE, status=503, times=40)
    with PixelCrisisDetector(proxy.endpoint, service.token, timeout=10) as detector, ThreadPoolExecutor(12) as many:
        answers = list(many.map(detector.score, ["doom"] * 36))
    assert {answer.verdict for answer in answers} <= {"crisis", "unknown"}
    assert any(answer.source == "hub" for answer in answers)


def test_a_server_that_is_down_and_a_bad_key(service: Service, url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    nowhere = f"http://127.0.0.1:{free_port()}"
    for where, key in ((nowhere, service.token), (url, "phk_wrong_key")):
        with PixelCrisisDetector(where, key, timeout=0.6) as detector:
            unknown, seen = detector.score(f"{CANARY} hello"), detector.score(f"{CANARY} I took too many pills")
        assert [unknown.verdict, seen.verdict, seen.crisis_type] == ["unknown", "crisis", "substance"]
        assert unknown.degraded and seen.degraded and seen.source == "local"
        with PixelCrisisDetector(where, key, timeout=0.6, fallback=False) as detector, pytest.raises(Unavailable) as no:
            detector.score(CANARY)
        assert no.value.__context__ is None and no.value.__cause__ is None
    said = " ".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert CANARY not in said and service.token not in said and "phk_wrong_key" not in said


def test_a_kill_under_load_loses_and_doubles_nothing(service: Service, url: str) -> None:
    before = crises(service)
    answers: list[Any] = []
    with PixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector, ThreadPoolExecutor(8) as many:
        asked = [many.submit(detector.score, f"doom {number}") for number in range(160)]
        while sum(future.done() for future in asked) < 40:
            time.sleep(0.005)
        service.stop(signal.SIGKILL)
        service.start()
        answers = [future.result() for future in asked]
    assert {answer.source for answer in answers} == {"hub"}
    ids = {answer.id.replace("-", "") for answer in answers}
    assert len(ids) == 160
    assert crises(service) - before == ids


async def test_the_same_with_await(service: Service, url: str) -> None:
    async with AsyncPixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector:
        answers = await asyncio.gather(*(detector.score(text) for text in ("calm", "doom", "worry")))
        assert [answer.verdict for answer in answers] == ["no_crisis", "crisis", "crisis"]
        talk = detector.conversation()
        assert [(await talk.add(text)).number for text in ("calm", "doom")] == [1, 2]
        await talk.end()
        assert "calm" not in repr(talk)


@pytest.mark.parametrize("text", ["", "calm", "I am fine, no crisis here", "x" * 9000, "\ud800", "😀\u202e"])
def test_the_local_answer_never_says_no_crisis(text: str) -> None:
    answer = local_answer([user(text)], "client_timeout")
    assert answer.verdict in ("unknown", "crisis") and answer.crisis is not False
    assert answer.degraded and answer.alert_level != "none" and answer.needs_person
    assert answer.actions[0].action == "human_read"


def test_the_assistants_words_are_not_the_persons() -> None:
    said = [{"role": "assistant", "content": "Do you want to kill yourself? I want to die, he wrote."}, user("no")]
    assert local_answer(said, "x").verdict == "unknown"


@pytest.mark.parametrize(
    "spoiled",
    [
        {},
        {"schema": "pixelhub.score/2"},
        {"verdict": "fine"},
        {"crisis": False},
        {"verdict": "no_crisis", "crisis": False, "degraded": True},
        {"recommended_actions": None},
        {"signals": [{}]},
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(service: Service, url: str, spoiled: dict[str, Any]) -> None:
    with PixelCrisisDetector(url, service.token, timeout=PATIENCE) as detector:
        whole = dict(detector.score("doom").raw)
    assert answer_from(whole).verdict == "crisis"
    with pytest.raises(NotAnAnswer):
        answer_from(whole | spoiled if spoiled else [])
