"""Conversations from a language model: one request a row, several at once, handed on in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import Final

from . import grammar
from .asking import RESPONSE_FORMAT, conversation_in, messages_for, seed_for
from .backends import ENDPOINT, Made, Run, told_by_a_model
from .conversations import Unlike
from .endpoint import AnswerMalformed, Endpoint, EndpointRefused, EndpointSettings, json_in
from .plan import Brief, Plan, brief_of, stream

_TRIES: Final = 3
_LOOK_EVERY_S: Final = 0.25
_MAX_TOKENS: Final = 4000
# A service that refuses the very words of a request may take the next one; one that refuses all of them is told to us.
_REFUSALS_IN_A_ROW: Final = 5
_REFUSES_WORDS: Final = ("answered 400", "answered 422")

_Answered = tuple[Brief, list[dict[str, str]], str] | Made


class ModelBackend:
    """A language model behind an OpenAI-compatible endpoint."""

    name = ENDPOINT

    def __init__(self, settings: EndpointSettings, *, first_wait_s: float = 1.0) -> None:
        self._settings = settings
        self._first_wait_s = first_wait_s

    def make(self, plan: Plan, run: Run) -> Iterator[Made]:
        """As Backend.make. Raises EndpointError where the service can't be used or refuses everything."""
        stop = threading.Event()
        endpoint = Endpoint(self._settings, stop=stop, first_wait_s=self._first_wait_s)
        rules = grammar.load()
        unlike = Unlike()
        for messages in run.before:
            unlike.takes(messages)
        refused = 0
        pool = ThreadPoolExecutor(max(1, self._settings.parallel), thread_name_prefix="synthesis")
        try:
            for number, answered in self._in_order(plan, run, pool, endpoint, rules):
                if isinstance(answered, Made):
                    refused = refused + 1 if answered.reason == "refused" else 0
                    if refused >= _REFUSALS_IN_A_ROW:
                        raise EndpointRefused(f"The endpoint refused {refused} requests in a row.")
                    yield answered
                    continue
                refused = 0
                brief, messages, model = answered
                near = not unlike.takes(messages)
                yield Made(
                    number, told_by_a_model(brief, messages, plan, backend=self.name, model=model, near_copy=near)
                )
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _in_order(
        self, plan: Plan, run: Run, pool: ThreadPoolExecutor, endpoint: Endpoint, rules: grammar.Grammar
    ) -> Iterator[tuple[int, _Answered]]:
        waiting: deque[tuple[int, Future[_Answered]]] = deque()
        following = run.start
        while waiting or following < plan.count:
            while following < plan.count and len(waiting) < 2 * max(1, self._settings.parallel):
                waiting.append((following, pool.submit(_one, plan, following, endpoint, rules)))
                following += 1
            number, first = waiting[0]
            while True:
                run.beat()
                try:
                    answered = first.result(timeout=_LOOK_EVERY_S)
                except NotYet:
                    if first.done():
                        raise
                else:
                    break
            waiting.popleft()
            yield number, answered


def _one(plan: Plan, number: int, endpoint: Endpoint, rules: grammar.Grammar) -> _Answered:
    brief = brief_of(plan, number, stream(plan, number, 0), rules)
    problem = AnswerMalformed("no_answer")
    for attempt in range(_TRIES):
        try:
            answer = endpoint.chat(
                messages_for(brief),
                seed=seed_for(plan, number, attempt),
                max_tokens=_MAX_TOKENS,
                response_format=RESPONSE_FORMAT,
            )
            found = conversation_in(json_in(answer.text), brief, answer.text)
        except AnswerMalformed as malformed:
            problem = malformed
        except EndpointRefused as refusal:
            if not any(status in str(refusal) for status in _REFUSES_WORDS):
                raise
            return Made(number, None, "refused", str(refusal))
        else:
            return brief, found, answer.model
    return Made(number, None, problem.reason, problem.detail, problem.raw)
