"""Highlighted text for templates. Django-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

Span = dict[str, int]


@dataclass(frozen=True)
class Piece:
    """A stretch of a message and the voices (say "A", "B") that highlighted it; none for plain text."""

    text: str
    voices: tuple[str, ...]

    @property
    def marked(self) -> bool:
        return bool(self.voices)


def pieces(content: str, spans: Mapping[str, Iterable[Span]], message: int) -> list[Piece]:
    """Cut a message where any voice's highlight begins or ends. Offsets are code points, end exclusive."""
    length = len(content)
    own = {
        voice: [(min(length, s["start"]), min(length, s["end"])) for s in found if s["message"] == message]
        for voice, found in spans.items()
    }
    cuts = sorted({0, length, *(place for found in own.values() for span in found for place in span)})
    joined: list[Piece] = []
    for start, end in pairwise(cuts):
        voices = tuple(voice for voice, found in own.items() if any(a <= start and end <= b for a, b in found))
        if joined and joined[-1].voices == voices:
            joined[-1] = Piece(joined[-1].text + content[start:end], voices)
        else:
            joined.append(Piece(content[start:end], voices))
    return joined
