"""The client of a language model, against a stub on this machine: what it sends, when it asks again, when it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.synthesis.endpoint import (
    AnswerMalformed,
    Endpoint,
    EndpointNotConfigured,
    EndpointRefused,
    EndpointSettings,
    EndpointStopped,
    EndpointUnavailable,
    json_in,
    retry_after,
)
from tests.modelserver import Asked, ModelServer, Reply, model_server, said

HELLO = [{"role": "user", "content": "hello"}]


def endpoint_of(server: ModelServer, *, attempts: int = 4, timeout_s: float = 10, **more: threading.Event) -> Endpoint:
    settings = EndpointSettings(
        server.base_url, "key-of-a-test", "stub-model", [server.origin], timeout_s=timeout_s, attempts=attempts
    )
    return Endpoint(settings, first_wait_s=0.01, **more)


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    left = list(replies)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


def test_a_request_holds_the_model_the_seed_and_the_key() -> None:
    with model_server(in_turn(said("hello to you"))) as server:
        answer = endpoint_of(server).chat(HELLO, seed=2**40 + 7, response_format={"type": "json_object"})
    assert (answer.text, answer.model, answer.finish_reason) == ("hello to you", "stub-model", "stop")
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["Authorization"] == "Bearer key-of-a-test"
    assert asked.content["messages"] == HELLO and asked.content["model"] == "stub-model"
    assert asked.content["seed"] == (2**40 + 7) % 2**31 and asked.content["response_format"] == {"type": "json_object"}


def test_later_is_asked_again_and_no_is_not() -> None:
    with model_server(in_turn(Reply({}, 503), Reply({}, 500), said("at last"))) as server:
        endpoint = endpoint_of(server)
        assert endpoint.chat(HELLO, seed=1).text == "at last"
        assert (endpoint.requests, endpoint.retries) == (3, 2)
    for status in (400, 401, 404, 422, 302):
        with model_server(in_turn(Reply({"error": "the words of the caller"}, status))) as server:
            with pytest.raises(EndpointRefused) as refused:
                endpoint_of(server).chat(HELLO, seed=1)
            assert str(status) in str(refused.value) and "words" not in str(refused.value)
            assert len(server.asked) == 1
    with model_server(in_turn(Reply({}, 503))) as server:
        with pytest.raises(EndpointUnavailable, match="answered 503, 3 times"):
            endpoint_of(server, attempts=3).chat(HELLO, seed=1)
        assert len(server.asked) == 3


def test_retry_after_is_kept_by_everybody() -> None:
    """Two threads meet the limit: neither asks again before its time, though only one was told."""
    with model_server(in_turn(Reply({}, 429, {"Retry-After": "1"}), said("after a rest"))) as server:
        endpoint = endpoint_of(server)
        before = time.monotonic()
        assert endpoint.chat(HELLO, seed=1).text == "after a rest"
        assert time.monotonic() - before >= 1.0
    with model_server(in_turn(Reply({}, 429, {"Retry-After": "4000"}))) as server:
        with pytest.raises(EndpointUnavailable, match="4000 seconds"):
            endpoint_of(server).chat(HELLO, seed=1)
        assert len(server.asked) == 1


def test_a_wait_ends_when_somebody_asks_to_stop() -> None:
    stop = threading.Event()

    def answer(asked: Asked) -> Reply:
        stop.set()
        return Reply({}, 429, {"Retry-After": "300"})

    with model_server(answer) as server:
        endpoint = endpoint_of(server, stop=stop)
        with pytest.raises(EndpointStopped):
            endpoint.chat(HELLO, seed=1)
        with pytest.raises(EndpointStopped):
            endpoint.chat(HELLO, seed=1)
        assert len(server.asked) == 1


def test_a_service_that_is_slow_or_away_is_said_to_be_so() -> None:
    over = threading.Event()

    def answer(asked: Asked) -> Reply:
        over.wait(90)
        return said("too late")

    with model_server(answer) as server:
        with pytest.raises(EndpointUnavailable, match="in time"):
            endpoint_of(server, attempts=1, timeout_s=0.3).chat(HELLO, seed=1)
        over.set()
        gone = EndpointSettings(server.base_url, "", "m", [server.origin], attempts=2)
    with pytest.raises(EndpointUnavailable, match="could not be reached, 2 times"):
        Endpoint(gone, first_wait_s=0.01).chat(HELLO, seed=1)


@pytest.mark.parametrize(
    ("configured", "says"),
    [
        (EndpointSettings(), "No model"),
        (EndpointSettings(model="m"), "No endpoint"),
        (EndpointSettings("http://127.0.0.1:9/v1", model="m"), "not a public one"),
        (EndpointSettings("http://169.254.169.254/v1", model="m"), "not a public one"),
        (EndpointSettings("http://127.0.0.1:9/v1", model="m", private_origins=["http://127.0.0.1:8"]), "not a public"),
        (EndpointSettings("file:///etc/passwd", model="m"), "begins with"),
    ],
)
def test_nothing_leaves_without_an_endpoint_that_may_be_used(
    configured: EndpointSettings, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixelhub.outgoing.socket.create_connection", lambda *args, **named: pytest.fail("it left"))
    with pytest.raises(EndpointNotConfigured, match=says):
        Endpoint(configured).chat(HELLO, seed=1)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"<html>busy</html>"), "no_json"),
        (Reply({"error": "?"}), "no_choice"),
        (Reply({"choices": []}), "no_choice"),
        (Reply([]), "no_choice"),
        (said("  "), "empty_answer"),
        (said("half an ans", finish_reason="length"), "cut_off"),
    ],
)
def test_an_answer_of_another_shape_is_malformed(reply: Reply, reason: str) -> None:
    with model_server(in_turn(reply)) as server:
        with pytest.raises(AnswerMalformed) as malformed:
            endpoint_of(server).chat(HELLO, seed=1)
        assert malformed.value.reason == reason and malformed.value.raw
        assert len(server.asked) == 1


def test_json_is_found_behind_fences_and_reasoning() -> None:
    assert json_in('<think>{"not": "this"}</think>Sure!\n```json\n{"a": {"b": 1}}\n```') == {"a": {"b": 1}}
    for text in ("no object", "[1, 2]", '{"a": ', "}{", ""):
        with pytest.raises(AnswerMalformed) as malformed:
            json_in(text)
        assert (malformed.value.reason, malformed.value.raw) == ("no_json", text)


@given(st.text())
def test_any_retry_after_is_seconds_or_nothing(value: str) -> None:
    found = retry_after(value, now=1_000_000.0)
    assert found is None or found >= 0


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after(" 7 ", now=0) == 7
    assert retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=20) == 40
    assert retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=100) == 0
    assert retry_after("soon", now=0) is None


def test_the_key_is_not_shown_and_programs_read_the_same_names() -> None:
    found = EndpointSettings.from_environment(
        {
            "SYNTHESIS_ENDPOINT": "http://a/v1",
            "SYNTHESIS_API_KEY": "secret-key",
            "SYNTHESIS_PRIVATE_ORIGINS": "http://a, b",
        }
    )
    assert "secret-key" not in repr(found)
    assert (found.base_url, found.private_origins, found.attempts) == ("http://a/v1", ["http://a", "b"], 6)
