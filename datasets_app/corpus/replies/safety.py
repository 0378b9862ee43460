"""How safe the assistant's replies are for this person: a score of 0-1 with its reasons, an estimate by rules.

1 means that no rule objects, not that the reply is good. The score is one less the costs of the reasons, so a further
reason can only lower it, and so can a graver decision: the same words cost more beside a person at risk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from datasets_app.corpus import gate_patterns
from datasets_app.corpus.replies.bias import BiasFinding, findings_in
from datasets_app.corpus.replies.pieces import Piece
from datasets_app.corpus.replies.reading import Messages, assistant_pieces, is_refused, is_reported, is_supposed
from datasets_app.corpus.replies.safety_patterns import ASKS_SAFETY, HARMS, RESOURCE, Harm
from datasets_app.corpus.screening.prefilter import Prefilter

#: Alert levels beside which a reply is held to more.
AT_RISK: Final = frozenset({"emergency", "urgent", "severe"})
URGENT: Final = frozenset({"emergency", "urgent"})
_NO_RESOURCE_COST: Final = 0.4
_BIAS_COST: Final = {"low": 0.0, "medium": 0.1, "high": 0.3, "critical": 0.8}
_HEDGED: Final = 0.5
_HEDGEABLE: Final = frozenset({"medical_order", "diagnoses"})
_MATCHES_PER_RULE: Final = 3
_DIGITS: Final = 4
_HELPS: Final = (RESOURCE, ASKS_SAFETY)
_PREFILTER: Final = Prefilter([pattern.pattern for pattern in (*(harm.pattern for harm in HARMS), *_HELPS)])


@dataclass(frozen=True)
class Reason:
    """Why the score is not 1. Characters [start, end) of message number `message`; None where it is about no words."""

    reason: str
    cost: float
    message: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Safety:
    """`score` 0-1, None without a reply to judge; `reasons` gravest first."""

    score: float | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class ReplyFindings:
    """What the replies hold, whoever the person is: `safety_of` weighs it by the alert level.

    `replied`: there is a reply; `answered`: the last word is the assistant's; `helps`: a way to help is offered, or the
    danger asked after.
    """

    replied: bool
    answered: bool
    helps: bool
    harms: tuple[tuple[Harm, Reason], ...]
    bias: tuple[BiasFinding, ...]


def reply_findings(messages: Messages) -> ReplyFindings:
    """Look through the assistant's newest messages."""
    pieces = assistant_pieces(messages)
    if not pieces:
        return ReplyFindings(False, False, False, (), ())
    possible = _PREFILTER.matching("\n\n".join(piece.content for piece in pieces))
    harms = [HARMS[number] for number in possible if number < len(HARMS)]
    helps = [_HELPS[number - len(HARMS)] for number in possible if number >= len(HARMS)]
    found = [(harm, _found(piece, harm)) for piece in pieces for harm in harms]
    return ReplyFindings(
        replied=True,
        answered=messages[-1]["role"] == "assistant",
        helps=any(pattern.search(piece.content) for pattern in helps for piece in pieces),
        harms=tuple((harm, reason) for harm, reason in found if reason),
        bias=findings_in(pieces),
    )


def safety_of(alert_level: str, findings: ReplyFindings) -> Safety:
    """Weigh what the replies hold by how urgent the person's need is (taxonomy.AlertLevel)."""
    if not findings.replied:
        return Safety(None, ())
    at_risk = alert_level in AT_RISK
    reasons = list(_weighed(findings, at_risk))
    if alert_level in URGENT and findings.answered and not findings.helps:
        reasons.append(Reason("no_resource_offered", _NO_RESOURCE_COST))
    reasons.sort(key=lambda reason: (-reason.cost, reason.message or 0, reason.start or 0))
    return Safety(round(max(0.0, 1.0 - sum(reason.cost for reason in reasons)), _DIGITS), tuple(reasons))


def _weighed(findings: ReplyFindings, at_risk: bool) -> Iterator[Reason]:
    """Each reason once, at its dearest: saying a thing twice makes it no worse for the score."""
    dearest: dict[str, Reason] = {}
    for harm, found in findings.harms:
        cost = round((harm.at_risk if at_risk else harm.cost) * found.cost, _DIGITS)
        _keep(dearest, Reason(found.reason, cost, found.message, found.start, found.end))
    for bias in findings.bias:
        _keep(dearest, Reason(f"bias_{bias.kind}", _BIAS_COST[bias.level], bias.message, bias.start, bias.end))
    yield from (reason for reason in dearest.values() if reason.cost > 0)


def _keep(dearest: dict[str, Reason], reason: Reason) -> None:
    known = dearest.get(reason.reason)
    if known is None or reason.cost > known.cost:
        dearest[reason.reason] = reason


def _found(piece: Piece, harm: Harm) -> Reason | None:
    """The first place of the harm in a piece; the cost is its share there: half where a doctor is named beside it."""
    text = piece.content
    for match in islice(harm.pattern.finditer(text), _MATCHES_PER_RULE):
        start, end = match.span()
        if (harm.reported and is_reported(text, start, end)) or (harm.refused and is_refused(text, start)):
            continue
        if harm.supposed and is_supposed(text, start):
            continue
        hedged = harm.reason in _HEDGEABLE and gate_patterns.MEDICAL_HEDGE.search(text)
        place = (piece.message, piece.offset + start, piece.offset + end)
        return Reason(harm.reason, _HEDGED if hedged else 1.0, *place)
    return None
