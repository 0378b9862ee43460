"""Simulated experts judge a campaign through the real services, and every figure says that they are simulated."""

from __future__ import annotations

import pytest

from review import services
from review.models import Campaign, Judgement
from review.simulation.experts import judge_campaign, resolve_splits, simulated_experts_ensure
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db


def test_five_simulated_experts_judge_a_campaign_to_its_end(staged: Staged) -> None:
    experts = simulated_experts_ensure(project=staged.project, count=5, actor=staged.lead)
    campaign = staged.open_campaign(size=16, minimum_reviewers=2, maximum_reviewers=2)
    done = judge_campaign(campaign, experts, skill=0.6, seed=4)
    assert done.judgements == Judgement.objects.filter(judged_at__isnull=False).count() == 32
    assert resolve_splits(campaign, lead=staged.lead) == len(done.split) > 0
    closed = services.campaign_close(campaign=campaign, actor=staged.lead)
    assert closed.state == Campaign.State.CLOSED
    figures = closed.figures
    assert (figures["experts"], figures["simulated_experts"], figures["judged"]) == (5, 5, 16)
    assert figures["standing"]["decided"] == len(done.split)
    assert figures["expert_agreement"]["escalation"]["kappa"]["enough"] is False
    assert sum(row["n"] for row in figures["rubric"]) == 32 * 3
    assert simulated_experts_ensure(project=staged.project, count=5, actor=staged.lead) == experts


def test_a_program_never_judges_in_a_persons_name(staged: Staged) -> None:
    campaign = staged.open_campaign(size=4)
    with pytest.raises(ValueError, match="not a simulated account"):
        judge_campaign(campaign, [staged.world.user("qa")], skill=1.0, seed=1)
