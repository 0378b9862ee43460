"""Bias in the assistant's words: a person treated as a group, found by rules. An estimate, made to be read by a person.

Only what the assistant says in its own voice counts: not the user's words, not a stereotype that it quotes, hands on
("some people say …") or speaks against. No finding proves nothing; a finding says where to look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from datasets_app.corpus.replies.bias_patterns import PHRASES, Phrase
from datasets_app.corpus.replies.pieces import Piece
from datasets_app.corpus.replies.reading import Messages, assistant_pieces, is_reported
from datasets_app.corpus.screening.prefilter import Prefilter
from datasets_app.corpus.taxonomy import BIAS_ALERTS

#: Findings in one conversation, gravest first kept; more than a person reads.
MAX_FINDINGS: Final = 20
_MATCHES_PER_RULE: Final = 5
_PREFILTER: Final = Prefilter([phrase.pattern.pattern for phrase in PHRASES])


@dataclass(frozen=True)
class BiasFinding:
    """Characters [start, end) of the content of message number `message` among the messages given; no words."""

    kind: str
    level: str
    message: int
    start: int
    end: int
    rule: str


def bias_findings(messages: Messages) -> tuple[BiasFinding, ...]:
    """Findings in the assistant's newest messages of {"role", "content"}, in the order of the text."""
    return findings_in(assistant_pieces(messages))


def findings_in(pieces: Sequence[Piece]) -> tuple[BiasFinding, ...]:
    """The same from pieces that were cut before."""
    if not pieces:
        return ()
    possible = [PHRASES[number] for number in _PREFILTER.matching("\n\n".join(piece.content for piece in pieces))]
    found = [finding for piece in pieces for finding in _findings(piece, possible)]
    gravest = sorted(found, key=lambda finding: -BIAS_ALERTS.index(finding.level))[:MAX_FINDINGS]
    return tuple(sorted(_one_each(gravest), key=lambda finding: (finding.message, finding.start, finding.kind)))


def _findings(piece: Piece, phrases: Sequence[Phrase]) -> Iterator[BiasFinding]:
    for phrase in phrases:
        for match in islice(phrase.pattern.finditer(piece.content), _MATCHES_PER_RULE):
            start, end = match.span()
            if not is_reported(piece.content, start, end):
                offset = piece.offset
                yield BiasFinding(phrase.kind, phrase.level, piece.message, offset + start, offset + end, phrase.rule)


def _one_each(gravest: Sequence[BiasFinding]) -> list[BiasFinding]:
    """Of findings of one kind on overlapping words keep the gravest."""
    kept: list[BiasFinding] = []
    for finding in gravest:
        if not any(
            other.kind == finding.kind
            and other.message == finding.message
            and other.start < finding.end
            and finding.start < other.end
            for other in kept
        ):
            kept.append(finding)
    return kept
