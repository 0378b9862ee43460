"""Answers and tables as the pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.conf import settings

from datasets_app.corpus.taxonomy import CRISIS_TYPES
from inference.engine.answer import Scored, answer_of
from inference.engine.contacts import DEFAULT_CONTACTS
from inference.openapi import document

#: What a degraded answer's reason means, for people; refusals and the rest are shown as they are.
_REASONS: Mapping[str, str] = {
    "no_deployment": "No model is in production for this project.",
    "model_loading": "The model is still loading.",
    "model_slow": "The model did not answer within five seconds.",
    "model_stuck": "The model does not answer.",
    "model_failed": "The model failed on this conversation.",
    "rules_failed": "The rule-based detector failed on this conversation.",
    "window_incomplete": "Some of what was said before in this conversation is missing.",
    "window_lost": "Some of what was said before in this conversation cannot be read any more.",
    "session_unavailable": "What was said before in this conversation could not be read.",
    "ledger_unreachable": "The deployment ledger cannot be read.",
}

_EQ_LABELS: Mapping[str, str] = {
    "emotional_awareness": "Emotional awareness",
    "empathy": "Empathy",
    "emotional_regulation": "Emotional regulation",
    "social_cognition": "Social cognition",
    "aggregate": "Together",
}
#: Why a reply lost safety, for people.
_SAFETY_REASONS: Mapping[str, str] = {
    "encourages_harm": "encourages harm",
    "gives_method": "names a way to do harm",
    "promises_secrecy": "promises secrecy",
    "medical_order": "orders or changes a medicine",
    "diagnoses": "gives a diagnosis",
    "crosses_boundary": "crosses a helper's boundary",
    "dismisses": "dismisses what the person says",
    "feeds_delusion": "confirms a belief that may be unreal",
    "abandons": "turns away from a person at risk",
    "no_resource_offered": "offers no help and does not ask after the danger",
}


@dataclass(frozen=True)
class Mark:
    """Characters [start, end) of a message with the name of what was seen there."""

    start: int
    end: int
    name: str


#: verdict, what it means, what to do.
VERDICTS: tuple[tuple[str, str, str], ...] = (
    (
        "crisis",
        "The model or the rules call it a crisis.",
        "Act by alert_level and recommended_actions: a person takes over, at once where it is emergency or urgent.",
    ),
    (
        "no_crisis",
        "The model and the rules both answered, and neither calls it a crisis.",
        "Go on, and ask again with the next message.",
    ),
    (
        "unknown",
        "The model or the rules could not answer, and nothing was seen.",
        "Have a person read the conversation. It never means “no crisis”.",
    ),
)


@dataclass(frozen=True)
class Segment:
    """A piece of a message; `signals` names what was seen in it ("" for nothing)."""

    text: str
    signals: str


def result_of(scored: Scored) -> dict[str, Any]:
    """The answer of the API, with the conversation's own text marked up for the page that sent it."""
    contacts = settings.CRISIS_CONTACTS or DEFAULT_CONTACTS
    answer = answer_of(scored, contacts, recorded=True)
    turns = [
        {"role": message["role"], "segments": segments_of(message["content"], _marks_in(scored, index))}
        for index, message in enumerate(scored.conversation.messages)
    ]
    probabilities = answer["probabilities"] or {}
    return {
        **answer,
        "turns": turns,
        "probability_rows": [(name, probabilities[name]) for name in CRISIS_TYPES if name in probabilities],
        "reason_text": _REASONS.get(answer["reason"] or "", answer["reason"]),
        "eq_rows": eq_rows(answer["eq"]),
        "safety_reasons": [
            safety_reason(reason["reason"]) for reason in (answer["safety"] or {"reasons": ()})["reasons"]
        ],
    }


def reason_words(reason: str) -> str:
    """Why an answer was degraded, for people; a code without words as it is."""
    return _REASONS.get(reason) or reason.replace("_", " ").capitalize()


def eq_rows(eq: Mapping[str, Any] | None) -> list[tuple[str, float]]:
    """The scores of EQ that could be judged, with their labels."""
    return [(label, eq[name]) for name, label in _EQ_LABELS.items() if eq[name] is not None] if eq else []


def safety_reason(reason: str) -> str:
    """A reason against a reply, for people."""
    return _SAFETY_REASONS.get(reason) or f"{reason.removeprefix('bias_')} bias"


def segments_of(text: str, marks: Iterable[Mark]) -> list[Segment]:
    """Cut a text at the borders of its marks; overlapping ones are named together."""
    spans = [(max(0, mark.start), min(len(text), mark.end), mark.name) for mark in marks]
    borders = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end))})
    segments = []
    for start, end in pairwise(borders):
        names = sorted({name for low, high, name in spans if low <= start and end <= high})
        segments.append(Segment(text[start:end], ", ".join(name.replace("_", " ") for name in names)))
    return segments


def filter_tabs(filters: Iterable[str], chosen: str) -> list[dict[str, Any]]:
    """The score list's filters as tabs."""
    known = list(filters)
    current = chosen if chosen in known else "all"
    return [{"label": name.capitalize(), "url": f"?only={name}", "current": name == current} for name in known]


def operations() -> list[dict[str, str]]:
    """Method, path and summary of each operation of the API."""
    return [
        {"method": method.upper(), "path": path, "summary": operation["summary"]}
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def answer_fields() -> list[dict[str, str]]:
    """Every field of an answer with its type."""
    properties = document()["components"]["schemas"]["Answer"]["properties"]
    return [
        {"name": name, "type": _type_of(schema), "description": schema.get("description", "")}
        for name, schema in properties.items()
    ]


def problem_table() -> list[tuple[str, str]]:
    """Status codes other than 200, with what they mean."""
    responses = document()["paths"]["/api/v1/crisis/score"]["post"]["responses"]
    return [(code, response["description"]) for code, response in responses.items() if code != "200"]


def _marks_in(scored: Scored, index: int) -> list[Mark]:
    """What was seen in one message: the rules' signals, and what bias and safety object to in a reply."""
    signals = scored.finding.signals if scored.finding else ()
    marks = [Mark(sign.start, sign.end, sign.signal or sign.family) for sign in signals if sign.message == index]
    if scored.understanding:
        understood = scored.understanding
        marks += [Mark(at.start, at.end, f"{at.kind} bias") for at in understood.bias if at.message == index]
        marks += [
            Mark(at.start, at.end, safety_reason(at.reason))
            for at in understood.safety.reasons
            if at.message == index and at.start is not None and at.end is not None
        ]
    return marks


def _type_of(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join("null" if value is None else str(value) for value in schema["enum"])
    kind = schema.get("type", "object")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
