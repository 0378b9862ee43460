"""Who is here: absences, and experts who stop. What waits with them goes to others in the same transaction."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.models import Absence, Campaign, Expert
from review.refusal import Refused
from review.services.assignments import assignments_clear, assignments_fill
from review.services.experts import check_expert
from review.topics import campaign_topic, review_topic

__all__ = ["absence_add", "absence_end", "expert_change"]

LONGEST_ABSENCE_DAYS = 366


@transaction.atomic
def expert_change(*, expert: Expert, actor: User, specialty: str, capacity: int, active: bool) -> Expert:
    """Change what is known of an expert. What waits with somebody who no longer judges goes to others at once."""
    require(actor, expert.project, Capability.EXPERT_MANAGE)
    check_expert(specialty, capacity)
    campaigns = _locked_campaigns(expert)
    locked = Expert.objects.select_for_update(no_key=True, of=("self",)).select_related("project").get(pk=expert.pk)
    locked.specialty, locked.capacity, locked.active = specialty, capacity, active
    locked.save(update_fields=["specialty", "capacity", "active"])
    record(
        action="expert.change",
        actor=actor,
        project=locked.project,
        target=locked,
        payload={"user": locked.user_id, "specialty": specialty, "capacity": capacity, "active": active},
    )
    touch(review_topic(locked.project_id))
    _share_out_again(campaigns, actor)
    return locked


@transaction.atomic
def absence_add(*, expert: Expert, actor: User, starts_on: date, ends_on: date) -> Absence:
    """Days on which this expert gets no cases: said by themself or by whoever manages experts.

    Where they begin today, what waits with the expert goes to others; what they began stays theirs.
    """
    _may_speak_for(expert, actor)
    today = timezone.localdate()
    if ends_on < starts_on:
        raise Refused("The last day of an absence is not before its first.")
    if ends_on < today:
        raise Refused("These days are over.")
    if (ends_on - starts_on).days > LONGEST_ABSENCE_DAYS:
        raise Refused("An absence of more than a year: make the expert inactive instead.")
    campaigns = _locked_campaigns(expert)
    Expert.objects.select_for_update(no_key=True).get(pk=expert.pk)
    if expert.absences.filter(ended_at=None, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise Refused("Some of these days are in the list already.")
    absence = Absence.objects.create(expert=expert, starts_on=starts_on, ends_on=ends_on, entered_by=actor)
    _audit("expert.away", absence, actor)
    if starts_on <= today:
        _share_out_again(campaigns, actor)
    return absence


@transaction.atomic
def absence_end(*, absence: Absence, actor: User) -> Absence:
    """Take an absence back: from now on its expert gets cases again. Raises Refused when that was done already."""
    _may_speak_for(absence.expert, actor)
    campaigns = _locked_campaigns(absence.expert)
    locked = Absence.objects.select_for_update(no_key=True).get(pk=absence.pk)
    if locked.ended_at is not None:
        raise Refused("This absence was taken back already.")
    locked.ended_at = timezone.now()
    locked.save(update_fields=["ended_at"])
    _audit("expert.back", locked, actor)
    _share_out_again(campaigns, actor)
    return locked


def _locked_campaigns(expert: Expert) -> list[Campaign]:
    """The open campaigns, locked before the register as everywhere, so that two acts never wait for each other."""
    found = Campaign.objects.filter(project=expert.project_id, state=Campaign.State.OPEN).order_by("pk")
    locked = found.select_for_update(no_key=True, of=("self",))
    return list(locked.select_related("project", "model_version"))


def _share_out_again(campaigns: list[Campaign], actor: User) -> None:
    for campaign in campaigns:
        assignments_clear(campaign=campaign)
        assignments_fill(campaign=campaign, actor=actor)
        touch(campaign_topic(campaign.project_id, campaign.pk))


def _may_speak_for(expert: Expert, actor: User) -> None:
    require(actor, expert.project, Capability.REVIEW_JUDGE if actor.pk == expert.user_id else Capability.EXPERT_MANAGE)


def _audit(action: str, absence: Absence, actor: User) -> None:
    expert = absence.expert
    record(
        action=action,
        actor=actor,
        project=expert.project,
        target=expert,
        payload={"user": expert.user_id, "from": str(absence.starts_on), "until": str(absence.ends_on)},
    )
    touch(review_topic(expert.project_id))
