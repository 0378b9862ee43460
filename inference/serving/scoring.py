"""One conversation to one answer: what the ASGI service and the console share."""

from __future__ import annotations

import logging
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.render import render_conversation, size_of
from inference.engine.answer import RULES_VERSION, Scored, answer_of
from inference.engine.assessment import Decision, decide
from inference.engine.contacts import DEFAULT_CONTACTS
from inference.engine.conversation import Conversation
from inference.engine.rules import Finding, find
from inference.engine.session import Encoded, ModelSession, Prediction
from inference.engine.understanding import Understanding, understand
from inference.models import ScoreLog
from inference.serving.registry import Served
from pixelhub.requestids import request_id

logger = logging.getLogger(__name__)


def rendered(session: ModelSession, conversation: Conversation) -> str:
    """The conversation's text as in training: the last messages that this model reads."""
    return render_conversation(conversation.messages, last=session.bundle.last_messages)


def encode(session: ModelSession, conversation: Conversation) -> Encoded:
    """The conversation as the model reads it, cut on the left."""
    return session.encode(rendered(session, conversation))


def finding_of(conversation: Conversation) -> Finding | None:
    """What the rules see; None when they fail, which degrades the answer and never silences it."""
    try:
        return find(conversation.messages)
    except Exception as error:  # any bug in a rule; the error's text could hold the conversation, so only its type
        logger.error("the rule-based detector failed: %s", type(error).__name__)
        return None


def understanding_of(conversation: Conversation, decision: Decision) -> Understanding | None:
    """EQ, bias and safety of the replies; None when an estimate fails, which leaves the verdict as it is."""
    try:
        return understand(conversation.messages, decision)
    except Exception as error:  # any bug in an estimate; the error's text could hold the conversation
        logger.error("the estimates of the replies failed: %s", type(error).__name__)
        return None


def why_no_model(served: Served | None, problem: str) -> str:
    """The reason for a degraded answer; "" when there is a model to ask."""
    if served is None:
        return problem or "no_deployment"
    return "" if served.session else served.reason


def scored_of(
    conversation: Conversation,
    served: Served | None,
    prediction: Prediction | None,
    finding: Finding | None,
    *,
    reason: str,
    started: float,
) -> Scored:
    """Everything about one answer; `started` is time.perf_counter() at the arrival."""
    reason = ", ".join(filter(None, (reason, conversation.incomplete)))
    by_model = served if prediction is not None else None
    decision = decide(prediction, finding, reason=reason)
    return Scored(
        id=conversation.score_id or uuid.uuid4(),
        conversation=conversation,
        content_hash=content_hash(conversation.messages),
        decision=decision,
        prediction=prediction,
        finding=finding,
        model_version=by_model.model_version if by_model else RULES_VERSION,
        bundle_sha256=by_model.bundle_sha256 if by_model else "",
        deployment_id=served.deployment_id if served else None,
        understanding=understanding_of(conversation, decision),
        latency_ms=(time.perf_counter() - started) * 1000,
    )


def row_of(scored: Scored, *, project_id: int, api_key_id: int | None = None, user_id: int | None = None) -> ScoreLog:
    """The row to log: no text, only its hash."""
    decision, prediction, understanding = scored.decision, scored.prediction, scored.understanding
    size = size_of(scored.conversation.messages) if prediction else None
    return ScoreLog(
        id=scored.id,
        project_id=project_id,
        api_key_id=api_key_id,
        scored_by_id=user_id,
        deployment_id=scored.deployment_id,
        model_version=scored.model_version,
        bundle_sha256=scored.bundle_sha256,
        content_hash=scored.content_hash,
        conversation_id=scored.conversation.conversation_id,
        locale=scored.conversation.locale,
        signals=_signal_kinds(scored.finding),
        score=decision.score,
        model_score=prediction.score if prediction else None,
        messages=size.messages if size else None,
        characters=size.characters if size else None,
        crisis=decision.crisis,
        crisis_type=decision.crisis_type,
        severity=decision.severity,
        band=decision.band,
        alert_level=decision.alert_level,
        raised_by_rules=decision.raised_by_rules,
        degraded=decision.degraded,
        reason=decision.reason[:200],
        gate_violation=bool(understanding and understanding.safety.reasons),
        bias_found=bool(understanding and understanding.bias),
        latency_ms=scored.latency_ms,
        at=datetime.now(UTC),
    )


def answer(scored: Scored, *, recorded: bool, case_id: int | None = None) -> dict[str, Any]:
    """The answer's body, with the contacts that this installation configures."""
    contacts = settings.CRISIS_CONTACTS or DEFAULT_CONTACTS
    return answer_of(scored, contacts, recorded=recorded, request_id=request_id(), case_id=case_id)


def _signal_kinds(finding: Finding | None) -> list[str]:
    """What the rules saw, by kind: a case shows this long after the text is gone."""
    return sorted({signal.signal or signal.family for signal in finding.signals}) if finding else []
