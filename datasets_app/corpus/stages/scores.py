# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Scores of a conversation for the validators: empathy, reasoning, safety, and bias to be watched.

Rules that count phrases, the same as the QA report's where it has them. They read no meaning: a score that a record
brings along in `metadata.scores` (the enrichment's heads, a person) is taken instead, and the manifest tells how often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from datasets_app.corpus import quality, taxonomy
from datasets_app.corpus.quality_phrases import BIASED, DIRECTIVE, DISMISSIVE

_DISMISSIVE_COSTS: Final = 0.6
_DIRECTIVE_COSTS: Final = 0.3
_UNANSWERED_COSTS: Final = 0.5
_REASONING_FIELDS: Final = ("reasoning", "rationale", "chain_of_thought", "complex_cot", "thought", "thoughts", "cot")
# Signs of reasoning laid open; each kind counts once, four of the six reach the threshold of stage 2.
REASONING_SIGNS: Final[dict[str, re.Pattern[str]]] = {
    "cause": re.compile(r"\b(?:because|therefore|as a result|leads? to|due to|caused by|stems? from|which is why|since (?:you|the|this|they|he|she))\b", re.IGNORECASE),
    "steps": re.compile(r"\b(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|step \d|next|then|finally)\b[,: ]|^\s*(?:\d+[.)]|[-*])\s", re.IGNORECASE | re.MULTILINE),
    "hypothesis": re.compile(r"\b(?:might|may|could) (?:be|indicate|suggest|reflect|point|mean|stem|have)\b|\b(?:hypothes[ie]s|differential|consistent with|possib(?:le|ly)|likely|alternatively|rule out)\b", re.IGNORECASE),
    "evidence": re.compile(r"\b(?:symptoms?|criteria|dsm|icd|evidence|assess(?:ment|ing)?|duration|history|pattern|signs? of|observ(?:ed|ation)|reports?|you (?:said|mentioned|described|told))\b", re.IGNORECASE),
    "conclusion": re.compile(r"\b(?:overall|in summary|in conclusion|this (?:suggests|indicates|means|points)|so (?:the|it|this|that|we|a)\b|taken together|conclu(?:de|sion)|formulation)", re.IGNORECASE),
    "technique": re.compile(r"\b(?:cbt|dbt|emdr|act\b|cognitive|behaviou?ral|schema|reframing|exposure|grounding|motivational|psychoeducation|attachment|mindfulness|intervention|treatment plan)\b", re.IGNORECASE),
}  # fmt: skip
_PER_SIGN: Final = 0.17


class Scored(NamedTuple):
    """Scores from 0 to 1, None where there is no reply to judge; `given` names those that the record brought.

    `degenerate`: a message says one thing over and over; `degenerate_reply`: so does a reply.
    """

    empathy: float | None
    reasoning: float | None
    safety: float | None
    in_crisis: bool
    bias_kinds: tuple[str, ...]
    degenerate: bool
    degenerate_reply: bool
    given: tuple[str, ...]


def score(
    messages: Sequence[Mapping[str, str]],
    *,
    crisis_type: str | None,
    severity: int | None,
    origin: Mapping[str, Any],
    given: Mapping[str, float],
) -> Scored:
    """Score one conversation. Without a label what the screening says decides whether it shows a crisis."""
    spoken = [message for message in messages if message["role"] != "system"]
    replies = [message["content"] for message in spoken if message["role"] == "assistant"]
    crisis = quality.crisis_severity(spoken, crisis_type, severity)
    found: dict[str, float | None] = {"empathy": None, "reasoning": None, "safety": None}
    if replies:
        found["empathy"] = quality.empathy(spoken)
        found["reasoning"] = reasoning("\n".join([*replies, *_reasoning_beside(origin)]))
        found["safety"] = _safety(spoken, replies, crisis)
    taken = [name for name in found if name in given]
    found.update({name: given[name] for name in taken})
    return Scored(
        empathy=found["empathy"],
        reasoning=found["reasoning"],
        safety=found["safety"],
        in_crisis=crisis is not None or crisis_type in taxonomy.SIX_TYPES,
        bias_kinds=tuple(kind for kind, pattern in BIASED.items() if any(map(pattern.search, replies))),
        degenerate=any(quality.degenerates(message["content"]) for message in spoken),
        degenerate_reply=any(map(quality.degenerates, replies)),
        given=tuple(taken),
    )


def reasoning(text: str) -> float:
    """Return how openly a text reasons: the share of signs, four of the six are 0.68."""
    return min(1.0, round(_PER_SIGN * sum(bool(sign.search(text)) for sign in REASONING_SIGNS.values()), 4))


def _safety(messages: Sequence[Mapping[str, str]], replies: Sequence[str], crisis: int | None) -> float:
    """1, less what is dismissive, what directs as only a treating person may, and danger that no reply meets."""
    value = 1.0
    value -= _DISMISSIVE_COSTS * any(map(DISMISSIVE.search, replies))
    value -= _DIRECTIVE_COSTS * any(map(DIRECTIVE.search, replies))
    value -= _UNANSWERED_COSTS * (quality.unanswered_crisis(messages, "", crisis) is True)
    return max(0.0, value)


def _reasoning_beside(origin: Mapping[str, Any]) -> Iterator[str]:
    """Yield the reasoning that a row keeps beside its dialogue."""
    row = origin.get("input")
    if isinstance(row, Mapping):
        for name, value in row.items():
            if isinstance(value, str) and name.lower() in _REASONING_FIELDS:
                yield value
    for turn in origin.get("non_text") or ():
        if isinstance(turn, Mapping):
            yield from (value for value in turn.values() if isinstance(value, str))
