"""What a project asks of its annotators, changed by those who manage rounds."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotation.errors import Invalid, NotAllowed
from annotation.models import AnnotationPolicy
from annotation.selectors_policy import policy_of
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record

__all__ = ["policy_change", "policy_of"]


def policy_change(*, project: Project, actor: User, changes: dict[str, Any]) -> AnnotationPolicy:
    """Change some fields. Raises `NotAllowed` without round.manage, `Invalid` naming the field that is out of range."""
    if not can(actor, project, Capability.ROUND_MANAGE):
        raise NotAllowed("may_not_manage", "Your role does not change what annotators are asked.")
    with transaction.atomic():
        policy, _ = AnnotationPolicy.objects.select_for_update(no_key=True).get_or_create(project=project)
        for name, value in changes.items():
            setattr(policy, name, value)
        policy.updated_by = actor
        try:
            policy.full_clean()
        except ValidationError as error:
            field, sentences = next(iter(error.message_dict.items()))
            raise Invalid(field, sentences[0]) from error
        policy.save()
        record(action="annotation.policy_change", actor=actor, project=project, target=policy, payload=dict(changes))
    return policy
