"""What a project asks of a sign-off, set by a clinical lead or an administrator; earlier rules stay on record."""

from __future__ import annotations

from django.db import transaction

from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from review.models import SignOffPolicy
from review.policy import policy_of
from review.refusal import Refused
from review.topics import touch_review
from review.wording import MAX_NOTE, checked_text

__all__ = ["signoff_policy_set"]

_RULES = ("approvals", "second_role", "requires_mfa", "requires_fairness", "requires_edge_cases")


@transaction.atomic
def signoff_policy_set(
    *,
    project: Project,
    actor: User,
    reason: str,
    approvals: int,
    second_role: str = SignOffPolicy.SecondRole.CLINICAL_LEAD,
    requires_mfa: bool = False,
    requires_fairness: bool = False,
    requires_edge_cases: bool = False,
) -> SignOffPolicy:
    """Ask this of every sign-off from now on. Raises PermissionDenied, Refused for a rule that does not exist."""
    require(actor, project, Capability.SIGNOFF_GOVERN)
    reason = checked_text(reason, name="Reason", longest=MAX_NOTE, required=True)
    if approvals not in (1, 2) or second_role not in SignOffPolicy.SecondRole.values:
        raise Refused("One or two people approve; the second is a clinical lead or somebody from QA.")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = policy_of(project)
    policy = SignOffPolicy(
        project=project,
        approvals=approvals,
        second_role=second_role,
        requires_mfa=requires_mfa,
        requires_fairness=requires_fairness,
        requires_edge_cases=requires_edge_cases,
        reason=reason,
        set_by=actor,
    )
    changed = {name: [getattr(before, name), getattr(policy, name)] for name in _RULES}
    changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
    if not changed:
        raise Refused("These are the rules already.")
    policy.save()
    record(action="signoff.policy_set", actor=actor, project=project, target=policy, payload={"changed": changed})
    touch_review(project)
    return policy
