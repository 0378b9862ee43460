"""What is sent: the last ten messages of user and assistant, and nothing before them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pixelhub_client.errors import RequestRefused

LAST_MESSAGES = 10
MAX_CHARS = 20_000
_ROLES = ("user", "assistant", "system")
Message = Mapping[str, str]
Messages = str | Iterable[Message]


def last_messages(messages: Messages) -> tuple[list[dict[str, str]], int]:
    """The messages to send, and how many came before the first of them (spans of an answer count from that one).

    A text alone is one message of the user. An over-long message keeps its end. Raises RequestRefused, without the
    text.
    """
    given = [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)
    checked: list[tuple[int, dict[str, str]]] = []
    for index, message in enumerate(given):
        role, content = (message.get("role"), message.get("content")) if isinstance(message, Mapping) else (None, None)
        if role not in _ROLES or not isinstance(content, str):
            detail = f"message {index} needs a role of {', '.join(_ROLES)} and a text as content."
            raise RequestRefused(422, "bad_message", detail)
        if role != "system" and content.strip():
            # What JSON or the hub could not take is no reason to leave a person unheard.
            clean = content.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")
            checked.append((index, {"role": role, "content": clean[-MAX_CHARS:]}))
    if not checked:
        raise RequestRefused(422, "empty", "There is no text of a user or an assistant to score.")
    kept = checked[-LAST_MESSAGES:]
    return [message for _, message in kept], kept[0][0]
