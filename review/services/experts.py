"""The register of experts: put there by hand, or by the first case they take."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from pixelhub.accounts.access import can, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.models import Expert
from review.readers import away_on
from review.refusal import Refused
from review.topics import review_topic

__all__ = ["check_expert", "expert_ready", "expert_ready_by_hand", "expert_register"]


@transaction.atomic
def expert_register(
    *, project: Project, user: User, actor: User, specialty: str = "", capacity: int = Expert.DEFAULT_CAPACITY
) -> Expert:
    """Put a member who may judge into the register. Raises Refused for others, and when they stand there already."""
    require(actor, project, Capability.EXPERT_MANAGE)
    if not can(user, project, Capability.REVIEW_JUDGE):
        raise Refused("Only members whose role includes judging can be experts; an administrator grants roles.")
    check_expert(specialty, capacity)
    row, made = _add(project, user, actor, specialty=specialty, capacity=capacity)
    if not made:
        raise Refused("This person is in the register already.")
    return row


def expert_ready(*, project: Project, user: User) -> Expert:
    """The register's row of somebody about to take a case; a member who may judge is put there by their first one.

    Inside a transaction. Raises Refused where the row says that they don't judge now.
    """
    row = Expert.objects.filter(project=project, user=user).first()
    if row is None:
        row, _ = _add(project, user, user, by_first_case=True)
    if not row.active:
        raise Refused("You are not among the active experts of this project; whoever manages them can change that.")
    absence = away_on(timezone.localdate()).filter(expert=row).first()
    if absence is not None:
        raise Refused(f"You are away until {absence.ends_on:%d %B}. Take your absence back to get cases again.")
    return row


@transaction.atomic
def expert_ready_by_hand(*, project: Project, user: User) -> Expert:
    """The register's row of a member who may judge, made where there is none: they say when they are away, say."""
    require(user, project, Capability.REVIEW_JUDGE)
    return _add(project, user, user, by_first_case=True)[0]


def check_expert(specialty: str, capacity: int) -> None:
    """Raises Refused for a specialty or a capacity that is none."""
    if specialty not in Expert.Specialty.values:
        raise Refused("Choose one of the specialties, or none.")
    if not 1 <= capacity <= Expert.MAX_CAPACITY:
        raise Refused(f"Between 1 and {Expert.MAX_CAPACITY} open cases at once.")


def _add(
    project: Project,
    user: User,
    actor: User,
    *,
    specialty: str = "",
    capacity: int = Expert.DEFAULT_CAPACITY,
    by_first_case: bool = False,
) -> tuple[Expert, bool]:
    values = {"specialty": specialty, "capacity": capacity, "registered_by": actor}
    row, made = Expert.objects.get_or_create(project=project, user=user, defaults=values)
    if made:
        record(
            action="expert.register",
            actor=actor,
            project=project,
            target=row,
            payload={"user": user.pk, "specialty": specialty, "capacity": capacity, "by_first_case": by_first_case},
        )
        touch(review_topic(project.pk))
    return row, made
