"""What roles may do, and what nobody else may."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from pixelhub.accounts.access import can, projects_of, require
from pixelhub.accounts.models import Membership
from pixelhub.accounts.roles import ROLE_CAPABILITIES, Capability, Role
from pixelhub.accounts.selectors import members_with
from pixelhub.accounts.services import membership_revoke, user_set_active


def test_every_role_is_in_the_table_and_every_capability_is_held_by_some_role() -> None:
    assert set(ROLE_CAPABILITIES) == set(Role.values)
    assert frozenset().union(*ROLE_CAPABILITIES.values()) == frozenset(Capability)


def test_only_the_clinical_lead_signs_and_never_promotes() -> None:
    signers = [role for role, granted in ROLE_CAPABILITIES.items() if Capability.SIGNOFF_DECIDE in granted]
    assert signers == [Role.CLINICAL_LEAD]
    assert Capability.PROMOTE not in ROLE_CAPABILITIES[Role.CLINICAL_LEAD]


@pytest.mark.parametrize("role", Role.values)
def test_an_outsider_gets_404_and_a_colleague_403(world, role: str) -> None:
    for capability in Capability:
        with pytest.raises(Http404):
            require(world.outsider(role), world.project, capability)
        if capability in ROLE_CAPABILITIES[role]:
            require(world.user(role), world.project, capability)
        else:
            with pytest.raises(PermissionDenied):
                require(world.user(role), world.project, capability)


def test_a_revoked_role_and_a_disabled_person_can_do_nothing(world) -> None:
    qa = world.user("qa")
    assert can(qa, world.project, Capability.ADJUDICATE)
    membership_revoke(
        membership=Membership.objects.get(user=qa, project=world.project), actor=world.user("administrator")
    )
    fresh = type(qa).objects.get(pk=qa.pk)
    assert not can(fresh, world.project, Capability.ADJUDICATE)
    assert not projects_of(fresh).exists()
    lead = world.user("clinical_lead")
    user_set_active(user=lead, active=False, actor=world.user("administrator"))
    assert not can(type(lead).objects.get(pk=lead.pk), world.project, Capability.SIGNOFF_DECIDE)
    assert lead not in members_with(world.project, Capability.SIGNOFF_DECIDE)
