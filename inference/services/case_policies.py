"""What opens a case, and how long people have: every change is a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from inference.models import CasePolicy
from inference.refusals import CaseInvalid
from inference.selectors_policy import policy_of
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

#: What a person may choose.
POLICY_FIELDS = tuple(
    field.name
    for field in CasePolicy._meta.fields
    if field.name not in ("id", "project", "version", "created_by", "created_at")
)


@transaction.atomic
def case_policy_change(*, project: Project, actor: User, values: dict[str, Any]) -> CasePolicy:
    """A new version of the policy; open cases keep the deadlines that they have. Raises `CaseInvalid` with the field.

    The same values again change nothing.
    """
    require(actor, project, Capability.CASE_POLICY)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    former = policy_of(project.pk)
    chosen = {name: values.get(name, getattr(former, name)) for name in POLICY_FIELDS}
    if former.pk and chosen == {name: getattr(former, name) for name in POLICY_FIELDS}:
        return former
    policy = CasePolicy(project=project, version=former.version + 1, created_by=actor, **chosen)
    try:
        policy.full_clean()
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise CaseInvalid(name, sentences[0]) from error
    policy.save(force_insert=True)
    record(action="case.policy_change", actor=actor, project=project, target=policy, payload=chosen)
    return policy
