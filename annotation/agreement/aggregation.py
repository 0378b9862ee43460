"""From several labels of one conversation to one, and the order in which disagreements are looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from datasets_app.corpus.taxonomy import NONE_TYPE, harm_rank

SEVERITY_GAP = 2  # one step apart is torn between neighbours; two steps is a different judgement
DecidedBy = Literal["unanimous", "majority", "adjudicated", "rater_model"]
Aggregation = Literal["adjudicated", "majority", "dawid_skene", "mace"]
AGGREGATIONS: tuple[Aggregation, ...] = ("adjudicated", "majority", "dawid_skene", "mace")


@dataclass(frozen=True)
class Vote:
    """One rater's label."""

    crisis_type: str
    severity: int | None
    confidence: float
    is_edge_case: bool = False
    edge_case_kind: str = ""


@dataclass(frozen=True)
class Decision:
    """The label that stands."""

    crisis_type: str
    severity: int | None
    confidence: float
    is_edge_case: bool
    edge_case_kind: str
    decided_by: DecidedBy


def disagree(votes: Sequence[Vote]) -> bool:
    """Different types, or severities two or more apart."""
    if len({vote.crisis_type for vote in votes}) > 1:
        return True
    severities = [vote.severity for vote in votes if vote.severity is not None]
    return bool(severities) and max(severities) - min(severities) >= SEVERITY_GAP


def decide(votes: Sequence[Vote], ruling: Vote | None = None) -> Decision:
    """The label that stands: the ruling where there is one, else what the raters agree on.

    Where the types agree and the severities are one step apart, the severity most raters chose stands, and on a tie
    the higher one (guideline: torn between two severities, take the higher). Raises ValueError for a disagreement
    without a ruling, and for no votes.
    """
    if not votes:
        raise ValueError("no labels to decide on")
    if ruling is not None:
        agreeing = [vote.confidence for vote in votes if vote.crisis_type == ruling.crisis_type]
        confidence = fmean(agreeing or [vote.confidence for vote in votes])
        return _decision(ruling.crisis_type, ruling.severity, confidence, [ruling], "adjudicated")
    if disagree(votes):
        raise ValueError("a disagreement needs a ruling")
    severity, how = _severity(votes)
    return _decision(votes[0].crisis_type, severity, fmean(vote.confidence for vote in votes), votes, how)


def decide_by_majority(votes: Sequence[Vote]) -> Decision:
    """What most raters chose, where nobody adjudicates; on a tie the more harmful type, then the higher severity.

    Confidence is that of the raters who chose it times their share of the votes.
    """
    counted = Counter(vote.crisis_type for vote in votes)
    most = max(counted.values())
    crisis_type = min((kind for kind, times in counted.items() if times == most), key=harm_rank)
    chosen = [vote for vote in votes if vote.crisis_type == crisis_type]
    confidence = fmean(vote.confidence for vote in chosen) * len(chosen) / len(votes)
    return _decision(crisis_type, _severity(chosen)[0], confidence, chosen, "majority")


def decide_by_model(votes: Sequence[Vote], crisis_type: str, confidence: float) -> Decision:
    """What a rater model holds most probable, with its probability; the severity is that of the raters who chose it.

    Raises ValueError for a type that no rater chose. Models decide types: where raters differ in severity alone, most
    votes decide.
    """
    chosen = [vote for vote in votes if vote.crisis_type == crisis_type]
    if not chosen:
        raise ValueError("a type that nobody chose has no severity")
    if len(chosen) == len(votes):
        return decide_by_majority(votes)
    return _decision(crisis_type, _severity(chosen)[0], confidence, chosen, "rater_model")


def harm_order(votes: Sequence[Vote]) -> tuple[int, int, int]:
    """Sort key, most urgent first: a crisis that somebody saw and somebody didn't, the more harmful the earlier."""
    ranks = [harm_rank(vote.crisis_type) for vote in votes]
    severities = [vote.severity or 0 for vote in votes]
    missed_by_someone = any(vote.crisis_type == NONE_TYPE for vote in votes)
    return (0 if missed_by_someone else 1, min(ranks), min(severities) - max(severities))


def _severity(votes: Sequence[Vote]) -> tuple[int | None, DecidedBy]:
    counted = Counter(vote.severity for vote in votes)
    if len(counted) == 1:
        return votes[0].severity, "unanimous"
    most = max(counted.values())
    return max(severity for severity, times in counted.items() if times == most and severity), "majority"


def _decision(
    crisis_type: str, severity: int | None, confidence: float, votes: Sequence[Vote], how: DecidedBy
) -> Decision:
    kinds = Counter(vote.edge_case_kind for vote in votes if vote.is_edge_case and vote.edge_case_kind)
    return Decision(
        crisis_type=crisis_type,
        severity=severity,
        confidence=round(confidence, 4),
        is_edge_case=any(vote.is_edge_case for vote in votes),
        edge_case_kind=min(kinds, key=lambda kind: (-kinds[kind], kind)) if kinds else "",
        decided_by=how,
    )
