"""What may break at each step of an answer; `tests/inference/test_faults.py` says what has to come of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.db import OperationalError

from inference.engine.errors import QueueFull
from inference.engine.session import Encoded, ModelSession, Prediction
from inference.models import Deployment
from inference.serving import counting, keys, limits, reading, registry, scoring, writer
from inference.serving.cache import PredictionCache
from inference.serving.registry import Registry
from inference.serving.service import ScoringService
from pixelhub.objects import get_store
from tests.inference.deployed import flip, sign
from tests.personas import World
from training_app.models import ModelVersion, VersionState


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
    nothing = np.full((1, 7), np.nan, dtype=np.float32), np.zeros((1, 5), dtype=np.float32)
    stage.patch.setattr(stage.session._runtime, "logits", lambda *_: nothing)


def model_says_another_shape(stage: Stage) -> None:
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


def counting_raises(stage: Stage) -> None:
    stage.patch.setattr(counting, "size_of", raises(TypeError()))


def row_raises(stage: Stage) -> None:
    stage.patch.setattr(scoring, "ScoreLog", raises(ValueError()))


def answer_raises(stage: Stage) -> None:
    stage.patch.setattr(scoring, "answer_of", raises(KeyError()))


def registry_raises(stage: Stage) -> None:
    stage.patch.setattr(stage.models, "served", raises(RuntimeError()))


def lanes_are_gone(stage: Stage) -> None:
    for hand in stage.service.batcher._hands:
        assert hand.task
        hand.task.cancel()
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

    async def broken(work: Coroutine[Any, Any, Prediction], receive: object) -> Prediction:
        work.close()
        raise RuntimeError

    stage.patch.setattr("inference.serving.service.unless_gone", broken)


def event_loop_is_blocked(stage: Stage) -> None:
    stage.service.batcher._deadline_s = 0.05
    rendered = scoring.rendered

    def blocking(*arguments: Any) -> str:
        asyncio.get_running_loop().call_soon(time.sleep, 0.2)
        return rendered(*arguments)

    stage.patch.setattr(scoring, "rendered", blocking)


# --- faults of what is loaded: the ledger is looked at again after them ---


def again(stage: Stage) -> None:
    """The deployment leaves and comes back, as after a restart."""
    stage.models._served.clear()


def file_altered(name: str) -> Callable[[Stage], None]:
    def act(stage: Stage) -> None:
        flip(stage.deployment.model_version, name)
        again(stage)

    return act


def file_missing(name: str) -> Callable[[Stage], None]:
    def act(stage: Stage) -> None:
        get_store().delete(f"{stage.deployment.model_version.object_prefix}{name}")
        again(stage)

    return act


def card_is_missing(stage: Stage) -> None:
    get_store().delete(stage.deployment.model_version.card_key)
    again(stage)


def card_is_another(stage: Stage) -> None:
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
    again(stage)


def public_key_is_unreadable(stage: Stage) -> None:
    settings.SIGNING_PUBLIC_KEY_FILE.write_bytes(b"no key")
    again(stage)


def store_raises(stage: Stage) -> None:
    stage.patch.setattr(reading, "get_store", raises(ConnectionError("store")))
    again(stage)


def session_can_not_be_made(stage: Stage) -> None:
    stage.patch.setattr(registry, "ModelSession", raises(MemoryError()))
    again(stage)


def warm_up_raises(stage: Stage) -> None:
    stage.patch.setattr(ModelSession, "warm_up", raises(RuntimeError()))
    again(stage)


def refusal_can_not_be_noted(stage: Stage) -> None:
    stage.patch.setattr(registry, "deployment_refusal_record", raises(OperationalError("locked")))
    sign_off_is_voided(stage)


def ledger_raises(stage: Stage) -> None:
    def rows() -> Iterator[Deployment]:
        yield stage.deployment
        raise OperationalError("server closed the connection")

    away = SimpleNamespace(select_related=lambda *_: rows())
    stage.patch.setattr(registry, "Deployment", SimpleNamespace(objects=SimpleNamespace(filter=lambda **_: away)))
