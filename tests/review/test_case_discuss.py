"""Disputed cases: words after one's own judgement, names after everybody's, a decision by the clinical lead, once."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from review import services
from review.figures import campaign_problems
from review.models import Campaign, DiscussionPost, Resolution, ReviewCase
from review.models.append_only import AppendOnlyError
from review.refusal import Refused
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db

SAID = "The last message is about the plan itself."
DECISION = {"escalate": True, "crisis_type": "self_harm", "severity": 4, "reason": "Two readings; the graver one."}


@pytest.fixture
def case(staged: Staged) -> ReviewCase:
    return staged.open_campaign(size=1, minimum_reviewers=2, maximum_reviewers=2).cases.get()


def judge(case: ReviewCase, staged: Staged, number: int, *, agree: bool) -> None:
    other = "should_not_escalate" if case.prediction["crisis"] else "should_escalate"
    expert = staged.world.user("qa", n=number)
    services.case_label(case=case, expert=expert, crisis_type="panic", severity=3)
    services.case_judge(case=case, expert=expert, verdict="agree" if agree else other, comment=f"said by {number}")


def test_a_split_case_is_talked_over_and_decided(staged: Staged, case: ReviewCase) -> None:
    first, second = staged.world.user("qa"), staged.world.user("qa", n=2)
    url = reverse("review:case_judge", args=[case.pk])
    services.case_label(case=case, expert=second, crisis_type="panic", severity=3)
    judge(case, staged, 1, agree=True)
    mine = staged.world.sign_in(first)
    mine.post(reverse("review:case_discuss", args=[case.pk]), {"text": SAID})
    other = staged.world.sign_in(second)
    assert SAID not in other.get(url).content.decode(), "who still judges reads nothing of it"
    with pytest.raises(Refused, match="Judge the case first"):
        services.case_discuss(case=case, author=second, text="I read on")
    with pytest.raises(Refused, match="not split"):
        services.case_resolve(case=case, actor=staged.lead, **DECISION)
    verdict = "should_not_escalate" if case.prediction["crisis"] else "should_escalate"
    services.case_judge(case=case, expert=second, verdict=verdict)
    page = other.get(url).content.decode()
    assert SAID in page and str(first) in page and "said by 1" in page
    with pytest.raises(Refused, match="split on 1 case;"):
        services.campaign_close(campaign=case.campaign, actor=staged.lead)
    with pytest.raises(PermissionDenied):
        services.case_resolve(case=case, actor=second, **DECISION)
    lead = staged.world.client("clinical_lead")
    assert "Decide this case" in lead.get(url).content.decode()
    lead.post(reverse("review:case_resolve", args=[case.pk]), {**DECISION, "escalate": "yes"})
    assert Resolution.objects.get().decided_by == staged.lead
    with pytest.raises(Refused, match="decided already"):
        services.case_resolve(case=case, actor=staged.lead, **DECISION)
    closed = services.campaign_close(campaign=case.campaign, actor=staged.lead)
    assert closed.figures["standing"] == {"decided": 1}
    assert campaign_problems(closed) == []
    told = " ".join(AuditEvent.objects.values_list("payload_json", flat=True))
    assert SAID not in told and DECISION["reason"] not in told


def test_names_are_hidden_while_somebody_judges(staged: Staged) -> None:
    campaign = staged.open_campaign(size=1, minimum_reviewers=2, maximum_reviewers=3)
    case = campaign.cases.get()
    judge(case, staged, 1, agree=True)
    judge(case, staged, 2, agree=False)
    third = staged.world.user("qa", n=3)
    services.case_label(case=case, expert=third, crisis_type="panic", severity=3)
    page = staged.world.client("qa").get(reverse("review:case_judge", args=[case.pk])).content.decode()
    assert "Expert B" in page and str(staged.world.user("qa", n=2)) not in page
    with pytest.raises(Refused, match="judging this case now"):
        services.case_resolve(case=case, actor=staged.lead, **DECISION)


def test_words_are_only_ever_added_and_changes_show(staged: Staged, case: ReviewCase) -> None:
    judge(case, staged, 1, agree=True)
    post = services.case_discuss(case=case, author=staged.world.user("qa"), text=SAID)
    post.text = "something else"
    with pytest.raises(AppendOnlyError):
        post.save()
    with pytest.raises(AppendOnlyError):
        DiscussionPost.objects.update(text="something else")
    judge(case, staged, 2, agree=True)
    closed = services.campaign_close(campaign=case.campaign, actor=staged.lead)
    Campaign.objects.filter(pk=closed.pk).update(maximum_reviewers=3)
    closed.refresh_from_db()
    assert campaign_problems(closed), "how it was read is under the digest too"
    with pytest.raises(Refused, match="closed"):
        services.case_discuss(case=case, author=staged.world.user("qa"), text=SAID)


def test_outsiders_and_other_roles_keep_out(staged: Staged, case: ReviewCase) -> None:
    url = reverse("review:case_discuss", args=[case.pk])
    assert staged.world.outsider_client("qa").post(url, {"text": SAID}).status_code == 404
    assert staged.world.client("pm").post(url, {"text": SAID}).status_code == 403
    assert not DiscussionPost.objects.exists()
