"""Judging a case: blind first, then the prediction, each once."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from review import services
from review.models import Campaign, Judgement, ReviewCase
from review.refusal import Refused
from review.selectors import next_case
from tests.review.staged import Staged, stage_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(staged: Staged) -> Campaign:
    return staged.open_campaign()


def a_case(campaign: Campaign, *, crisis: bool) -> ReviewCase:
    return next(case for case in campaign.cases.all() if case.prediction["crisis"] is crisis)


def test_the_prediction_is_not_in_the_page_before_the_blind_label(staged: Staged, campaign: Campaign) -> None:
    case = a_case(campaign, crisis=True)
    client = staged.world.client("qa")
    url = reverse("review:case_judge", args=[case.pk])
    before = client.get(url).content.decode()
    assert case.record.messages[0]["content"] in before
    assert "escalates" not in before
    assert f"{case.prediction['score']:.3f}" not in before
    assert client.post(url, {"crisis_type": "panic", "severity": "3"}).status_code == 302
    after = client.get(url).content.decode()
    assert "escalates" in after
    assert f"{case.prediction['score']:.3f}" in after


def test_an_expert_judges_a_case_in_the_browser(staged: Staged, campaign: Campaign) -> None:
    client = staged.world.client("qa")
    start = client.get(reverse("review:case_next", args=[campaign.pk]))
    case = ReviewCase.objects.get(pk=int(start.url.rstrip("/").split("/")[-1]))
    client.post(start.url, {"crisis_type": "none", "severity": ""})
    answer = client.post(start.url, {"verdict": "agree", "comment": "clear"})
    judgement = Judgement.objects.get(case=case)
    assert answer.url == reverse("review:case_next", args=[campaign.pk])
    assert (judgement.correct_type, judgement.correct_severity, judgement.verdict) == ("none", None, "agree")
    assert len(judgement.sha256) == 64
    assert client.get(answer.url).url != start.url
    event = AuditEvent.objects.get(action="case.judge")
    assert judgement.sha256 in event.payload_json
    assert "clear" not in event.payload_json


def test_a_verdict_needs_the_blind_label_first(staged: Staged, campaign: Campaign) -> None:
    with pytest.raises(Refused, match="Label the case yourself first"):
        services.case_judge(case=campaign.cases.first(), expert=staged.world.user("qa"), verdict="agree")


def test_the_blind_label_cannot_be_changed_once_the_prediction_was_seen(staged: Staged, campaign: Campaign) -> None:
    case, expert = campaign.cases.first(), staged.world.user("qa")
    services.case_label(case=case, expert=expert, crisis_type="panic", severity=2)
    with pytest.raises(Refused, match="labelled this case already"):
        services.case_label(case=case, expert=expert, crisis_type="none", severity=None)
    assert Judgement.objects.get().correct_type == "panic"


def test_a_case_is_judged_once_by_one_person_and_again_by_another(staged: Staged, campaign: Campaign) -> None:
    case = campaign.cases.first()
    for expert in (staged.world.user("qa"), staged.lead):
        services.case_label(case=case, expert=expert, crisis_type="panic", severity=2)
        services.case_judge(case=case, expert=expert, verdict="agree")
        with pytest.raises(Refused, match="judged this case already"):
            services.case_judge(case=case, expert=expert, verdict="agree")
    assert case.judgements.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Judgement.objects.create(case=case, expert=staged.lead, correct_type="none")


@pytest.mark.parametrize(("crisis", "verdict"), [(True, "should_escalate"), (False, "should_not_escalate")])
def test_a_verdict_must_fit_what_the_model_did(staged: Staged, campaign: Campaign, crisis: bool, verdict: str) -> None:
    case, expert = a_case(campaign, crisis=crisis), staged.world.user("qa")
    services.case_label(case=case, expert=expert, crisis_type="panic", severity=2)
    with pytest.raises(Refused, match="The model"):
        services.case_judge(case=case, expert=expert, verdict=verdict)


@pytest.mark.parametrize("label", [("panic", None), ("panic", 6), ("sadness", 2), ("\x00", 2)])
def test_a_label_that_is_none_is_refused(staged: Staged, campaign: Campaign, label: tuple[str, int | None]) -> None:
    with pytest.raises(Refused):
        services.case_label(
            case=campaign.cases.first(), expert=staged.world.user("qa"), crisis_type=label[0], severity=label[1]
        )


@pytest.mark.parametrize("comment", ["a\x00b", "\ud800", "x" * 2001])
def test_hostile_comments_are_refused(staged: Staged, campaign: Campaign, comment: str) -> None:
    case, expert = campaign.cases.first(), staged.world.user("qa")
    services.case_label(case=case, expert=expert, crisis_type="none", severity=None)
    with pytest.raises(Refused, match="Comment"):
        services.case_judge(case=case, expert=expert, verdict="agree", comment=comment)


def test_the_trainer_reviews_nothing_of_their_own(staged: Staged) -> None:
    lead = staged.world.user("clinical_lead", n=2)
    own = stage_version(staged.world, trainer=lead, seed=2)
    campaign = own.open_campaign()
    with pytest.raises(Refused, match="You trained this version"):
        services.case_label(case=campaign.cases.first(), expert=lead, crisis_type="none", severity=None)
    client = staged.world.sign_in(lead)
    answer = client.get(reverse("review:case_judge", args=[campaign.cases.first().pk]))
    assert answer.url == reverse("review:campaign_detail", args=[campaign.pk])


def test_two_experts_are_led_to_different_cases(staged: Staged, campaign: Campaign) -> None:
    first, second = staged.world.user("qa"), staged.lead
    begun = next_case(campaign, first)
    services.case_label(case=begun, expert=first, crisis_type="none", severity=None)
    assert next_case(campaign, first) == begun
    assert next_case(campaign, second) != begun


def test_outsiders_and_other_roles_do_not_read_cases(staged: Staged, campaign: Campaign) -> None:
    url = reverse("review:case_judge", args=[campaign.cases.first().pk])
    assert staged.world.outsider_client("qa").get(url).status_code == 404
    for role in ("annotator", "pm", "ml_engineer", "administrator"):
        assert staged.world.client(role).get(url).status_code == 403
    assert staged.world.anonymous().get(url).status_code == 302
    with pytest.raises(PermissionDenied):
        services.case_label(
            case=campaign.cases.first(), expert=staged.world.user("pm"), crisis_type="none", severity=None
        )


def test_a_review_may_show_the_prediction_from_the_start_and_takes_a_rubric(staged: Staged) -> None:
    client = staged.world.client("clinical_lead")
    fields = {"version": staged.version.pk, "size": 4, "minimum_reviewers": 1, "judge_first": "no"}
    client.post(reverse("review:campaign_create"), fields)
    campaign = Campaign.objects.get()
    assert not campaign.judge_first
    expert = staged.world.client("qa")
    url = expert.get(reverse("review:case_next", args=[campaign.pk])).url
    page = expert.get(url).content.decode()
    assert "escalate" in page and 'name="crisis_type"' in page and 'name="rubric_urgency"' in page
    both = {"crisis_type": "none", "severity": "", "verdict": "agree", "rubric_urgency": "2", "rubric_evidence": ""}
    assert expert.post(url, {**both, "rubric_urgency": "6"}).status_code == 400
    assert expert.post(url, both).url == reverse("review:case_next", args=[campaign.pk])
    judgement = Judgement.objects.get()
    assert (judgement.blind, judgement.rubric, judgement.verdict) == (False, {"urgency": 2}, "agree")
    with pytest.raises(Refused, match="no such scale"):
        services.case_judge(
            case=campaign.cases.last(), expert=staged.world.user("qa"), verdict="agree", rubric={"x": 1}
        )


def test_a_request_from_within_a_case_is_sent_on_in_place(staged: Staged) -> None:
    campaign = staged.open_campaign(size=1)
    expert = staged.world.client("qa")
    address = reverse("review:case_next", args=[campaign.pk])
    url = expert.get(address).url
    refused = expert.post(url, {"verdict": "agree"}, headers={"HX-Request": "true"})
    assert refused.status_code == 409 and "Label the case yourself first" in refused.content.decode()
    staged.judge_all(campaign)
    done = expert.get(address, headers={"HX-Request": "true"})
    assert done.headers["HX-Redirect"] == reverse("review:campaign_detail", args=[campaign.pk])
