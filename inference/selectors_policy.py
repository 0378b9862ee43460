"""What opens a case in a project, and how long people have."""

from __future__ import annotations

from collections.abc import Iterable

from inference.models import CasePolicy

__all__ = ["policies_of", "policy_history", "policy_of"]


def policy_of(project_id: int) -> CasePolicy:
    """The policy in force; the defaults, not stored and of version 0, where nobody has changed any."""
    return policies_of([project_id])[project_id]


def policies_of(project_ids: Iterable[int]) -> dict[int, CasePolicy]:
    """The policy in force in each of these projects, in one query."""
    wanted = set(project_ids)
    found = {pk: CasePolicy(project_id=pk) for pk in wanted}
    for policy in CasePolicy.objects.filter(project_id__in=wanted).order_by("version"):
        found[policy.project_id] = policy
    return found


def policy_history(project_id: int) -> list[CasePolicy]:
    """All versions, newest first."""
    return list(CasePolicy.objects.filter(project_id=project_id).select_related("created_by"))
