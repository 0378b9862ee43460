"""The always-on rule-based detector, as the answer needs it: one finding per conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from datasets_app.corpus.replies.pieces import Piece, split
from datasets_app.corpus.screening import Signal as DetectorSignal
from datasets_app.corpus.screening import assess
from datasets_app.corpus.taxonomy import RiskLevel

#: Risk levels at which the rules call it a crisis.
CRISIS_LEVELS: Final = frozenset({RiskLevel.MODERATE.value, RiskLevel.HIGH.value, RiskLevel.IMMINENT.value})


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


def _placed(signal: DetectorSignal, piece: Piece) -> Signal:
    start, end = signal.start + piece.offset, signal.end + piece.offset
    return Signal(signal.signal or None, signal.family, signal.severity or None, piece.message, start, end)
