"""Three ways to count into a text: code points (ours), UTF-16 units (browsers), and places in a joined dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from annotation.exchange.sample import Message, Span

SEPARATOR = "\n"


def to_units(text: str, points: int) -> int:
    """UTF-16 units before the code point at `points`."""
    return len(text[:points].encode("utf-16-le")) // 2


def to_points(text: str, units: int) -> int:
    """Code points before the UTF-16 unit at `units`. Raises ValueError inside a surrogate pair or past the end."""
    encoded = text.encode("utf-16-le")
    if not 0 <= units * 2 <= len(encoded):
        raise ValueError("a highlight lies outside its message")
    try:
        return len(encoded[: units * 2].decode("utf-16-le"))
    except UnicodeDecodeError as error:
        raise ValueError("a highlight cuts a character in two") from error


def joined(messages: Sequence[Message]) -> str:
    """The dialogue as one text, a line per turn beginning with its role."""
    return SEPARATOR.join(f"{message.role}: {message.content}" for message in messages)


def to_joined(messages: Sequence[Message], span: Span) -> tuple[int, int]:
    """Start and end of a span in the joined text, in code points."""
    start = _starts(messages)[span.message]
    return start + span.start, start + span.end


def from_joined(messages: Sequence[Message], start: int, end: int) -> Span:
    """The span of one message. Raises ValueError where it lies in none, or in more than one."""
    for index, begin in enumerate(_starts(messages)):
        if begin <= start < end <= begin + len(messages[index].content):
            return Span(index, start - begin, end - begin)
    raise ValueError("a highlight lies in no single message")


def _starts(messages: Sequence[Message]) -> list[int]:
    """Where each message's content begins in the joined text."""
    heads = [len(message.role) + 2 for message in messages]
    lengths = [head + len(message.content) + len(SEPARATOR) for head, message in zip(heads, messages, strict=True)]
    lines = [0, *accumulate(lengths)]
    return [line + head for line, head in zip(lines, heads, strict=False)]
