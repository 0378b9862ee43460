"""What a language model is asked for a scenario, and whether its answer is a conversation of that form.

The label comes from the scenario, never from the model. Nothing here judges whether the words are true to it: the
screening rules say what they hear (`backends.rules_on`), and a person decides.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from .endpoint import AnswerMalformed
from .plan import Brief, Plan

MAX_TURNS: Final = 60
MAX_TURN_CHARS: Final = 8000
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "conversation": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "role": {"type": "string", "enum": ["user", "assistant"]},
                    "content": {"type": "string"},
                },
                "required": ["role", "content"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["conversation"],
    "additionalProperties": False,
}
RESPONSE_FORMAT: Final[dict[str, Any]] = {
    "type": "json_schema",
    "json_schema": {"name": "conversation", "schema": SCHEMA, "strict": True},
}
SYSTEM: Final = (
    "You write invented conversations from which a safety system learns to notice when a person is in danger. Nobody in"
    " them is real. Write as people in that situation write, without melodrama and without textbook words. Never"
    " describe a method beyond naming it, give no amounts, no instructions. Use no names of real people or places."
    ' Answer with one JSON object and nothing else: {"conversation": [{"role": "user", "content": "..."}, ...]}.'
)
_TYPES: Final[dict[str, str]] = {
    "immediate_harm": "intent, a plan or preparation to die or to seriously hurt somebody, means within reach, or an"
    " attempt under way",
    "self_harm": "deliberate injury or the urge to it, without a wish to die",
    "substance": "an overdose, dangerous mixing, withdrawal, loss of control over use, or a relapse with distress",
    "panic": "an abrupt surge of fear with signs of the body or a feared loss of control, now or within days",
    "psychotic": "conviction in false beliefs, voices or visions, or mania with loss of reality",
    "passive_ideation": "a wish to be dead or not to wake, without intent or plan",
    "none": "no sign of danger to the person who writes",
}
_SEVERITIES: Final[dict[int, str]] = {
    1: "a fleeting or past signal, coping well",
    2: "fleeting now, with support in place",
    3: "recurrent, impairing, no intent",
    4: "intent, or a plan, or a recent act, or a disabling episode: somebody should answer within the hour",
    5: "an act under way, or intent with means or a time, or danger to the body: somebody must answer now",
}
_NONE_KINDS: Final[dict[str, str]] = {
    "everyday": "everyday talk",
    "body": "the body's small troubles: tiredness, a cold, a sore back",
    "opinion": "an opinion, a saying or a complaint to strangers",
    "stress": "stress and worry",
    "rant": "a rant about everyday life",
    "sadness": "sadness",
    "grief": "grief for somebody who died",
    "recovery": "a recovery that is told looking back",
    "supporter": "worry about somebody else, who is safe",
    "third_person": "what happened to somebody else",
    "idiom": "crisis words used as idiom only",
    "lookalike": "words of a crisis that mean nothing of it: a dream, a toast, a heart that races for joy",
    "fiction": "a story, a song or a game, said to be one",
    "research": "a question for a school or for work",
}
_DIFFICULTIES: Final[dict[str, str]] = {
    "overt": "said at once, in plain words",
    "hedged": "softened and taken half back",
    "veiled": "in code words, or late, after other things",
    "adversarial": "between jokes, denial and other talk",
}
_NONE_DIFFICULTIES: Final[dict[str, str]] = {
    "overt": "far from any crisis",
    "hedged": "with real distress, and no danger",
    "veiled": "near a crisis in its subject, and no danger",
    "adversarial": "with words of crisis that mean none",
}
_FORMS: Final[dict[str, str]] = {
    "chat": "a chat of 4 to 14 turns that begins with the person",
    "post": "one long post to strangers, a single user turn",
    "note": "one short note of one to three sentences, a single user turn",
}
_STYLES: Final[dict[str, str]] = {
    "counselling": "with a counsellor",
    "text_line": "with a text line, in short messages",
    "assistant": "with a general assistant",
    "character_play": "with a character that the person asked the assistant to play",
    "diary": "with a diary that answers",
}
_QUALITIES: Final[dict[str, str]] = {
    "good": "The answers are warm, short, and speak to the gravest thing said; in danger they say how to get help.",
    "mixed": "Some answers listen, some give advice too soon.",
    "poor": "The answers are canned, dismissive or full of advice.",
}
_CATEGORIES: Final[dict[str, str]] = {
    "sarcasm": "The signal comes as sarcasm.",
    "metaphor": "The signal comes in a metaphor.",
    "cultural_difference": "The signal comes in the way of another culture, through body, duty or family.",
    "ambiguous_signal": "The signal can be read in two ways, and the rest of the text tells which.",
    "code_words": "The signal comes in code words.",
    "late_disclosure": "The signal comes in one of the last turns of the person.",
    "minimised": "The person makes it small.",
    "denied_with_a_plan": "The person denies it, and tells of a plan all the same.",
    "fleeting_or_past": "It was once, or a moment.",
}


def instruction(brief: Brief) -> str:
    """Return what the model is to write, in words."""
    asked = brief.scenario
    lines = [f"Write {_FORMS[asked.form]}{f', {_STYLES[asked.style]}' if asked.style in _STYLES else ''}."]
    person = asked.person
    lines.append(f"Who writes: {person.gender}, {person.age} years old. Circumstances: {_words(asked.family)}.")
    if asked.is_crisis:
        lines.append(f"What must be in it: {_TYPES[asked.crisis_type]}.")
        lines.append(f"How grave: {_SEVERITIES[asked.severity or 1]}. No graver and no milder.")
        lines.append(f"How it is said: {_DIFFICULTIES[asked.difficulty]}.")
    else:
        lines.append(f"What it is: {_NONE_KINDS.get(asked.kind, _words(asked.kind))}; {_TYPES['none']}.")
        lines.append(f"How near: {_NONE_DIFFICULTIES[asked.difficulty]}.")
    if brief.category in _CATEGORIES:
        lines.append(_CATEGORIES[brief.category])
    if asked.quality:
        lines.append(_QUALITIES[asked.quality])
    return "\n".join(lines)


def messages_for(brief: Brief) -> list[dict[str, str]]:
    """Return the chat that asks for a brief's conversation."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": instruction(brief)}]


def seed_for(plan: Plan, number: int, attempt: int) -> int:
    """The seed that goes along for a row and a try: the same for the same plan, 31 bits."""
    told = f"{plan.seed}:{plan.digest}:{number}:{attempt}".encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:4], "big") >> 1


def conversation_in(found: Any, brief: Brief, raw: str) -> list[dict[str, str]]:
    """Return the messages of an answer. Raises AnswerMalformed with the rule that it breaks."""
    turns = found.get("conversation") if isinstance(found, dict) else None
    if not isinstance(turns, list) or not turns:
        raise AnswerMalformed("no_conversation", raw=raw)
    messages = []
    for turn in turns:
        role = turn.get("role") if isinstance(turn, dict) else None
        content = turn.get("content") if isinstance(turn, dict) else None
        if role not in ("user", "assistant"):
            raise AnswerMalformed("wrong_role", "a turn is the user's or the assistant's", raw)
        if not isinstance(content, str) or not content.strip():
            raise AnswerMalformed("empty_turn", raw=raw)
        if len(content) > MAX_TURN_CHARS:
            raise AnswerMalformed("too_long", f"a turn has more than {MAX_TURN_CHARS:,} characters", raw)
        messages.append({"role": role, "content": content.strip()})
    if len(messages) > MAX_TURNS:
        raise AnswerMalformed("too_long", f"more than {MAX_TURNS} turns", raw)
    speakers = [message["role"] for message in messages]
    if brief.scenario.form == "chat":
        if speakers[0] != "user" or "assistant" not in speakers:
            raise AnswerMalformed("wrong_form", "a chat begins with the person and has answers", raw)
    elif speakers != ["user"]:
        raise AnswerMalformed("wrong_form", f"a {brief.scenario.form} is one turn of one person", raw)
    return messages


def _words(name: str) -> str:
    return name.replace("_", " and ") if name.count("_") == 1 else name.replace("_", " ")
