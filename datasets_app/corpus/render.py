"""One rendering of a conversation for the model, shared by training and serving so that they cannot drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

LAST_MESSAGES: Final = 10
# Part of the name of everything that is kept of rendered texts: raise it with any change of what is returned.
RENDERER_VERSION: Final = 1
_SPEAKERS: Final[dict[str, str]] = {"user": "User", "assistant": "Assistant"}


def render_conversation(messages: Sequence[Mapping[str, str]], last: int = LAST_MESSAGES) -> str:
    """Return "User: …\\nAssistant: …" for the last `last` messages of a user and an assistant.

    System messages are instructions, not anyone's words in the conversation; they are left out.
    Line breaks inside a message become spaces, so a text cannot forge a turn of another speaker.
    """
    if last < 1:
        raise ValueError("last must be at least 1")
    spoken = [message for message in messages if message["role"] in _SPEAKERS]
    return "\n".join(
        f"{_SPEAKERS[message['role']]}: {' '.join(message['content'].split())}" for message in spoken[-last:]
    )


class Size(NamedTuple):
    """How much there is to read."""

    messages: int
    characters: int


def size_of(messages: Sequence[Mapping[str, str]], last: int = LAST_MESSAGES) -> Size:
    """Return the number of the last messages of user and assistant that say something, and of their characters.

    One measure for evaluations and for the service, so that one can be compared with the other.
    """
    spoken = [m["content"] for m in messages if m["role"] in _SPEAKERS and not m["content"].isspace() and m["content"]]
    return Size(len(spoken[-last:]), sum(map(len, spoken[-last:])))
