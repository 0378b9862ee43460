"""What races about cases do; named by tests/review/test_races_cases.py."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone

from pixelhub.accounts.models import User
from pixelhub.audit.selectors import chain_verify
from review import services
from review.models import Assignment, Campaign, Expert
from review.refusal import Refused
from tests.review import race_acts

before_fork = race_acts.before_fork


def prepare() -> list[Any]:
    """A review of four cases for two readers each, and four experts in the register; returns it, lead and experts."""
    ready = race_acts.staged()
    people = [ready.world.user("qa", n=number) for number in range(1, 5)]
    for person in people:
        services.expert_register(project=ready.project, actor=ready.lead, user=person, specialty="", capacity=8)
    campaign = ready.open_campaign(size=4, minimum_reviewers=2, maximum_reviewers=2)
    Assignment.objects.filter(case__campaign=campaign).delete()
    return [campaign.pk, ready.lead.pk, [person.pk for person in people]]


def act(kind: str, campaign: int, person: int) -> str:
    """One of the acts that meet; "done", or the refusal."""
    found, user = Campaign.objects.select_related("project").get(pk=campaign), User.objects.get(pk=person)
    try:
        if kind == "claim":
            _claim_all(found, user)
        elif kind == "reassign":
            services.campaign_reassign(campaign=found, actor=user)
        else:
            _leave(found, user)
    except Refused as refused:
        return str(refused)
    return "done"


def _claim_all(campaign: Campaign, expert: User) -> None:
    """Claim and label until nothing is left: what is begun is held, so the next claim is another case."""
    for _ in range(campaign.cases.count()):
        case = services.case_claim(campaign=campaign, expert=expert)
        if case is None:
            return
        services.case_label(case=case, expert=expert, crisis_type="none", severity=None)
        services.case_judge(case=case, expert=expert, verdict="agree")


def _leave(campaign: Campaign, expert: User) -> None:
    today = timezone.localdate()
    row = Expert.objects.get(project=campaign.project, user=expert)
    services.absence_add(expert=row, actor=expert, starts_on=today, ends_on=today + timedelta(days=3))


def look(campaign: int) -> dict[str, Any]:
    """Who sits where afterwards: readers by case, the most times that one person sits at one case, open seats."""
    seats = Assignment.objects.filter(case__campaign=campaign, state__in=Assignment.SEATED)
    pairs = Counter(seats.values_list("case_id", "expert_id"))
    return {
        "readers": sorted(Counter(case for case, _ in pairs.elements()).values()),
        "most": max(pairs.values(), default=0),
        "open": sorted(set(seats.filter(state=Assignment.State.OPEN).values_list("expert_id", flat=True))),
        "audit": list(chain_verify().problems),
    }
