"""What the scoring service counts about its answers: codes, levels and sizes, never a word of what was said."""

from __future__ import annotations

import logging
import weakref
from typing import TYPE_CHECKING, Final

from datasets_app.corpus.render import size_of
from inference.engine.answer import Scored
from inference.serving import session_handlers
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.store import store

if TYPE_CHECKING:
    from inference.serving.service import ScoringService

logger = logging.getLogger(__name__)

_ROUTES: Final = {
    "/infer": "score",
    "/health": "health",
    "/healthz": "health",
    "/ready": "health",
    "/readyz": "health",
    "/metrics": "metrics",
    "/api/v1/crisis/score": "score",
    "/api/v1/crisis/batch": "batch",
    "/api/v1/model": "model",
    "/api/v1/usage": "usage",
    "/api/v1/openapi.json": "docs",
    "/api/v1/schema/score-1.json": "docs",
}


def route_of(path: str) -> str:
    """The label of a path; "other" for one that is not served."""
    return "conversations" if session_handlers.serves(path) else _ROUTES.get(path, known.OTHER)


def request_ended(path: str, status: int, seconds: float) -> None:
    """A request is answered; `status` 0 where the client had gone."""
    route = route_of(path)
    store.count(known.REQUESTS, route=route, status=str(status) if status else "gone")
    if status:
        store.observe(known.REQUEST_SECONDS, seconds, route=route)


def refused(code: str) -> None:
    """A request got no answer, for this reason."""
    store.count(known.REFUSALS, code=code)


def unreadable() -> None:
    """A request was not one: a safety event, since somebody may not get the answer that they need."""
    refused("invalid")
    store.count(known.SAFETY_EVENTS, kind="invalid_content")


def batch_read(items: int, seconds: float) -> None:
    """The model has read a micro-batch."""
    store.count(known.MODEL_ITEMS, items)
    store.observe(known.MODEL_BATCH_SECONDS, seconds)


def answered(scored: Scored) -> None:
    """A conversation has its decision. What goes wrong here is logged: no answer is lost because it was not counted."""
    try:
        _count_answer(scored)
    except Exception:
        logger.exception("An answer was not counted.")


def _count_answer(scored: Scored) -> None:
    decision, prediction, understanding = scored.decision, scored.prediction, scored.understanding
    by = "model" if prediction else "rules"
    store.count(known.ANSWERS, by=by, verdict=decision.verdict, level=decision.alert_level)
    store.observe(known.ANSWER_SECONDS, scored.latency_ms / 1000, by=by)
    if prediction:
        store.observe(known.SCORES, prediction.score)
    if decision.degraded:
        for reason in decision.reason.split(", "):
            store.count(known.DEGRADED, reason=reason.partition(":")[0])
    if decision.raised_by_rules:
        store.count(known.RAISED)
    size = size_of(scored.conversation.messages)
    store.observe(known.INPUT_MESSAGES, size.messages)
    store.observe(known.INPUT_CHARACTERS, size.characters)
    if understanding is None:
        return
    if understanding.safety.reasons:
        store.count(known.SAFETY_EVENTS, kind="gate_violation")
    if understanding.bias:
        store.count(known.SAFETY_EVENTS, kind="bias_found")


def watch(service: ScoringService) -> None:
    """Show this service's gauges whenever the metrics are read, as long as it lives."""
    seen = weakref.ref(service)

    def show() -> None:
        living = seen()
        if living is None:
            store.before_reading.remove(show)
        else:
            show_now(living)

    store.before_reading.append(show)


def show_now(service: ScoringService) -> None:
    """The gauges of this process as they are."""
    served = service.registry.all()
    serving = sum(entry.session is not None for entry in served)
    store.show(known.QUEUE_WAIT, service.batcher.estimated_wait())
    store.show(known.QUEUE_ITEMS, service.batcher.waiting)
    store.show(known.LOOP_LAG, service.loop_lag_s)
    store.show(known.LOG_WAITING, service.writer.waiting)
    store.show(known.LOG_FAILING, float(service.writer.failures > 0))
    store.show(known.MODELS, serving, state="serving")
    store.show(known.MODELS, len(served) - serving, state="refused")
