"""Typed answers. They hold no text of a conversation; unknown fields of a newer hub are left in `raw`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA = "pixelhub.score/1"
Verdict = Literal["crisis", "no_crisis", "unknown"]


class NotAnAnswer(Exception):
    """What came is not an answer of the agreed shape."""


@dataclass(frozen=True)
class Signal:
    """Characters [start, end) of the content of message number `message` of what was sent."""

    signal: str | None
    family: str
    severity: int | None
    message: int
    start: int
    end: int


@dataclass(frozen=True)
class Contact:
    """Somebody to turn to; `kind` is emergency, crisis_line or the like."""

    kind: str
    name: str
    contact: str


@dataclass(frozen=True)
class Action:
    """One recommended step, with the contacts that belong to it."""

    action: str
    detail: str
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class Risk:
    """What the hub's rules see."""

    level: str
    score: float | None
    timeline: str | None
    indicators: tuple[str, ...] = ()
    protective_factors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Eq:
    """How well the assistant's replies meet the person, each 0-1; None: nothing to judge."""

    emotional_awareness: float | None
    empathy: float | None
    emotional_regulation: float | None
    social_cognition: float | None
    aggregate: float | None


@dataclass(frozen=True)
class SafetyReason:
    """Why the safety score is below 1, and where."""

    reason: str
    cost: float
    message: int | None
    start: int | None
    end: int | None


@dataclass(frozen=True)
class Safety:
    """How safe the assistant's replies are; score None: there is no reply."""

    score: float | None
    reasons: tuple[SafetyReason, ...] = ()


@dataclass(frozen=True)
class BiasFinding:
    """Bias in the assistant's own voice: characters [start, end) of the content of message number `message`."""

    kind: str
    level: str
    message: int
    start: int
    end: int
    rule: str


@dataclass(frozen=True)
class Problem:
    """Why one item of a batch has no answer."""

    status: int
    code: str
    detail: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Answer:
    """One answer. Act on `verdict`; `crisis` is None where it is unknown, which never means “no crisis”.

    `degraded` says that the model (or the rules, or the hub itself: `source` is "local" then) did not answer, and
    `reason` why.
    """

    verdict: Verdict
    crisis: bool | None
    score: float | None
    crisis_type: str | None
    severity: int | None
    band: str
    alert_level: str
    degraded: bool
    reason: str | None
    actions: tuple[Action, ...]
    signals: tuple[Signal, ...] = ()
    probabilities: Mapping[str, float] | None = None
    risk: Risk | None = None
    eq: Eq | None = None
    safety: Safety | None = None
    bias_findings: tuple[BiasFinding, ...] = ()
    id: str = ""
    evidence_id: str = ""
    model_version: str = ""
    messages_used: int = 0
    latency_ms: float = 0.0
    source: Literal["hub", "local"] = "hub"
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def needs_person(self) -> bool:
        """Whether a person should look: a crisis, or an answer that is not known."""
        return self.verdict != "no_crisis"


@dataclass(frozen=True)
class BatchItem:
    """What became of one conversation of a batch: an answer, or the problem with what was sent."""

    index: int
    answer: Answer | None
    problem: Problem | None = None


@dataclass(frozen=True)
class Turn:
    """The analysis of one turn of a conversation. `alert_level` may stand above the answer's: risk that rises counts.

    `number` is None where the hub did not keep the turn; `risk_direction` is rising, steady, easing or unknown.
    """

    number: int | None
    turn_id: str | None
    alert_level: str
    raised_by_trend: bool
    risk_direction: str
    eq_direction: str
    answer: Answer
    role: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def answer_from(data: Any) -> Answer:
    """Read an answer of the hub. Raises NotAnAnswer, so that no half of one is taken for “no crisis”."""
    try:
        if data["schema"] != SCHEMA or data["verdict"] not in ("crisis", "no_crisis", "unknown"):
            raise NotAnAnswer("another schema or verdict")
        expected = {"crisis": True, "no_crisis": False, "unknown": None}[data["verdict"]]
        if data["crisis"] is not expected or (data["verdict"] == "no_crisis" and data["degraded"]):
            raise NotAnAnswer("the answer contradicts itself")
        risk, eq, safety = data.get("risk"), data.get("eq"), data.get("safety")
        return Answer(
            verdict=data["verdict"],
            crisis=data["crisis"],
            score=data["score"],
            crisis_type=data["crisis_type"],
            severity=data["severity"],
            band=data["band"],
            alert_level=data["alert_level"],
            degraded=bool(data["degraded"]),
            reason=data.get("reason"),
            actions=tuple(_action(action) for action in data["recommended_actions"]),
            signals=tuple(_made(Signal, signal) for signal in data["signals"]),
            probabilities=data.get("probabilities"),
            risk=_risk(risk) if risk else None,
            eq=_made(Eq, eq) if eq else None,
            safety=_safety(safety) if safety else None,
            bias_findings=tuple(_made(BiasFinding, finding) for finding in data.get("bias_findings") or ()),
            id=data["id"],
            evidence_id=data["evidence_id"],
            model_version=data["model_version"],
            messages_used=data["messages_used"],
            latency_ms=data["latency_ms"],
            raw=data,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise NotAnAnswer(type(error).__name__) from None


def turn_from(data: Any) -> Turn:
    """Read the analysis of one turn. Raises NotAnAnswer."""
    try:
        answer = answer_from(data["analysis"])
        trend = data.get("trend") or {}
        return Turn(
            number=data.get("turn"),
            turn_id=data.get("turn_id"),
            alert_level=data.get("alert_level") or answer.alert_level,
            raised_by_trend=bool(data.get("raised_by_trend")),
            risk_direction=(trend.get("risk") or {}).get("direction") or "unknown",
            eq_direction=(trend.get("eq") or {}).get("direction") or "unknown",
            answer=answer,
            role=data.get("role") or "",
            raw=data,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAnAnswer(type(error).__name__) from None


def problem_from(data: Any, *, status: int = 0) -> Problem:
    """Read a problem, as much of it as is there."""
    data = data if isinstance(data, dict) else {}
    retry_after = data.get("retry_after")
    return Problem(
        status=int(data.get("status") or status),
        code=str(data.get("code") or "unknown"),
        detail=str(data.get("detail") or ""),
        retry_after=float(retry_after) if isinstance(retry_after, (int, float)) else None,
    )


def _made(kind: Any, data: Mapping[str, Any]) -> Any:
    return kind(**{name: data[name] for name in kind.__dataclass_fields__})


def _action(data: Mapping[str, Any]) -> Action:
    contacts = tuple(Contact(c["kind"], c["name"], c["contact"]) for c in data["contacts"])
    return Action(data["action"], data["detail"], contacts)


def _risk(data: Mapping[str, Any]) -> Risk:
    indicators, factors = tuple(data["indicators"]), tuple(data["protective_factors"])
    return Risk(data["level"], data["score"], data["timeline"], indicators, factors)


def _safety(data: Mapping[str, Any]) -> Safety:
    return Safety(data["score"], tuple(_made(SafetyReason, reason) for reason in data["reasons"]))
