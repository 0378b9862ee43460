"""A language model behind an OpenAI-compatible endpoint: one client for made-up conversations and for paraphrase.

Nothing leaves without a configured endpoint, and only to the address that passed the guard (pixelhub.addresses): a
public one, or an origin that the operator named. An answer that says "later" (408, 425, 429, 5xx) or does not come is
asked for again, waiting as long as Retry-After says or twice as long each time. Standard library only.

    endpoint = Endpoint(EndpointSettings.from_environment())
    completion = endpoint.chat([{"role": "user", "content": "…"}], seed=7)
"""

from __future__ import annotations

import email.utils
import json
import os
import random
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final

from pixelhub.addresses import AddressRefused, check_address
from pixelhub.outgoing import Answer, send

_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_LARGEST_ANSWER: Final = 8 << 20
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
_LONGEST_RETRY_AFTER_S: Final = 600.0
_SEED_BITS: Final = 31


class EndpointError(RuntimeError):
    """The endpoint can't be used; the message names the rule or the status, never what answered."""


class EndpointNotConfigured(EndpointError):
    """There is no endpoint, or its address may not be used."""


class EndpointRefused(EndpointError):
    """The endpoint answered that it won't (a 3xx or 4xx): asking again changes nothing."""


class EndpointUnavailable(EndpointError):
    """The endpoint did not answer, or said "later" every time."""


class EndpointStopped(EndpointError):
    """Somebody asked to stop while a request was waiting for its turn."""


class AnswerMalformed(ValueError):
    """The endpoint answered, but not with what was asked for. `raw` is what it said, `reason` a code."""

    def __init__(self, reason: str, detail: str = "", raw: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.raw = raw


@dataclass(frozen=True)
class EndpointSettings:
    """Where the model is and how it is asked. `base_url` ends before /chat/completions ("http://127.0.0.1:8000/v1").

    `private_origins` may lie anywhere ("http://127.0.0.1:8000"); every other address must be a public one. `timeout_s`
    is for one request, `attempts` counts them.
    """

    base_url: str = ""
    api_key: str = field(default="", repr=False)
    model: str = ""
    private_origins: Sequence[str] = ()
    timeout_s: float = 120.0
    attempts: int = 6
    parallel: int = 4

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> EndpointSettings:
        """Read the same variables as the hub's settings (docs/settings.md), for programs without the hub."""
        return cls(
            base_url=environment.get("SYNTHESIS_ENDPOINT", ""),
            api_key=environment.get("SYNTHESIS_API_KEY", ""),
            model=environment.get("SYNTHESIS_MODEL", ""),
            private_origins=[
                origin.strip()
                for origin in environment.get("SYNTHESIS_PRIVATE_ORIGINS", "").split(",")
                if origin.strip()
            ],
            timeout_s=float(environment.get("SYNTHESIS_TIMEOUT", "120")),
            attempts=int(environment.get("SYNTHESIS_ATTEMPTS", "6")),
            parallel=int(environment.get("SYNTHESIS_PARALLEL", "4")),
        )


@dataclass(frozen=True)
class Completion:
    """What the model said, its name as the endpoint gives it, and why it stopped ("stop", "length", …)."""

    text: str
    model: str
    finish_reason: str


class Endpoint:
    """Requests to one configured service. One instance may be used from several threads.

    `stop` ends waits (EndpointStopped). `tls` is for tests; certificates are always verified.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        stop: threading.Event | None = None,
        tls: ssl.SSLContext | None = None,
        first_wait_s: float = _FIRST_WAIT_S,
    ) -> None:
        self.settings = settings
        self.requests = 0
        self.retries = 0
        self._stop = stop or threading.Event()
        self._tls = tls
        self._first_wait_s = first_wait_s
        self._counting = threading.Lock()
        # Many threads meet one limit: all of them wait until the endpoint said that it may go on.
        self._not_before = 0.0

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        seed: int,
        temperature: float = 0.9,
        max_tokens: int = 1500,
        response_format: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Ask for one chat completion. Raises EndpointError and AnswerMalformed.

        The seed goes along; whether the same seed brings the same words is the server's promise (vLLM keeps it for the
        same build and batch size at best).
        """
        if not self.settings.model:
            raise EndpointNotConfigured("No model is named (SYNTHESIS_MODEL).")
        asked: dict[str, Any] = {
            "model": self.settings.model,
            "messages": [dict(message) for message in messages],
            "temperature": temperature,
            "max_tokens": max_tokens,
            "seed": seed % (1 << _SEED_BITS),
            "stream": False,
        }
        if response_format is not None:
            asked["response_format"] = dict(response_format)
        return _completion(self.json("POST", "/chat/completions", asked))

    def json(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """Send a request below the base address and return the JSON that answers. Raises as `chat` does."""
        answer = self.fetch(method, path, content)
        try:
            return json.loads(answer.body)
        except ValueError:
            raise AnswerMalformed("no_json", raw=answer.body.decode("utf-8", "replace")) from None

    def fetch(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Answer:
        """Send a request and return its answer of 2xx. Raises EndpointError."""
        url = self.settings.base_url.rstrip("/") + path
        body = None if content is None else json.dumps(content, ensure_ascii=False).encode()
        problem = ""
        for attempt in range(max(1, self.settings.attempts)):
            if attempt:
                with self._counting:
                    self.retries += 1
            self._wait_for_turn()
            wait_s = min(_LONGEST_WAIT_S, self._first_wait_s * 2**attempt)
            wait_s *= random.uniform(0.5, 1.0)  # noqa: S311 - spreads requests, no secret
            try:
                answer = self._send(method, url, body)
            except (OSError, HTTPException) as error:
                problem = "did not answer in time" if isinstance(error, TimeoutError) else "could not be reached"
            else:
                if 200 <= answer.status < 300:
                    return answer
                if answer.status not in _LATER:
                    raise EndpointRefused(f"The endpoint answered {answer.status}.")
                problem = f"answered {answer.status}"
                asked_for = retry_after(answer.headers.get("retry-after", ""), now=time.time())
                if asked_for is not None and asked_for > _LONGEST_RETRY_AFTER_S:
                    raise EndpointUnavailable(f"The endpoint {problem} and wants {asked_for:.0f} seconds of rest.")
                wait_s = wait_s if asked_for is None else asked_for
                if answer.status == 429:
                    self._rest(wait_s)
            if attempt + 1 < self.settings.attempts and self._stop.wait(wait_s):
                raise EndpointStopped("Asked to stop.")
        raise EndpointUnavailable(f"The endpoint {problem}, {self.settings.attempts} times.")

    def _send(self, method: str, url: str, body: bytes | None) -> Answer:
        if not self.settings.base_url:
            raise EndpointNotConfigured("No endpoint is configured (SYNTHESIS_ENDPOINT).")
        try:
            addresses = check_address(url, allowed=self.settings.private_origins)
        except AddressRefused as refused:
            raise EndpointNotConfigured(f"The endpoint may not be used: {refused}") from None
        headers = {"Accept": "application/json", "User-Agent": "pixelhub-synthesis/1"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.settings.api_key:
            headers["Authorization"] = f"Bearer {self.settings.api_key}"
        with self._counting:
            self.requests += 1
        return send(
            method,
            url,
            body,
            addresses=addresses,
            headers=headers,
            limit_s=self.settings.timeout_s,
            largest_answer=_LARGEST_ANSWER,
            tls=self._tls,
        )

    def _rest(self, seconds: float) -> None:
        with self._counting:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _wait_for_turn(self) -> None:
        while not self._stop.is_set():
            with self._counting:
                left = self._not_before - time.monotonic()
            if left <= 0:
                return
            self._stop.wait(left)
        raise EndpointStopped("Asked to stop.")


def retry_after(value: str, *, now: float) -> float | None:
    """Seconds that a Retry-After header asks for (a number, or a date beside `now`); None where it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError):
        return None


def json_in(text: str) -> Any:
    """The one JSON object that a model's answer holds, out of its fences and after its reasoning.

    Raises AnswerMalformed ("no_json") where there is none.
    """
    said = text.rsplit("</think>", 1)[-1]
    start, end = said.find("{"), said.rfind("}")
    try:
        found = json.loads(said[start : end + 1]) if 0 <= start < end else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AnswerMalformed("no_json", raw=text)
    return found


def _completion(answer: Any) -> Completion:
    try:
        choice = answer["choices"][0]
        text, reason = choice["message"]["content"], choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise AnswerMalformed("no_choice", raw=json.dumps(answer)[:4000]) from None
    if not isinstance(text, str) or not text.strip():
        raise AnswerMalformed("empty_answer", raw=json.dumps(answer)[:4000])
    if reason == "length":
        raise AnswerMalformed("cut_off", "it reached the most tokens allowed", raw=text)
    return Completion(text, str(answer.get("model") or ""), str(reason or ""))
