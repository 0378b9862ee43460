# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""The assistant's words as bias and safety read them: plain text in short pieces, and what takes a phrase back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from datasets_app.corpus.replies.pieces import Piece, split
from datasets_app.corpus.screening import context
from datasets_app.corpus.screening.reading import plain
from datasets_app.corpus.screening.signals import compiled

Messages = Sequence[Mapping[str, str]]

_BEFORE_CHARS: Final = 120
_AFTER_CHARS: Final = 160
#: Words that hand what follows to somebody else: "some people say …", "you feel as if …", "he told you that …".
_HANDED_ON: Final = compiled(
    r"\b(?:you|he|she|they|it|someone|somebody|anyone|people|others|who|parents?|family|boss|society|culture|world|media|friends?|partner|husband|wife|mother|father|mom|mum|dad|voices?) (?:\w+ ){0,3}(?:said|says?|saying|told|tells?|telling|thinks?|thought|thinking|believes?|believed|feels?|felt|feeling|claims?|claimed|called|calls?|hears?|heard|wrote|treats?|treated|worr(?:y|ied)|fear|mentioned|wonder)\b|\b(?:sounds?|feels?|seems?|looks?) (?:like|as if|as though) (?:you|he|she|they|a part|part)\b|\b(?:voice|thought|part of you|depression|idea|belief|message|feeling) (?:\w+ ){0,2}(?:that|says?|saying|tells?|telling)\b|\b(?:being|been) told\b|\braised to believe\b"
)
#: Words that speak against what they stand beside.
_COUNTERED: Final = compiled(
    r"\b(?:myths?|stereotyp\w+|prejudic\w+|untrue|(?:not|nothing|never|isn'?t|wasn'?t|aren'?t) (?:\w+ )?(?:true|right|okay|ok|fair|a fact|acceptable)|false\b|wrong (?:to|that|idea|about)|unfair\w*|outdated|harmful (?:idea|belief|message)|bias(?:es|ed)?\b|sexis[mt]|racis[mt]|ageis[mt]|ableis[mt]|nonsense|not all|(?:do ?n'?t|does ?n'?t|do not|does not|never) (?:\w+ )?(?:believe|agree|mean|think)|no (?:evidence|reason to (?:think|believe))|contrary)\b"
)
#: Words that decline or warn: what follows is not offered.
_REFUSED: Final = compiled(
    r"\b(?:can(?:not|'?t)|won'?t|will not|would never|do ?n'?t|do not|not (?:going|able|willing) to|never|must ?n'?t|should ?n'?t|no need to|not safe to|before you|instead of|rather than)\b[^.?!;\n]{0,70}\Z"
)


#: Words that only suppose: "maybe you have depression", "if you are …".
_SUPPOSED: Final = compiled(r"\b(?:if|maybe|perhaps|whether|might|may|could|when|unless)\b[^.?!;\n]{0,60}\Z")


def assistant_pieces(messages: Messages) -> list[Piece]:
    """The assistant's newest messages in short pieces with plain quotes; places stay those of the messages."""
    return [replace(piece, content=plain(piece.content)) for piece in split(messages) if piece.role == "assistant"]


def is_reported(text: str, start: int, end: int) -> bool:
    """Whether the words are quoted, handed on as somebody else's, or spoken against, here or just after."""
    if context.is_quoted(text, start, end):
        return True
    before = _sentence_before(text, start)
    return bool(
        _HANDED_ON.search(before)
        or _COUNTERED.search(before)
        or _COUNTERED.search(text, end, min(len(text), end + _AFTER_CHARS))
    )


def is_refused(text: str, start: int) -> bool:
    """Whether the reply declines or warns of what follows: "I can't tell you how to …"."""
    return bool(_REFUSED.search(_sentence_before(text, start)))


def is_supposed(text: str, start: int) -> bool:
    """Whether the reply only supposes what follows: "maybe you have …"."""
    return bool(_SUPPOSED.search(_sentence_before(text, start)))


def _sentence_before(text: str, start: int) -> str:
    """The clause that leads to the match: from the end of the sentence before it, or from a "but"."""
    before = text[max(0, start - _BEFORE_CHARS) : start]
    begin = max((before.rfind(mark) for mark in ".?!\n"), default=-1) + 1
    return before[max(begin, before.lower().rfind(" but ") + 1) :]
