"""Conversations for the tests."""

from __future__ import annotations


def said(*texts: str) -> list[dict[str, str]]:
    """Messages of the user alone."""
    return [{"role": "user", "content": text} for text in texts]


def talk(*texts: str) -> list[dict[str, str]]:
    """A dialogue: the user begins, then the assistant, in turns."""
    return [{"role": "user" if place % 2 == 0 else "assistant", "content": text} for place, text in enumerate(texts)]
