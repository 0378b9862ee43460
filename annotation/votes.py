"""Rows to the Django-free votes and answers of `annotation.agreement`."""

from __future__ import annotations

from annotation.agreement.aggregation import Vote
from annotation.agreement.experts import Answer
from annotation.models import Adjudication, Annotation, GoldLabel


def vote_of(row: Annotation | Adjudication) -> Vote:
    """A label or a ruling as a vote; a ruling is sure of itself."""
    confidence = row.confidence if isinstance(row, Annotation) else 1.0
    return Vote(row.crisis_type, row.severity, confidence, row.is_edge_case, row.edge_case_kind)


def answer_of(annotation: Annotation, gold: GoldLabel) -> Answer:
    """A label beside the expert's label of the same record."""
    return Answer(
        given=annotation.crisis_type,
        expert=gold.crisis_type,
        also_accepted=tuple(gold.also_accepted),
        severity=annotation.severity,
        expert_severity=gold.severity,
        secondary=tuple(annotation.secondary_types),
    )
