"""Reads of the register: who is in it, what waits with whom, what an expert has to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with
from review.judged import consensus_by_case
from review.models import Absence, Assignment, Campaign, Expert, ReviewCase
from review.readers import away_on

__all__ = [
    "CampaignLoad",
    "OwnCampaign",
    "absences_ahead",
    "campaign_load",
    "expert_of",
    "experts_of",
    "own_campaigns",
    "own_share",
    "people_to_register",
    "split_cases",
]

State = Assignment.State


@dataclass(frozen=True, slots=True)
class OwnCampaign:
    """One open review as an expert sees it: how many of their cases wait, are begun, are judged."""

    campaign: Campaign
    waiting: int
    begun: int
    judged: int

    @property
    def total(self) -> int:
        return self.waiting + self.begun + self.judged


@dataclass(frozen=True, slots=True)
class CampaignLoad:
    """What of a review waits with one expert; never how fast or how well they judge."""

    expert: User
    held: int
    late: int
    is_away: bool


def experts_of(project: Project, day: date | None = None) -> QuerySet[Any]:
    """The register with `held` open cases of all reviews, and whether each is away today."""
    away = away_on(day or timezone.localdate()).filter(expert=OuterRef("pk"))
    held = Count("user__review_assignments", filter=Q(user__review_assignments__state__in=Assignment.HELD))
    return Expert.objects.filter(project=project).select_related("user").annotate(held=held, is_away=Exists(away))


def people_to_register(project: Project) -> QuerySet[User]:
    """Members who may judge and stand in no register yet."""
    known = Expert.objects.filter(project=project).values("user")
    return members_with(project, Capability.REVIEW_JUDGE).exclude(pk__in=known).order_by("display_name", "pk")


def expert_of(project: Project, user: User) -> Expert | None:
    """The person's own row; None before their first case."""
    return Expert.objects.filter(project=project, user=user).first()


def absences_ahead(expert: Expert) -> QuerySet[Absence]:
    """Absences that hold now or later, the next first."""
    return expert.absences.filter(ended_at=None, ends_on__gte=timezone.localdate()).order_by("starts_on")


def own_campaigns(project: Project, user: User) -> list[OwnCampaign]:
    """The open reviews that this person may work in, with their own share of each."""
    open_ones = Campaign.objects.filter(project=project, state=Campaign.State.OPEN).exclude(model_version__trainer=user)
    mine = "cases__assignments"

    def count(state: str) -> Count:
        return Count(mine, filter=Q(**{f"{mine}__state": state, f"{mine}__expert": user}))

    rows = open_ones.select_related("model_version").annotate(
        waiting=count(State.OPEN), begun=count(State.BEGUN), done=count(State.DONE)
    )
    return [OwnCampaign(row, row.waiting, row.begun, row.done) for row in rows.order_by("created_at")]


def own_share(campaign: Campaign, user: User) -> OwnCampaign:
    """The same of one review."""
    states = Assignment.objects.filter(case__campaign=campaign, expert=user).values_list("state", flat=True)
    counted = {state: list(states).count(state) for state in (State.OPEN, State.BEGUN, State.DONE)}
    return OwnCampaign(campaign, counted[State.OPEN], counted[State.BEGUN], counted[State.DONE])


def campaign_load(campaign: Campaign) -> list[CampaignLoad]:
    """Who still holds cases of this review, the fullest first."""
    today = timezone.localdate()
    held = Assignment.objects.filter(case__campaign=campaign, state__in=Assignment.HELD)
    rows = held.order_by().values("expert").annotate(n=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)))
    counted = {row["expert"]: row for row in rows}
    away = set(away_on(today).filter(expert__project=campaign.project_id).values_list("expert__user", flat=True))
    people = User.objects.filter(pk__in=counted)
    found = [
        CampaignLoad(person, counted[person.pk]["n"], counted[person.pk]["late"], person.pk in away)
        for person in people
    ]
    return sorted(found, key=lambda row: (-row.held, row.expert.pk))


def split_cases(campaign: Campaign, user: User | None = None) -> list[ReviewCase]:
    """Cases on which all who judged are split; with `user`, those that this person has judged."""
    split = [pk for pk, found in consensus_by_case(campaign).items() if found.is_split]
    cases = campaign.cases.filter(pk__in=split).select_related("campaign")
    if user is not None:
        cases = cases.filter(judgements__expert=user, judgements__judged_at__isnull=False)
    enough = Count("judgements", filter=Q(judgements__judged_at__isnull=False), distinct=True)
    return list(cases.annotate(done=enough).filter(done__gte=F("campaign__minimum_reviewers")).order_by("position"))
