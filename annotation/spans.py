"""Highlighted text for templates. Django-free."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A stretch of a message, highlighted or not."""

    text: str
    marked: bool


def pieces(content: str, spans: Iterable[dict[str, int]], message: int) -> list[Piece]:
    """Cut a message at its highlights; overlapping ones are joined. Offsets are code points, end exclusive."""
    marked = [False] * len(content)
    for span in spans:
        if span["message"] == message:
            start, end = max(0, span["start"]), min(len(content), span["end"])
            marked[start:end] = [True] * max(0, end - start)
    found: list[Piece] = []
    start = 0
    for index in range(1, len(content) + 1):
        if index == len(content) or marked[index] != marked[start]:
            found.append(Piece(content[start:index], marked[start]))
            start = index
    return found
