"""The state machine of a model version: one table, read by the services and shown by nothing else."""

from __future__ import annotations

from typing import Final

from training_app.models import VersionState as S

# An expert review may look at a version that misses a target, hence candidate -> in_review; what the targets block
# is promotion. production -> approved is a roll-back that keeps a sign-off that still holds; retired -> production
# brings such a version back.
TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    S.CANDIDATE: frozenset({S.VALIDATED, S.IN_REVIEW, S.REJECTED, S.RETIRED}),
    S.VALIDATED: frozenset({S.IN_REVIEW, S.REJECTED, S.RETIRED}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.REJECTED, S.VALIDATED}),
    S.APPROVED: frozenset({S.PRODUCTION, S.REJECTED, S.RETIRED, S.IN_REVIEW}),
    S.PRODUCTION: frozenset({S.RETIRED, S.APPROVED, S.REJECTED}),
    S.RETIRED: frozenset({S.PRODUCTION}),
    S.REJECTED: frozenset(),
}


def sources_of(target: str) -> list[str]:
    """The states from which a version may come to `target`."""
    return [source for source, targets in TRANSITIONS.items() if target in targets]
