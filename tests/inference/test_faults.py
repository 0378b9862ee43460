"""A fault at every step of an answer: it degrades or is refused with a time to come back, and never reads "no crisis".

`FAULTS` is the table. A step of the service that it does not name makes `test_every_step_has_a_fault` fail: give the
step a fault, or say in `CANNOT_FAIL` why it has none.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import OperationalError

from inference.asgi import ScoringApplication
from inference.engine.errors import QueueFull
from inference.engine.session import Encoded, ModelSession, Prediction
from inference.models import Deployment
from inference.serving import handlers, keys, limits, reading, registry, scoring, writer
from inference.serving.cache import PredictionCache
from inference.serving.registry import Registry
from inference.serving.service import ScoringService
from pixelhub.objects import get_store
from tests.inference.conftest import user_says
from tests.inference.deployed import deploy, flip
from tests.personas import World
from training_app.models import ModelVersion, VersionState

CRISIS_WORDS = "I am going to kill myself tonight, the pills are in front of me."
CALM_WORDS = "calm"
DEGRADED, ANSWERS, REFUSED = "degraded", "the model still answers", "refused with Retry-After"


@dataclass
class Stage:
    """What a fault may break."""

    service: ScoringService
    models: Registry
    world: World
    patch: pytest.MonkeyPatch
    deployment: Deployment
    headers: dict[str, str] = field(default_factory=dict)
    #: What hangs goes on, and fails, when this is set.
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def session(self) -> ModelSession:
        served = self.models.served(self.world.project.pk)
        assert served and served.session
        return served.session

    def session_does(self, run: Callable[[Sequence[Encoded]], list[Prediction]]) -> None:
        self.session.run = run  # type: ignore[method-assign]


def raises(error: Exception) -> Callable[..., Any]:
    def act(*_: object, **__: object) -> None:
        raise error

    return act


# --- faults of a running service ---


def model_raises(stage: Stage) -> None:
    stage.session_does(raises(RuntimeError("out of memory")))


def model_is_slow(stage: Stage) -> None:
    stage.service.batcher._deadline_s = 0.05
    run = stage.session.run

    def slow(batch: Sequence[Encoded]) -> list[Prediction]:
        time.sleep(0.2)
        return run(batch)

    stage.session_does(slow)


def model_says_nothing_finite(stage: Stage) -> None:
    import numpy as np

    nothing = np.full((1, 7), np.nan, dtype=np.float32), np.zeros((1, 5), dtype=np.float32)
    stage.patch.setattr(stage.session._runtime, "logits", lambda *_: nothing)


def model_says_another_shape(stage: Stage) -> None:
    import numpy as np

    nothing = np.zeros((1, 3), dtype=np.float32), np.zeros((1, 5), dtype=np.float32)
    stage.patch.setattr(stage.session._runtime, "logits", lambda *_: nothing)


def model_answers_too_few(stage: Stage) -> None:
    stage.session_does(lambda batch: [])


def tokenizer_raises(stage: Stage) -> None:
    stage.patch.setattr(stage.session, "encode", raises(OverflowError("tokenizer")))


def rendering_raises(stage: Stage) -> None:
    stage.patch.setattr(scoring, "render_conversation", raises(KeyError("role")))


def rules_raise(stage: Stage) -> None:
    stage.patch.setattr(scoring, "find", raises(RecursionError()))


def rules_hang_on_long_text(stage: Stage) -> None:
    stage.patch.setattr("inference.serving.service.DEADLINE_S", 0.05)
    stage.patch.setattr("inference.serving.service._LONG_TEXT", 0)
    stage.patch.setattr(scoring, "find", lambda messages: time.sleep(0.3))


def rules_and_model_raise(stage: Stage) -> None:
    rules_raise(stage)
    model_raises(stage)


def estimates_raise(stage: Stage) -> None:
    stage.patch.setattr(scoring, "understand", raises(ZeroDivisionError()))


def decision_raises(stage: Stage) -> None:
    stage.patch.setattr(scoring, "decide", raises(AssertionError()))


def row_raises(stage: Stage) -> None:
    stage.patch.setattr(scoring, "ScoreLog", raises(ValueError()))


def answer_raises(stage: Stage) -> None:
    stage.patch.setattr(scoring, "answer_of", raises(KeyError()))


def registry_raises(stage: Stage) -> None:
    stage.patch.setattr(stage.models, "served", raises(RuntimeError()))


def lanes_are_gone(stage: Stage) -> None:
    for lane in stage.service.batcher._lanes:
        assert lane.task
        lane.task.cancel()
    stage.service.batcher._deadline_s = 0.05


def queue_is_full(stage: Stage) -> None:
    stage.patch.setattr(stage.service.batcher, "submit", raises(QueueFull(2.0)))


def wait_is_unknown(stage: Stage) -> None:
    stage.patch.setattr(stage.service.batcher, "estimated_wait", raises(ZeroDivisionError()))


def database_raises(stage: Stage) -> None:
    stage.patch.setattr(writer, "DURABLE_WAIT_S", 0.05)
    stage.patch.setattr(keys, "CACHE_S", 0.0)
    stage.patch.setattr(stage.service.database, "run", raises(OperationalError("server closed the connection")))


def database_hangs(stage: Stage) -> None:
    stage.patch.setattr(writer, "DURABLE_WAIT_S", 0.05)
    stage.patch.setattr(keys, "CACHE_S", 0.0)
    stage.patch.setattr(keys, "LOOK_UP_S", 0.05)
    stage.patch.setattr(limits, "_LEASE_WAIT_S", 0.05)

    async def hang(*_: object) -> None:
        await stage.released.wait()
        raise OperationalError("server closed the connection")

    stage.patch.setattr(stage.service.database, "run", hang)


def key_is_not_known_yet(stage: Stage) -> None:
    stage.service.keys._entries.clear()
    database_raises(stage)


def limits_raise(stage: Stage) -> None:
    stage.patch.setattr(stage.service.limiter, "spend", raises(OperationalError("locked")))


def log_is_full(stage: Stage) -> None:
    stage.patch.setattr(writer, "MAX_WAITING", 0)


def log_raises(stage: Stage) -> None:
    stage.patch.setattr(stage.service.writer, "write_durably", raises(OSError("no space left on device")))
    stage.patch.setattr(stage.service.writer, "add", raises(OSError("no space left on device")))


def kept_answers_raise(stage: Stage) -> None:
    stage.headers["idempotency-key"] = "case-7"
    stage.patch.setattr(stage.service.answers, "once", raises(OperationalError("locked")))


def cache_is_unreachable(stage: Stage) -> None:
    stage.service.cache = PredictionCache("redis://127.0.0.1:1/0", seconds=60, secret="s")


def cache_raises(stage: Stage) -> None:
    cache_is_unreachable(stage)
    assert stage.service.cache
    stage.patch.setattr(stage.service.cache, "get", raises(RuntimeError()))


def cache_can_not_store(stage: Stage) -> None:
    cache_is_unreachable(stage)
    assert stage.service.cache
    stage.patch.setattr(stage.service.cache, "put", raises(RuntimeError()))


def cache_says_nonsense(stage: Stage) -> None:
    cache_is_unreachable(stage)

    async def nonsense(*_: object, **__: object) -> Any:
        return (0.1,), 1

    assert stage.service.cache
    stage.patch.setattr(stage.service.cache, "get", nonsense)


def connection_can_not_be_watched(stage: Stage) -> None:
    stage.patch.setattr("inference.serving.service._WATCH_FROM_S", -1)
    stage.patch.setattr("inference.serving.service.unless_gone", raises(RuntimeError()))


def event_loop_is_blocked(stage: Stage) -> None:
    stage.service.batcher._deadline_s = 0.05
    rendered = scoring.rendered

    def blocking(*arguments: Any) -> str:
        asyncio.get_running_loop().call_soon(time.sleep, 0.2)
        return rendered(*arguments)

    stage.patch.setattr(scoring, "rendered", blocking)


# --- faults of what is loaded: the ledger is looked at again after them ---


def _again(stage: Stage) -> None:
    """The deployment leaves and comes back, as after a restart."""
    stage.models._served.clear()


def _file_altered(name: str) -> Callable[[Stage], None]:
    def act(stage: Stage) -> None:
        flip(stage.deployment.model_version, name)
        _again(stage)

    return act


def _file_missing(name: str) -> Callable[[Stage], None]:
    def act(stage: Stage) -> None:
        get_store().delete(f"{stage.deployment.model_version.object_prefix}{name}")
        _again(stage)

    return act


def card_is_missing(stage: Stage) -> None:
    get_store().delete(stage.deployment.model_version.card_key)
    _again(stage)


def card_is_another(stage: Stage) -> None:
    from tests.inference.deployed import sign

    envelope = sign(stage.deployment.model_version, stage.world.user("clinical_lead"), card_sha256="0" * 64)
    Deployment.objects.filter(pk=stage.deployment.pk).update(signoff=envelope)


def sign_off_is_voided(stage: Stage) -> None:
    ModelVersion.objects.filter(pk=stage.deployment.model_version_id).update(state=VersionState.REJECTED)


def sign_off_is_altered_while_serving(stage: Stage) -> None:
    envelope = {**stage.deployment.signoff, "document": {**stage.deployment.signoff["document"], "reason": "!"}}
    Deployment.objects.filter(pk=stage.deployment.pk).update(signoff=envelope)


def deployment_is_retired(stage: Stage) -> None:
    Deployment.objects.filter(pk=stage.deployment.pk).update(retired_at=stage.deployment.activated_at)


def public_key_is_missing(stage: Stage) -> None:
    settings.SIGNING_PUBLIC_KEY_FILE.unlink()
    _again(stage)


def public_key_is_unreadable(stage: Stage) -> None:
    settings.SIGNING_PUBLIC_KEY_FILE.write_bytes(b"no key")
    _again(stage)


def store_raises(stage: Stage) -> None:
    stage.patch.setattr(reading, "get_store", raises(ConnectionError("store")))
    _again(stage)


def session_can_not_be_made(stage: Stage) -> None:
    stage.patch.setattr(registry, "ModelSession", raises(MemoryError()))
    _again(stage)


def warm_up_raises(stage: Stage) -> None:
    stage.patch.setattr(ModelSession, "warm_up", raises(RuntimeError()))
    _again(stage)


def refusal_can_not_be_noted(stage: Stage) -> None:
    stage.patch.setattr(registry, "deployment_refusal_record", raises(OperationalError("locked")))
    sign_off_is_voided(stage)


def ledger_raises(stage: Stage) -> None:
    def rows() -> Iterator[Deployment]:
        yield stage.deployment
        raise OperationalError("server closed the connection")

    away = SimpleNamespace(select_related=lambda *_: rows())
    stage.patch.setattr(registry, "Deployment", SimpleNamespace(objects=SimpleNamespace(filter=lambda **_: away)))


@dataclass(frozen=True)
class Fault:
    """`steps` are the calls that it breaks, as the source names them."""

    break_it: Callable[[Stage], None]
    outcome: str
    reason: str = ""
    steps: tuple[str, ...] = ()
    reload: bool = False

    @property
    def name(self) -> str:
        return self.break_it.__name__


def loading(break_it: Callable[[Stage], None], reason: str, *steps: str, outcome: str = DEGRADED) -> Fault:
    return Fault(break_it, outcome, reason, steps, reload=True)


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault(model_raises, DEGRADED, "model_failed", ("self.batcher.submit",)),
        Fault(model_is_slow, DEGRADED, "model_slow"),
        Fault(model_says_nothing_finite, DEGRADED, "model_failed"),
        Fault(model_says_another_shape, DEGRADED, "model_failed"),
        Fault(model_answers_too_few, DEGRADED, "model_failed"),
        Fault(tokenizer_raises, DEGRADED, "model_failed", ("session.encode",)),
        Fault(rendering_raises, DEGRADED, "model_failed", ("scoring.rendered",)),
        Fault(rules_raise, DEGRADED, "rules_failed", ("self._finding", "scoring.finding_of")),
        Fault(rules_hang_on_long_text, DEGRADED, "rules_failed", ("asyncio.to_thread", "asyncio.wait_for")),
        Fault(rules_and_model_raise, DEGRADED, "model_failed, rules_failed"),
        Fault(estimates_raise, ANSWERS),
        Fault(decision_raises, REFUSED, "unavailable", ("scoring.scored_of",)),
        Fault(row_raises, REFUSED, "unavailable", ("scoring.row_of",)),
        Fault(answer_raises, REFUSED, "unavailable", ("scoring.answer",)),
        Fault(registry_raises, REFUSED, "unavailable", ("self.registry.served",)),
        Fault(lanes_are_gone, DEGRADED, "model_slow"),
        Fault(
            queue_is_full,
            REFUSED,
            "overloaded",
            ("service.score", "self._answer", "self._scored", "self._predict", "_overloaded"),
        ),
        Fault(wait_is_unknown, DEGRADED, "model_failed", ("self.batcher.estimated_wait",)),
        Fault(database_raises, ANSWERS, "", ("admit", "self._log")),
        Fault(database_hangs, ANSWERS),
        Fault(key_is_not_known_yet, REFUSED, "unavailable"),
        Fault(limits_raise, ANSWERS, "", ("spend",)),
        Fault(log_is_full, REFUSED, "backlog"),
        Fault(log_raises, REFUSED, "unavailable", ("self.writer.write_durably", "self.writer.add")),
        Fault(kept_answers_raise, REFUSED, "unavailable", ("service.answers.once", "once.answer", "once.named")),
        Fault(cache_is_unreachable, ANSWERS),
        Fault(cache_raises, DEGRADED, "model_failed", ("self.cache.get",)),
        Fault(cache_can_not_store, DEGRADED, "model_failed", ("self.cache.put",)),
        Fault(cache_says_nonsense, DEGRADED, "model_failed", ("session.decided",)),
        Fault(connection_can_not_be_watched, DEGRADED, "model_failed", ("unless_gone",)),
        Fault(event_loop_is_blocked, ANSWERS),
        loading(card_is_missing, "refused: card: the model card is missing", "_check_card"),
        loading(card_is_another, "refused: card: the model card is not the one that was signed"),
        loading(sign_off_is_voided, "refused: voided"),
        loading(sign_off_is_altered_while_serving, "refused: signature", "verify_signoff", "_check_subject"),
        loading(deployment_is_retired, "no_deployment"),
        loading(public_key_is_missing, "unreachable: KeyMissing", "settings.SIGNING_PUBLIC_KEY_FILE.exists"),
        loading(public_key_is_unreadable, "unreachable: ", "public_key_from"),
        loading(store_raises, "unreachable: ConnectionError", "get_store"),
        loading(session_can_not_be_made, "unreachable: MemoryError", "ModelSession"),
        loading(warm_up_raises, "unreachable: RuntimeError", "session.warm_up"),
        loading(refusal_can_not_be_noted, "refused: voided", "deployment_refusal_record"),
        loading(ledger_raises, "", outcome=ANSWERS),
    )
}
for _name in ("model.onnx", "tokenizer.json", "head.safetensors", "bundle.json"):
    _reason = f"refused: {_name}:"
    _steps = ("read_bundle", "read_signed_bundle")
    FAULTS[f"{_name} altered"] = loading(_file_altered(_name), _reason, *_steps)
    FAULTS[f"{_name} missing"] = loading(_file_missing(_name), _reason)

#: Steps without a fault of their own, and why.
CANNOT_FAIL = {
    "scoring.why_no_model": "compares what it is given",
    "self.registry.refresh": "see the faults of what is loaded",
    "read_json_body": "what clients send: tests/inference/test_bad_input.py",
    "parse_request": "what clients send: tests/inference/test_bad_input.py",
    "count_conversations": "adds a number to the request's scope",
    "answer": "the handler's own function around service.score",
    "send_json": "the answer is made by then; a client that left gets nothing",
    "send_made": "the answer is made by then; a client that left gets nothing",
}
#: Functions whose calls are the steps of an answer, and of what it needs to be loaded.
STEPS_OF = (
    handlers.score,
    ScoringService.score,
    ScoringService.score_turn,
    ScoringService._answer,
    ScoringService._scored,
    ScoringService._predict,
    ScoringService._finding,
    ScoringService._log,
    registry._load,
    reading.read_signed_bundle,
)
_PLAIN = ("logger.", "time.", "Problem.", "contextlib.", "str", "len", "sum", "type", "Served", "KeyMissing", "Signoff")


def steps_of(function: Any) -> set[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {call for call in calls if not call.startswith(_PLAIN)}


def test_every_step_has_a_fault() -> None:
    steps = set().union(*(steps_of(function) for function in STEPS_OF))
    covered = {step for fault in FAULTS.values() for step in fault.steps} | CANNOT_FAIL.keys()
    assert sorted(steps - covered) == [], "a step without a fault: add one to FAULTS"


@pytest.fixture
def deployed(world: World) -> Deployment:
    return deploy(world)


@pytest.mark.parametrize("name", FAULTS)
async def test_no_fault_reads_as_no_crisis(
    name: str,
    world: World,
    deployed: Deployment,
    application: ScoringApplication,
    models: Registry,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault = FAULTS[name]
    service = await application.startup(will_be_stopped=True)
    assert (await client.post("/infer", json=user_says(CALM_WORDS))).json()["verdict"] == "no_crisis"
    stage = Stage(service, models, world, monkeypatch, deployed)
    if fault.reload:
        await asyncio.to_thread(fault.break_it, stage)
        await service.database.run(models.refresh)
    else:
        fault.break_it(stage)
    crisis = await client.post("/infer", json=user_says(CRISIS_WORDS), headers=stage.headers)
    calm = await client.post("/infer", json=user_says(CALM_WORDS), headers=stage.headers)
    monkeypatch.undo()
    stage.released.set()
    if fault.outcome == REFUSED:
        for response in (crisis, calm):
            assert response.status_code == 503
            assert response.json()["code"] == fault.reason
            assert int(response.headers["retry-after"]) >= 1
        return
    assert (crisis.status_code, calm.status_code) == (200, 200)
    expected = "unknown" if fault.reason == "model_failed, rules_failed" else "crisis"
    assert crisis.json()["verdict"] == expected
    for answer in (crisis.json(), calm.json()):
        if fault.outcome == DEGRADED:
            assert answer["degraded"] is True
            assert (answer["reason"] or "").startswith(fault.reason), answer["reason"]
        if answer["degraded"]:
            assert (answer["verdict"], answer["crisis"]) in (("crisis", True), ("unknown", None))
            assert answer["alert_level"] != "none"
            assert answer["recommended_actions"]
        else:
            assert answer["model_score"] is not None
            assert answer["risk"] is not None
