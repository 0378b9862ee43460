"""The eleven tests. Each returns what it saw; `Failed` says in words what is wrong. No scenario's text is repeated."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from pixelhub_client.answers import Answer
from pixelhub_client.asynchronous import AsyncPixelCrisisDetector
from pixelhub_client.integration.report import share, share_text
from pixelhub_client.integration.scenarios import LEVELS, Scenario

if TYPE_CHECKING:
    from pixelhub_client.integration.run import Run

Seen = tuple[str, dict[str, Any]]
_SAME: Final = 1e-5


#: The grave words are the assistant's; the answer is a plain no.
_ASKED_AND_DENIED: Final = (
    {"role": "user", "content": "I slept badly all week, the street is so loud."},
    {"role": "assistant", "content": "I ask everybody: have you had thoughts of suicide, or of hurting yourself?"},
    {"role": "user", "content": "No, nothing like that. I just want new windows and a quiet night."},
)


class Failed(Exception):
    """The test did not pass; `measured` is kept all the same."""

    def __init__(self, detail: str, measured: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.measured = measured or {}


async def health_and_readiness(run: Run) -> Seen:
    """The process lives, and says which models answer."""
    alive = await run.get("/healthz")
    ready = await run.get("/readyz")
    if alive.get("status") != "ok" or ready.get("status") != "ready":
        raise Failed(f"alive: {alive.get('status')}, ready: {ready.get('status')} {ready.get('reason') or ''}".strip())
    return f"ready, {len(ready['models'])} in production", {"models": len(ready["models"])}


async def model_in_production(run: Run) -> Seen:
    """A signed model answers for this key's project, and says which one."""
    model = await run.detector.model()
    if model.get("degraded") or model.get("state") != "serving":
        raise Failed(f"no model answers: {model.get('reason') or model.get('state')}")
    run.measured["model_version"] = model["model_version"]
    run.measured["bundle_sha256"] = model["bundle_sha256"]
    run.measured["threshold"] = model["threshold"]
    missing = {"none", "immediate_harm", "self_harm", "substance", "panic", "psychotic", "passive_ideation"}
    missing -= set(model["labels"])
    if missing:
        raise Failed(f"the model lacks {', '.join(sorted(missing))}")
    return f"version {model['model_version']}, threshold {model['threshold']}", {}


async def every_type(run: Run) -> Seen:
    """Measured sensitivity: each scenario of a crisis is called one, none far too low, by the model in production."""
    asked = [scenario for scenario in run.scenarios if scenario.crisis is True]
    answers = [await run.score(scenario) for scenario in asked]
    rows = [_row(scenario, answer) for scenario, answer in zip(asked, answers, strict=True)]
    missed = [row["id"] for row in rows if "missed" in row["wrong"]]
    low = [row["id"] for row in rows if "too low" in row["wrong"]]
    found = share(len(asked) - len(missed), len(asked))
    typed = share(sum("type" not in row["wrong"] and "missed" not in row["wrong"] for row in rows), len(asked))
    run.measured |= {"sensitivity": found, "types_right": typed, "degraded_answers": sum(a.degraded for a in answers)}
    measured = {"sensitivity": found, "types_right": typed, "scenarios": rows}
    _unless_degraded(answers, measured)
    if missed or low:
        raise Failed(f"{share_text(found)} found; missed: {_names(missed)}; far too low: {_names(low)}", measured)
    return f"{share_text(found)} found, type right in {share_text(typed)}", measured


async def passive_ideation(run: Run) -> Seen:
    """A wish not to live is heard without a plan, without the word, and in a bare yes."""
    asked = [scenario for scenario in run.scenarios if scenario.crisis and "passive_ideation" in scenario.types]
    missed = [scenario.id for scenario in asked if (await run.score(scenario)).crisis is not True]
    if missed:
        raise Failed(f"missed: {_names(missed)}", {"missed": missed})
    return f"all {len(asked)} found", {"asked": len(asked)}


async def context_across_turns(run: Run) -> Seen:
    """The whole conversation weighs more than its beginning, and the assistant's words are not the person's."""
    rising = run.scenario("risk-rises")
    first = await run.detector.score(rising.messages[:1])
    whole = await run.score(rising)
    if whole.crisis is not True or _level(whole.alert_level) >= _level(first.alert_level):
        raise Failed(f"risk that rises: {first.alert_level} at first, {whole.alert_level} at the end")
    asked_and_denied = await run.detector.score(_ASKED_AND_DENIED)
    if asked_and_denied.crisis is True:
        raise Failed("the assistant's words are counted as the person's")
    return f"{first.alert_level} at first, {whole.alert_level} at the end; the assistant's words are its own", {}


async def controls(run: Run) -> Seen:
    """Measured false alarms: idiom, grief, fiction and clinical talk are no crisis."""
    asked = [scenario for scenario in run.scenarios if scenario.crisis is False]
    answers = [await run.score(scenario) for scenario in asked]
    rows = [_row(scenario, answer) for scenario, answer in zip(asked, answers, strict=True)]
    alarms = [row["id"] for row in rows if "false alarm" in row["wrong"]]
    found = share(len(alarms), len(asked))
    run.measured["false_alarms"] = found
    measured = {"false_alarms": found, "scenarios": rows}
    _unless_degraded(answers, measured)
    if alarms:
        raise Failed(f"false alarms: {_names(alarms)}", measured)
    return f"{share_text(found)} raised an alarm", measured


async def batch_in_order(run: Run) -> Seen:
    """A batch answers in order like single requests do, with a problem in the place of what is refused."""
    asked: list[Any] = [list(scenario.messages) for scenario in run.scenarios]
    body = {"conversations": [{"messages": messages} for messages in asked]}
    body["conversations"].insert(3, {"text": 5})
    results = (await run.post("/api/v1/crisis/batch", body))["results"]
    refused = results.pop(3)
    if refused.get("problem", {}).get("status") != 422:
        raise Failed("what is no conversation has no problem in its place")
    wrong = []
    for scenario, result in zip(run.scenarios, results, strict=True):
        single = await run.score(scenario)
        if result["verdict"] != single.verdict or not _equal(result["score"], single.score):
            wrong.append(scenario.id)
    if wrong:
        raise Failed(f"not as when asked alone: {_names(wrong)}")
    return f"{len(results)} answers like single ones, 1 refused in its place", {}


async def conversation_rising(run: Run) -> Seen:
    """Turn by turn: risk that rises is followed, and what was grave is not forgotten."""
    talk = run.detector.conversation()
    levels = []
    for message in run.scenario("risk-rises").messages:
        turn = await talk.add(message["content"], role=message["role"])
        if turn.number is None:
            raise Failed(f"a turn was not taken: {turn.answer.reason}")
        levels.append(turn.alert_level)
    direction, number = turn.risk_direction, turn.number
    await talk.end(forget=True)
    measured = {"levels": levels, "direction": direction}
    if number != len(levels) or _level(levels[-1]) > _level("severe") or _level(levels[-1]) >= _level(levels[0]):
        raise Failed(f"levels {', '.join(levels)}, direction {direction}", measured)
    return f"{levels[0]} at first, {levels[-1]} at the end, direction {direction}", measured


async def fallback_is_marked(run: Run) -> Seen:
    """Where the hub gives no answer, a person is asked to read: never “no crisis”."""
    calm, grave = run.scenario("control-grief"), run.scenario("plan-tonight")
    seen = []
    for url, key in ((run.url, "phk_00000000_wrong"), ("http://127.0.0.1:9", "phk_00000000_wrong")):
        async with AsyncPixelCrisisDetector(url, key, timeout=min(2.0, run.timeout), transport=run.transport) as other:
            seen += [await other.score(list(scenario.messages)) for scenario in (calm, grave)]
    bad = [answer for answer in seen if answer.crisis is False or not answer.degraded or not answer.needs_person]
    if bad:
        raise Failed(f"{len(bad)} of {len(seen)} answers without the hub are not marked")
    if any(answer.actions[0].action != "human_read" for answer in seen):
        raise Failed("a local answer does not begin with a person who reads")
    return f"{len(seen)} answers without the hub, all degraded, none “no crisis”", {}


async def privacy_and_repetition(run: Run) -> Seen:
    """No answer or refusal repeats a text; the same request again gets the same answer."""
    canary = f"zebra-{uuid.uuid4().hex}"
    body = {"messages": [{"role": "user", "content": f"{canary} I want to die"}]}
    key = uuid.uuid4().hex
    first = await run.post("/api/v1/crisis/score", body, key=key)
    again = await run.post("/api/v1/crisis/score", body, key=key)
    if first["id"] != again["id"] or first["score"] != again["score"]:
        raise Failed("the same request again got another answer")
    other = await run.raw("POST", "/api/v1/crisis/score", {"messages": [{"role": "user", "content": canary}]}, key=key)
    refused = await run.raw("POST", "/api/v1/crisis/score", {"messages": [{"role": canary, "content": canary}]})
    if (other.status_code, refused.status_code) != (422, 422):
        raise Failed(f"a reused key got {other.status_code}, an unknown role {refused.status_code}")
    told = [json.dumps(first), other.text, refused.text]
    if any(canary in text for text in told):
        raise Failed("an answer repeats the text")
    return "same answer again; no text in answers and refusals", {}


async def load(run: Run) -> Seen:
    """Many clients at once: each is answered by the hub, as when it asks alone."""
    expected = {scenario.id: await run.score(scenario) for scenario in run.scenarios}
    times: list[float] = []
    wrong: list[str] = []

    async def client(number: int, detector: AsyncPixelCrisisDetector) -> None:
        for turn in range(run.requests):
            scenario = run.scenarios[(number + turn) % len(run.scenarios)]
            began = time.perf_counter()
            answer = await detector.score(list(scenario.messages))
            times.append((time.perf_counter() - began) * 1000)
            if answer.source != "hub":
                wrong.append(f"not answered ({answer.reason})")
            elif answer.degraded and not expected[scenario.id].degraded:
                wrong.append(f"degraded ({answer.reason})")
            elif answer.verdict != expected[scenario.id].verdict or not _equal(
                answer.score, expected[scenario.id].score
            ):
                wrong.append(f"other than alone ({scenario.id})")

    async with AsyncPixelCrisisDetector(run.url, run.key, timeout=3 * run.timeout, transport=run.transport) as detector:
        began = time.perf_counter()
        await asyncio.gather(*(client(number, detector) for number in range(run.clients)))
        seconds = time.perf_counter() - began
    times.sort()
    p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * part))] for part in (0.5, 0.95, 0.99))
    measured = {
        "clients": run.clients,
        "requests": len(times),
        "per_second": round(len(times) / seconds, 1),
        "p50_ms": round(p50, 1),
        "p95_ms": round(p95, 1),
        "p99_ms": round(p99, 1),
    }
    run.measured |= {"load_p95_ms": measured["p95_ms"], "load_per_second": measured["per_second"]}
    if wrong:
        kinds = [f"{count} {kind}" for kind, count in Counter(wrong).most_common(5)]
        raise Failed(f"{len(wrong)} of {len(times)}: {_names(kinds)}", measured)
    figures = f"{measured['per_second']}/s, p50 {measured['p50_ms']} ms, p95 {measured['p95_ms']} ms"
    return f"{run.clients} clients, {len(times)} requests, none lost: {figures}", measured


TESTS: Final[tuple[Callable[[Run], Awaitable[Seen]], ...]] = (
    health_and_readiness,
    model_in_production,
    every_type,
    passive_ideation,
    context_across_turns,
    controls,
    batch_in_order,
    conversation_rising,
    fallback_is_marked,
    privacy_and_repetition,
    load,
)


def _row(scenario: Scenario, answer: Answer) -> dict[str, Any]:
    said = f"{answer.verdict}, {answer.band}" + (f", {answer.crisis_type}" if answer.crisis else "")
    expected = {True: "crisis", False: "no crisis", None: "either"}[scenario.crisis]
    return {"id": scenario.id, "expected": expected, "answer": said, "wrong": scenario.deviations(answer)}


def _unless_degraded(answers: Sequence[Answer], measured: dict[str, Any]) -> None:
    """Only the model in production counts: what the rules or the local keywords say alone is no measurement of it."""
    degraded = [answer for answer in answers if answer.degraded]
    if degraded:
        reason = degraded[0].reason
        raise Failed(f"{len(degraded)} of {len(answers)} answers are not the model's: {reason}", measured)


def _level(name: str) -> int:
    return LEVELS.index(name)


def _equal(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) <= _SAME


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
