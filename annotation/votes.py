"""Rows to the Django-free votes of `annotation.agreement.aggregation`."""

from __future__ import annotations

from annotation.agreement.aggregation import Vote
from annotation.models import Adjudication, Annotation


def vote_of(row: Annotation | Adjudication) -> Vote:
    """A label or a ruling as a vote; a ruling is sure of itself."""
    confidence = row.confidence if isinstance(row, Annotation) else 1.0
    return Vote(row.crisis_type, row.severity, confidence, row.is_edge_case, row.edge_case_kind)
