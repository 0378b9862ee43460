"""The answer where the hub gives none: keywords, marked as degraded. It never says “no crisis”.

Words that are found make it a crisis of the kind they speak of; none found is “unknown”, with the instruction that a
person reads. Far cruder than the hub: a stand-in for seconds or minutes, not a detector.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pixelhub_client.answers import Action, Answer, Contact, Turn

READ_IT: Final = Action("human_read", "The hub could not be asked: have a person read this conversation.")
_TAKE_OVER: Final = Action("human_takeover", "Have a trained person take over this conversation now.")
_LINE: Final = Action(
    "offer_crisis_line",
    "Offer a crisis line and stay in the conversation until the person has been connected.",
    (
        Contact("directory", "Find A Helpline", "https://findahelpline.com"),
        Contact("crisis_line", "988 Suicide & Crisis Lifeline (US)", "988"),
        Contact("emergency", "Emergency services (EU)", "112"),
    ),
)

#: Kind, gravest first, with what speaks of it.
KEYWORDS: Final[tuple[tuple[str, str], ...]] = (
    (
        "immediate_harm",
        r"kill(?:ing)? (?:myself|him|her|them)|(?:end|ending|take|taking) (?:my (?:own )?life|it all)|suicid\w*"
        r"|goodbye (?:note|letters?)|(?:hang|shoot|drown) myself|jump(?:ing)? off|want to die|wanna die"
        r"|have (?:a|the) gun|tonight i(?:'|’)?(?:m going to| will|ll) (?:do it|end)",
    ),
    ("substance", r"overdos\w*|took (?:all|too many) (?:\w+ ){0,2}(?:pills|tablets)|swallowed (?:the|all)|od(?:'|’)?d"),
    (
        "self_harm",
        r"(?:cut|cutting|burn|burning|hurt|hurting|harm|harming) my(?:self| arms?| wrists?| legs?)|self[- ]?harm\w*"
        r"|won(?:'|’)?t stop bleeding",
    ),
    ("psychotic", r"voices? (?:tell|telling|say|says|command)\w*|they are watching me|being followed everywhere"),
    (
        "passive_ideation",
        r"(?:better off|happier) without me|wish i (?:was|were) dead|no reason to live|nothing to live for"
        r"|(?:don(?:'|’)?t|do not) want to (?:be here|live|wake up)|not wake up|never wake up|a burden to",
    ),
    ("panic", r"can(?:'|’)?t breathe|panic attack|heart (?:is )?(?:pounding|racing)|going to pass out"),
)
_PATTERNS: Final = tuple((kind, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for kind, words in KEYWORDS)


def local_answer(messages: Sequence[Mapping[str, str]], reason: str) -> Answer:
    """What can be said without the hub."""
    said = [message["content"] for message in messages if message["role"] == "user"]
    found = next((kind for kind, words in _PATTERNS if any(words.search(text) for text in said)), None)
    return Answer(
        verdict="crisis" if found else "unknown",
        crisis=True if found else None,
        score=None,
        crisis_type=found,
        severity=None,
        band="unknown",
        alert_level="urgent" if found else "concern",
        degraded=True,
        reason=reason,
        actions=(READ_IT, _TAKE_OVER, _LINE) if found else (READ_IT,),
        model_version="local-keywords",
        messages_used=len(messages),
        source="local",
    )


def local_turn(
    turn_id: str, role: str, messages: Sequence[Mapping[str, str]], reason: str, *, number: int | None = None
) -> Turn:
    """The same as the analysis of a turn, the last of `messages`."""
    answer = local_answer(messages, reason)
    return Turn(number, turn_id, answer.alert_level, False, "unknown", "unknown", answer, role)
