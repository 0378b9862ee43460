"""Closing a review: enough cases, one digest, nothing after."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from review import services
from review.figures import campaign_problems, campaign_sha256
from review.models import Campaign, Judgement
from review.refusal import Refused
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db


def test_a_lead_closes_a_judged_review_in_the_browser(staged: Staged) -> None:
    campaign = staged.open_campaign(size=40)
    staged.judge_all(campaign)
    client = staged.world.client("clinical_lead")
    client.post(reverse("review:campaign_close", args=[campaign.pk]))
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.CLOSED
    assert campaign.sha256 == campaign_sha256(campaign)
    errors = sum(case.prediction["error_kind"] in ("miss", "over_escalation") for case in campaign.cases.all())
    assert campaign.figures["agreement"]["value"] == pytest.approx(1 - errors / 40)
    page = client.get(reverse("review:campaign_detail", args=[campaign.pk])).content.decode()
    assert "Agreement with the model" in page


def test_figures_stay_hidden_while_experts_judge(staged: Staged) -> None:
    campaign = staged.open_campaign()
    staged.judge_all(campaign)
    page = staged.world.client("qa").get(reverse("review:campaign_detail", args=[campaign.pk])).content.decode()
    assert "Agreement with the model" not in page


def test_too_few_judged_cases_keep_it_open(staged: Staged) -> None:
    campaign = staged.open_campaign()
    with pytest.raises(Refused, match=r"0 of at least \d+ cases are judged"):
        services.campaign_close(campaign=campaign, actor=staged.lead)
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.OPEN


def test_a_minimum_below_all_cases_is_enough(staged: Staged) -> None:
    campaign = staged.open_campaign(minimum_judged=1)
    case, expert = campaign.cases.first(), staged.world.user("qa")
    services.case_label(case=case, expert=expert, crisis_type="none", severity=None)
    services.case_judge(case=case, expert=expert, verdict="agree")
    closed = services.campaign_close(campaign=campaign, actor=staged.lead)
    assert closed.figures["agreement"]["coverage"] < 1


def test_it_closes_once_and_takes_no_more_judgements(staged: Staged) -> None:
    campaign = staged.reviewed()
    with pytest.raises(Refused, match="closed already"):
        services.campaign_close(campaign=campaign, actor=staged.lead)
    with pytest.raises(Refused, match="closed"):
        services.case_label(case=campaign.cases.first(), expert=staged.lead, crisis_type="none", severity=None)


def test_a_judgement_altered_afterwards_shows(staged: Staged) -> None:
    campaign = staged.reviewed()
    assert campaign_problems(campaign) == []
    judgement = Judgement.objects.first()
    Judgement.objects.filter(pk=judgement.pk).update(comment="changed")
    assert any(f"judgement {judgement.pk} was altered" in problem for problem in campaign_problems(campaign))


def test_an_expert_without_the_right_may_not_close(staged: Staged) -> None:
    campaign = staged.open_campaign()
    staged.judge_all(campaign)
    with pytest.raises(PermissionDenied):
        services.campaign_close(campaign=campaign, actor=staged.world.user("qa"))
    url = reverse("review:campaign_close", args=[campaign.pk])
    assert staged.world.client("qa").post(url).status_code == 403
    assert staged.world.outsider_client("clinical_lead").post(url).status_code == 404
