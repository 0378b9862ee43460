"""Whether words typed about a conversation repeat it.

What people write about a test conversation travels: to the guideline, to those who write synthetic cases. Were it to
carry the conversation's words along, the test split would leak into training by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["RUN", "quoted"]

#: So many words in a row, the same as in the conversation, are a quotation.
RUN: Final = 5
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def quoted(text: str, messages: Iterable[Mapping[str, Any]]) -> str:
    """The first run of words in `text` that stands in a message, "" where none does.

    `RUN` words in a row count, and the whole of a shorter message of three words or more.
    """
    said = _words(text)
    for message in messages:
        spoken = _words(str(message.get("content", "")))
        length = min(RUN, len(spoken))
        if length < 3:
            continue
        runs = {tuple(spoken[at : at + length]) for at in range(len(spoken) - length + 1)}
        for at in range(len(said) - length + 1):
            if tuple(said[at : at + length]) in runs:
                return " ".join(said[at : at + length])
    return ""


def _words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]
