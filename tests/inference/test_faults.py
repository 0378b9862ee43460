"""A fault at every step of an answer: it degrades or is refused with a time to come back, and never reads "no crisis".

`FAULTS` is the table. A step of the service that it does not name makes `test_every_step_has_a_fault` fail: give the
step a fault, or say in `CANNOT_FAIL` why it has none.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from inference.asgi import ScoringApplication
from inference.models import Deployment
from inference.serving import handlers, reading, registry
from inference.serving.registry import Registry
from inference.serving.service import ScoringService
from tests.inference import faults
from tests.inference.conftest import user_says
from tests.inference.deployed import deploy
from tests.inference.faults import Stage
from tests.personas import World

CRISIS_WORDS = "I am going to kill myself tonight, the pills are in front of me."
CALM_WORDS = "calm"
DEGRADED, ANSWERS, REFUSED = "degraded", "the model still answers", "refused with Retry-After"


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
        Fault(faults.model_raises, DEGRADED, "model_failed", ("self.batcher.submit",)),
        Fault(faults.model_is_slow, DEGRADED, "model_slow"),
        Fault(faults.model_says_nothing_finite, DEGRADED, "model_failed"),
        Fault(faults.model_says_another_shape, DEGRADED, "model_failed"),
        Fault(faults.model_answers_too_few, DEGRADED, "model_failed"),
        Fault(faults.tokenizer_raises, DEGRADED, "model_failed", ("session.encode",)),
        Fault(faults.rendering_raises, DEGRADED, "model_failed", ("scoring.rendered",)),
        Fault(faults.rules_raise, DEGRADED, "rules_failed", ("self._finding", "scoring.finding_of")),
        Fault(faults.rules_hang_on_long_text, DEGRADED, "rules_failed", ("asyncio.to_thread", "asyncio.wait_for")),
        Fault(faults.rules_and_model_raise, DEGRADED, "model_failed, rules_failed"),
        Fault(faults.estimates_raise, ANSWERS),
        Fault(faults.decision_raises, REFUSED, "unavailable", ("scoring.scored_of",)),
        Fault(faults.counting_raises, ANSWERS, steps=("counting.answered",)),
        Fault(faults.row_raises, REFUSED, "unavailable", ("scoring.row_of",)),
        Fault(faults.answer_raises, REFUSED, "unavailable", ("scoring.answer",)),
        Fault(faults.registry_raises, REFUSED, "unavailable", ("self.registry.served",)),
        Fault(faults.lanes_are_gone, DEGRADED, "model_slow"),
        Fault(
            faults.queue_is_full,
            REFUSED,
            "overloaded",
            ("service.score", "self._answer", "self._scored", "self._predict", "_overloaded"),
        ),
        Fault(faults.wait_is_unknown, DEGRADED, "model_failed", ("self.batcher.estimated_wait",)),
        Fault(faults.database_raises, ANSWERS, "", ("admit", "self._log")),
        Fault(faults.database_hangs, ANSWERS),
        Fault(faults.key_is_not_known_yet, REFUSED, "unavailable"),
        Fault(faults.limits_raise, ANSWERS, "", ("spend",)),
        Fault(faults.log_is_full, REFUSED, "backlog"),
        Fault(faults.log_raises, REFUSED, "unavailable", ("self.writer.write_durably", "self.writer.add")),
        Fault(faults.kept_answers_raise, REFUSED, "unavailable", ("service.answers.once", "once.answer", "once.named")),
        Fault(faults.cache_is_unreachable, ANSWERS),
        Fault(faults.cache_raises, DEGRADED, "model_failed", ("self.cache.get",)),
        Fault(faults.cache_can_not_store, DEGRADED, "model_failed", ("self.cache.put",)),
        Fault(faults.cache_says_nonsense, DEGRADED, "model_failed", ("session.decided",)),
        Fault(faults.connection_can_not_be_watched, DEGRADED, "model_failed", ("unless_gone",)),
        Fault(faults.event_loop_is_blocked, ANSWERS),
        loading(faults.card_is_missing, "refused: card: the model card is missing", "_check_card"),
        loading(faults.card_is_another, "refused: card: the model card is not the one that was signed"),
        loading(faults.sign_off_is_voided, "refused: voided"),
        loading(faults.sign_off_is_altered_while_serving, "refused: signature", "verify_signoff", "_check_subject"),
        loading(faults.deployment_is_retired, "no_deployment"),
        loading(faults.public_key_is_missing, "unreachable: KeyMissing", "settings.SIGNING_PUBLIC_KEY_FILE.exists"),
        loading(faults.public_key_is_unreadable, "unreachable: ", "public_key_from"),
        loading(faults.store_raises, "unreachable: ConnectionError", "get_store"),
        loading(faults.session_can_not_be_made, "unreachable: MemoryError", "ModelSession"),
        loading(faults.warm_up_raises, "unreachable: RuntimeError", "session.warm_up"),
        loading(faults.refusal_can_not_be_noted, "refused: voided", "deployment_refusal_record", "_refused"),
        loading(faults.ledger_raises, "", outcome=ANSWERS),
    )
}
for _name in ("model.onnx", "tokenizer.json", "head.safetensors", "bundle.json"):
    _reason = f"refused: {_name}:"
    _steps = ("read_bundle", "read_signed_bundle")
    FAULTS[f"{_name} altered"] = loading(faults.file_altered(_name), _reason, *_steps)
    FAULTS[f"{_name} missing"] = loading(faults.file_missing(_name), _reason)

#: Steps without a fault of their own, and why.
CANNOT_FAIL = {
    "scoring.why_no_model": "compares what it is given",
    "self.registry.refresh": "see the faults of what is loaded",
    "read_json_body": "what clients send: tests/inference/test_bad_input.py",
    "parse_request": "what clients send: tests/inference/test_bad_input.py",
    "document.get": "looks into what was just verified",
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
