"""The answer that a client receives: one shape for the API, the console and the documentation."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import Any

from inference.engine.actions import Action, actions_for, situation_of
from inference.engine.assessment import UNKNOWN, Decision
from inference.engine.contacts import Contact, ContactTable, contacts_for
from inference.engine.conversation import Conversation
from inference.engine.rules import Finding
from inference.engine.session import Prediction
from inference.engine.understanding import Understanding

#: The form of an answer. A field more leaves it as it is; a field less, or another meaning, is a new number.
SCHEMA = "pixelhub.score/1"
RULES_VERSION = "rules"
_DIGITS = 6
#: Signals listed in one answer, gravest first kept; more than a person reads.
_MAX_SIGNALS = 100


@dataclass(frozen=True)
class Scored:
    """A decision with everything that made it; what is logged and what is answered are both read from here."""

    id: uuid.UUID
    conversation: Conversation
    content_hash: str
    decision: Decision
    prediction: Prediction | None
    finding: Finding | None
    model_version: str
    bundle_sha256: str
    deployment_id: int | None
    latency_ms: float
    understanding: Understanding | None = None


def answer_of(
    scored: Scored, contacts: ContactTable, *, recorded: bool, request_id: str = "", case_id: int | None = None
) -> dict[str, Any]:
    """The JSON body; spans count characters in messages[message].content of the request, and no text is repeated.

    `case_id` is the case that waits for a person because of this score, where it is known already.
    """
    decision = scored.decision
    unknown = decision.verdict == UNKNOWN
    return {
        "schema": SCHEMA,
        "request_id": request_id or None,
        "id": str(scored.id),
        "evidence_id": str(scored.id),
        "recorded": recorded,
        "case_id": case_id,
        "model_version": scored.model_version,
        "bundle_sha256": scored.bundle_sha256 or None,
        "content_hash": scored.content_hash,
        "verdict": decision.verdict,
        "crisis": decision.crisis,
        "score": _rounded(decision.score),
        "model_score": _rounded(scored.prediction.score if scored.prediction else None),
        "crisis_type": decision.crisis_type if not unknown else None,
        "probabilities": _probabilities(scored.prediction),
        "severity": decision.severity,
        "band": decision.band,
        "alert_level": decision.alert_level,
        "raised_by_rules": decision.raised_by_rules,
        "signals": _signals(scored),
        "risk": _risk(scored.finding),
        **_understood(scored),
        "recommended_actions": _actions(scored, contacts, unknown=unknown),
        "messages_used": len(scored.conversation.messages),
        "degraded": decision.degraded,
        "reason": decision.reason or None,
        "latency_ms": round(scored.latency_ms, 2),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _probabilities(prediction: Prediction | None) -> dict[str, float] | None:
    if prediction is None:
        return None
    return {label: round(p, _DIGITS) for label, p in prediction.probabilities.items()}


def _signals(scored: Scored) -> list[dict[str, Any]]:
    indices = scored.conversation.indices
    signals = scored.finding.signals if scored.finding else ()
    gravest = sorted(signals, key=lambda signal: -(signal.severity or 0))[:_MAX_SIGNALS]
    in_order = sorted(gravest, key=lambda signal: (signal.message, signal.start, signal.end))
    return [{**asdict(signal), "message": indices[signal.message]} for signal in in_order]


def _risk(finding: Finding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    return {
        "level": finding.level,
        "score": _rounded(finding.score),
        "timeline": finding.timeline,
        "indicators": list(finding.indicators),
        "protective_factors": list(finding.protective_factors),
        "about_someone_else": finding.about_someone_else,
        "medical": finding.medical,
        "bereavement": finding.bereavement,
    }


def _understood(scored: Scored) -> dict[str, Any]:
    """EQ, bias and safety of the replies; null where they could not be estimated."""
    understanding = scored.understanding
    if understanding is None:
        return {"eq": None, "safety": None, "bias_findings": None}
    indices = scored.conversation.indices
    reasons = [
        {**asdict(reason), "message": None if reason.message is None else indices[reason.message]}
        for reason in understanding.safety.reasons
    ]
    return {
        "eq": asdict(understanding.eq),
        "safety": {"score": understanding.safety.score, "reasons": reasons},
        "bias_findings": [{**asdict(finding), "message": indices[finding.message]} for finding in understanding.bias],
    }


def _actions(scored: Scored, table: ContactTable, *, unknown: bool) -> list[dict[str, Any]]:
    decision = scored.decision
    contacts = contacts_for(scored.conversation.locale, table)
    situation = situation_of(
        scored.finding, unknown=unknown, crisis_type=decision.crisis_type, crisis=decision.crisis is True
    )
    return [
        {"action": action["action"], "detail": action["detail"], "contacts": contacts_of(action, contacts)}
        for action in actions_for(decision.alert_level, situation=situation)
    ]


def contacts_of(action: Action, contacts: list[Contact]) -> list[Contact]:
    """The contacts of the action's first kind that the country has."""
    for kind in action["kinds"]:
        wanted = (kind, "text_line") if kind == "crisis_line" else (kind,)
        found = [contact for contact in contacts if contact["kind"] in wanted]
        if found:
            return found
    return []
