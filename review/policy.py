"""What a project asks of a sign-off now, and who may give one."""

from __future__ import annotations

from django.conf import settings

from pixelhub.accounts.access import can
from pixelhub.accounts.models import Membership, Project, User
from pixelhub.accounts.roles import Capability, Role
from review.evidence.signed import Policy
from review.models import SignOffPolicy

__all__ = ["policy_of", "signed_policy", "signer_role"]


def policy_of(project: Project) -> SignOffPolicy:
    """The newest policy; the default, unsaved, where nobody has set one."""
    return SignOffPolicy.objects.filter(project=project).order_by("-pk").first() or SignOffPolicy(project=project)


def signed_policy(policy: SignOffPolicy) -> Policy:
    """The same as it goes into the document."""
    return Policy(
        approvals=policy.approvals,
        second_role=policy.second_role,
        requires_mfa=policy.requires_mfa,
        fresh_s=settings.SIGNOFF_FRESH_S,
    )


def signer_role(user: User, policy: SignOffPolicy) -> str:
    """The role in which this person signs here; empty for somebody who may not.

    A clinical lead always; somebody from QA where the policy takes one as the second of two.
    """
    if can(user, policy.project, Capability.SIGNOFF_DECIDE):
        return Role.CLINICAL_LEAD
    takes_qa = policy.approvals == 2 and policy.second_role == SignOffPolicy.SecondRole.QA
    if (
        takes_qa
        and user.is_active
        and Membership.objects.filter(project=policy.project, user=user, role=Role.QA).exists()
    ):
        return Role.QA
    return ""
