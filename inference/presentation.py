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
from inference.engine.rules import Signal
from inference.openapi import document

#: What a degraded answer's reason means, for people; refusals and the rest are shown as they are.
_REASONS: Mapping[str, str] = {
    "no_deployment": "No model is in production for this project.",
    "model_loading": "The model is still loading.",
    "model_slow": "The model did not answer within five seconds.",
    "model_stuck": "The model does not answer.",
    "model_failed": "The model failed on this conversation.",
    "rules_failed": "The rule-based detector failed on this conversation.",
    "ledger_unreachable": "The deployment ledger cannot be read.",
}


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
        {"role": message["role"], "segments": segments_of(message["content"], _signals_in(scored, index))}
        for index, message in enumerate(scored.conversation.messages)
    ]
    probabilities = answer["probabilities"] or {}
    return {
        **answer,
        "turns": turns,
        "probability_rows": [(name, probabilities[name]) for name in CRISIS_TYPES if name in probabilities],
        "reason_text": _REASONS.get(answer["reason"] or "", answer["reason"]),
    }


def segments_of(text: str, signals: Iterable[Signal]) -> list[Segment]:
    """Cut a text at the borders of its signals; overlapping ones are named together."""
    spans = [(max(0, s.start), min(len(text), s.end), s.signal or s.family) for s in signals]
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


def _signals_in(scored: Scored, index: int) -> list[Signal]:
    return [signal for signal in (scored.finding.signals if scored.finding else ()) if signal.message == index]


def _type_of(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join("null" if value is None else str(value) for value in schema["enum"])
    kind = schema.get("type", "object")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
