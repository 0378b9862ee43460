"""The always-on rule-based detector, as the answer needs it: one finding per conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from datasets_app.corpus.screening import Signal as DetectorSignal
from datasets_app.corpus.screening import assess
from datasets_app.corpus.taxonomy import RiskLevel

#: Risk levels at which the rules call it a crisis.
CRISIS_LEVELS: Final = frozenset({RiskLevel.MODERATE.value, RiskLevel.HIGH.value, RiskLevel.IMMINENT.value})

#: Characters of the newest messages that the rules read; the model reads far less.
MAX_READ_CHARS: Final = 12_000
#: Longer messages are looked through in pieces of at most this many characters.
MAX_PIECE_CHARS: Final = 1_000
_SENTENCE_END: Final = re.compile(r"[.!?\n]\s*")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class Signal:
    """One sign: characters [start, end) of the content of message number `message` among the messages scored.

    `signal` is None for signs that support others but are no crisis signal of their own.
    """

    signal: str | None
    family: str
    severity: int | None
    message: int
    start: int
    end: int


@dataclass(frozen=True)
class Finding:
    """What the rules see.

    `crisis_type` is what they propose, however mild. `crisis` says that the risk level is moderate or above: only then
    do they raise a model's answer. `score` 0-1; `timeline` is None without a signal. `about_someone_else`: another
    person may be in danger now; `medical`: signs of a medical emergency; `bereavement`: a death is told of.
    """

    score: float
    level: str
    crisis: bool
    crisis_type: str
    severity: int | None
    timeline: str | None
    indicators: tuple[str, ...]
    protective_factors: tuple[str, ...]
    signals: tuple[Signal, ...]
    about_someone_else: bool = False
    medical: bool = False
    bereavement: bool = False


def find(messages: Sequence[Mapping[str, str]]) -> Finding:
    """Run the detector over messages of user and assistant; spans point into these messages."""
    pieces = split(messages)
    assessment = assess([{"role": piece.role, "content": piece.content} for piece in pieces])
    return Finding(
        score=assessment.score,
        level=assessment.risk_level,
        crisis=assessment.crisis and assessment.risk_level in CRISIS_LEVELS,
        crisis_type=assessment.crisis_type,
        severity=assessment.severity,
        timeline=assessment.timeline if assessment.signals else None,
        indicators=tuple(dict.fromkeys(signal.rule for signal in assessment.signals)),
        protective_factors=assessment.protective_factors,
        signals=tuple(_placed(signal, pieces[signal.message]) for signal in assessment.signals),
        about_someone_else=assessment.about_someone_else,
        medical=assessment.medical,
        bereavement=assessment.bereavement,
    )


@dataclass(frozen=True)
class Piece:
    """Part of a message: content[offset : offset + len(content)] of message number `message`."""

    role: str
    content: str
    message: int
    offset: int


def split(messages: Sequence[Mapping[str, str]]) -> list[Piece]:
    """Cut long messages at sentences, newest text first up to MAX_READ_CHARS, so that no text makes the rules slow.

    The detector looks at a match's surroundings within its message: its cost grows with a message's
    length squared.
    """
    pieces: list[Piece] = []
    left = MAX_READ_CHARS
    for number in range(len(messages) - 1, -1, -1):
        content = messages[number]["content"]
        begin = max(0, len(content) - left)
        left -= len(content) - begin
        cut = [
            Piece(messages[number]["role"], content[start:end], number, start) for start, end in _bounds(content, begin)
        ]
        pieces = cut + pieces
        if left <= 0:
            break
    return pieces


def _bounds(content: str, begin: int) -> list[tuple[int, int]]:
    bounds = []
    while len(content) - begin > MAX_PIECE_CHARS:
        window = content[begin + MAX_PIECE_CHARS // 2 : begin + MAX_PIECE_CHARS]
        breaks = [match.end() for match in _SENTENCE_END.finditer(window)] or [
            match.end() for match in _SPACE.finditer(window)
        ]
        end = begin + MAX_PIECE_CHARS // 2 + (breaks[-1] if breaks else len(window))
        bounds.append((begin, end))
        begin = end
    return [*bounds, (begin, len(content))]


def _placed(signal: DetectorSignal, piece: Piece) -> Signal:
    start, end = signal.start + piece.offset, signal.end + piece.offset
    return Signal(signal.signal or None, signal.family, signal.severity or None, piece.message, start, end)
