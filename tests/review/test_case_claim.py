"""Who gets which case: by load, in turns, never the trainer, never somebody away, never more than the maximum."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelhub.audit.models import AuditEvent
from review import services
from review.evidence.assigning import Need, Reader, share_out
from review.models import Absence, Assignment, Campaign, Expert
from review.refusal import Refused
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db

Held = Assignment.State


def register(staged: Staged, count: int, **kwargs: object) -> list[Expert]:
    people = [staged.world.user("qa", n=number) for number in range(1, count + 1)]
    return [
        services.expert_register(project=staged.project, user=person, actor=staged.lead, **kwargs) for person in people
    ]


def seats(campaign: Campaign) -> Counter[int]:
    held = Assignment.objects.filter(case__campaign=campaign, state__in=Assignment.SEATED)
    return Counter(held.values_list("expert_id", flat=True))


def test_a_new_review_is_shared_out_by_load(staged: Staged) -> None:
    experts = register(staged, 3)
    campaign = staged.open_campaign(size=9, minimum_reviewers=2)
    shares = seats(campaign).values()
    assert (sum(shares), len(shares)) == (18, 3)
    assert max(shares) - min(shares) <= 2
    for case in campaign.cases.all():
        assert len(set(case.assignments.values_list("expert", flat=True))) == 2
    assert AuditEvent.objects.filter(action="campaign.assign", target_id=str(campaign.pk)).count() == 1
    first = experts[0].user
    given = services.case_claim(campaign=campaign, expert=first)
    assert given == services.case_claim(campaign=campaign, expert=first), "asked again, the same case"


def test_capacity_is_kept_and_the_rest_waits(staged: Staged) -> None:
    register(staged, 2, capacity=3)
    campaign = staged.open_campaign(size=10)
    assert sorted(seats(campaign).values()) == [3, 3]


def test_trainer_absent_and_inactive_get_nothing(staged: Staged) -> None:
    experts = register(staged, 3)
    today = timezone.localdate()
    services.absence_add(expert=experts[0], actor=experts[0].user, starts_on=today, ends_on=today + timedelta(days=1))
    services.expert_change(expert=experts[1], actor=staged.lead, specialty="", capacity=40, active=False)
    staged.world.grant(staged.trainer, "qa")
    services.expert_register(project=staged.project, user=staged.trainer, actor=staged.lead)
    campaign = staged.open_campaign(size=6)
    assert set(seats(campaign)) == {experts[2].user_id}
    for person, reason in ((experts[0].user, "away"), (experts[1].user, "active experts"), (staged.trainer, "trained")):
        with pytest.raises(Refused, match=reason):
            services.case_claim(campaign=campaign, expert=person)


def test_what_was_begun_stays_and_the_rest_goes_to_others(staged: Staged) -> None:
    experts = register(staged, 2)
    campaign = staged.open_campaign(size=8)
    away, here = experts[0].user, experts[1].user
    begun = services.case_claim(campaign=campaign, expert=away)
    assert begun is not None
    services.case_label(case=begun, expert=away, crisis_type="none", severity=None)
    today = timezone.localdate()
    absence = services.absence_add(
        expert=experts[0], actor=staged.world.user("pm"), starts_on=today, ends_on=today + timedelta(days=3)
    )
    assert seats(campaign) == {away.pk: 1, here.pk: 7}
    services.case_judge(case=begun, expert=away, verdict="agree")
    services.absence_end(absence=absence, actor=away)
    with pytest.raises(Refused, match="already"):
        services.absence_end(absence=absence, actor=away)
    assert Absence.objects.count() == 1
    actions = AuditEvent.objects.filter(action__in=["expert.away", "expert.back"]).values_list("action", flat=True)
    assert sorted(actions) == ["expert.away", "expert.back"]


def test_what_lapsed_goes_to_others_with_one_click(staged: Staged) -> None:
    experts = register(staged, 2)
    campaign = staged.open_campaign(size=6)
    late = Assignment.objects.filter(case__campaign=campaign, expert=experts[0].user)
    late.update(due_on=timezone.localdate() - timedelta(days=1))
    done = services.campaign_reassign(campaign=campaign, actor=staged.world.user("pm"))
    assert (done.released, done.assigned) == (3, 3)
    assert seats(campaign) == {experts[1].user_id: 6}
    with pytest.raises(PermissionDenied):
        services.campaign_reassign(campaign=campaign, actor=staged.world.user("ml_engineer"))


def test_a_member_is_registered_by_their_first_case(staged: Staged) -> None:
    campaign = staged.open_campaign(size=4)
    person = staged.world.user("qa")
    assert not Expert.objects.exists()
    case = services.case_claim(campaign=campaign, expert=person)
    assert case is not None
    assert Expert.objects.get().user == person
    assert Assignment.objects.get().state == Held.OPEN
    services.case_label(case=case, expert=person, crisis_type="none", severity=None)
    assert Assignment.objects.get().state == Held.BEGUN
    services.case_judge(case=case, expert=person, verdict="agree")
    assert Assignment.objects.get().state == Held.DONE


def test_experts_who_are_split_get_one_more_reader_up_to_the_maximum(staged: Staged) -> None:
    register(staged, 3)
    campaign = staged.open_campaign(size=1, minimum_reviewers=2, maximum_reviewers=3)
    case = campaign.cases.get()
    other = "should_not_escalate" if case.prediction["crisis"] else "should_escalate"
    for person, verdict in zip([a.expert for a in case.assignments.all()], ("agree", other), strict=True):
        services.case_label(case=case, expert=person, crisis_type="panic", severity=2)
        services.case_judge(case=case, expert=person, verdict=verdict)
    third = case.assignments.get(state=Held.OPEN)
    assert third.number == 3
    services.case_label(case=case, expert=third.expert, crisis_type="panic", severity=2)
    with pytest.raises(Refused, match="all the readers"):
        services.case_label(case=case, expert=staged.lead, crisis_type="panic", severity=2)


READERS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 6), st.sampled_from(["", "psychiatry", "youth"])), max_size=6
)


@settings(max_examples=120)
@given(readers=READERS, wanted=st.lists(st.integers(0, 4), max_size=12), barred=st.integers(0, 5))
def test_nobody_is_asked_twice_or_past_what_they_can_take(
    readers: list[tuple[int, int, str]], wanted: list[int], barred: int
) -> None:
    people = [Reader(pk, capacity, load, field) for pk, (capacity, load, field) in enumerate(readers)]
    needs = [Need(case, want, (), frozenset({barred})) for case, want in enumerate(wanted)]
    given_out = share_out(needs, people)
    assert len(set(given_out)) == len(given_out)
    per_case = Counter(case for case, _ in given_out)
    assert all(per_case[need.case] <= need.wanted for need in needs)
    for person in people:
        more = sum(pk == person.pk for _, pk in given_out)
        assert more == 0 or person.load + more <= person.capacity
    assert barred not in {pk for _, pk in given_out}
    room = sum(max(0, person.capacity - person.load) for person in people if person.pk != barred)
    assert not given_out or len(given_out) <= room
