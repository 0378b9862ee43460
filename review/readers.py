"""Who can read a campaign's cases today: active, here, allowed, and not the one who made the model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with
from review.evidence.assigning import Reader
from review.models import Absence, Assignment, Campaign, Expert

__all__ = ["away_on", "barred_from", "readers_of", "specialties_of"]


def away_on(day: date) -> QuerySet[Absence]:
    """Absences that hold on this day."""
    return Absence.objects.filter(ended_at=None, starts_on__lte=day, ends_on__gte=day)


def readers_of(campaign: Campaign, *, day: date | None = None, lock: bool = False) -> list[Reader]:
    """The experts who can be asked now, with what they have open in all reviews.

    `lock` holds their rows, so that two reviews handing out at once count the same load one after the other.
    """
    if lock:
        register = Expert.objects.filter(project=campaign.project_id).order_by("pk").select_for_update(no_key=True)
        list(register.values_list("pk", flat=True))
    found = _here(campaign, day or timezone.localdate())
    held = Count("user__review_assignments", filter=Q(user__review_assignments__state__in=Assignment.HELD))
    rows = found.annotate(held=held).order_by("pk").values_list("user_id", "capacity", "held", "specialty")
    return [Reader(pk, capacity, load, specialty) for pk, capacity, load, specialty in rows]


def barred_from(campaign: Campaign, day: date) -> Mapping[str, list[int]]:
    """Who holds seats of this campaign but can't take them now, by reason."""
    holders = Assignment.objects.filter(case__campaign=campaign, state=Assignment.State.OPEN)
    people = set(holders.order_by().values_list("expert_id", flat=True).distinct())
    away = set(away_on(day).filter(expert__project=campaign.project_id).values_list("expert__user_id", flat=True))
    here = set(_here(campaign, day).values_list("user_id", flat=True))
    return {
        Assignment.Reason.AWAY: sorted(people & away),
        Assignment.Reason.INACTIVE: sorted(people - here - away),
    }


def specialties_of(project_id: int) -> dict[int, str]:
    """The specialty of everybody in the register."""
    return dict(Expert.objects.filter(project=project_id).values_list("user_id", "specialty"))


def _here(campaign: Campaign, day: date) -> QuerySet[Expert]:
    able = members_with(campaign.project, Capability.REVIEW_JUDGE).values("pk")
    away = away_on(day).filter(expert=OuterRef("pk"))
    experts = Expert.objects.filter(project=campaign.project_id, active=True, user__in=able)
    return experts.exclude(Exists(away)).exclude(user=campaign.model_version.trainer_id)
