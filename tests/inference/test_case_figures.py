"""Figures of the protocol, “we missed one”, and the policy's page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from inference.models import Case, CasePolicy, MissedCase
from inference.selectors_case_figures import case_figures, figure_rows, period_of, shown
from inference.services import CaseInvalid, case_policy_change, score_log_write
from pixelhub.audit.models import AuditEvent
from tests.inference.alarming import alarm, score_row
from tests.personas import World


def test_counts_times_and_shares_by_period(world: World) -> None:
    opened = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    for number in range(10):
        case = alarm(world.project, "emergency" if number < 6 else "severe", at=opened)
        first = {"acknowledged_at": opened + timedelta(minutes=number + 1), "acknowledged_in_time": number < 5}
        Case.objects.filter(pk=case.pk).update(**first)
    alarm(world.project, "urgent", at=opened + timedelta(days=60))
    alarm(world.other_project, "urgent", at=opened)
    july, may = case_figures(world.project)
    assert (july.period, may.period, may.cases, may.open) == ("2026-07", "2026-05", 10, 10)
    assert (may.by_level["emergency"], may.by_level["severe"], may.by_type["self_harm"]) == (6, 4, 10)
    assert (may.acknowledge.median, may.acknowledge.p90) == (5.5 * 60, 9 * 60)
    assert (may.acknowledge.in_time.n, may.acknowledge.in_time.of, may.verify.median) == (5, 10, None)
    (year,) = case_figures(world.project, per="year")
    assert (year.period, year.cases) == ("2026", 11)
    head, first, second = figure_rows(case_figures(world.project))
    line = dict(zip(head, second, strict=True))
    assert (line["cases"], line["level_emergency"], line["level_severe"]) == (10, 6, "<5")
    assert line["acknowledge_in_time_share"] == 0.5
    assert dict(zip(head, first, strict=True))["acknowledge_median_seconds"] is None
    assert [shown(count) for count in (0, 1, 4, 5)] == [0, "<5", "<5", 5]
    assert period_of(opened.date(), "quarter") == "2026-Q2"


def test_who_sees_figures(world: World) -> None:
    alarm(world.project)
    for role in ("pm", "ml_engineer", "qa", "clinical_lead", "administrator"):
        client = world.client(role)
        assert client.get("/inference/cases/figures/").status_code == 200
        body = client.get("/inference/cases/figures.csv?per=year").content.decode()
        assert body.startswith("period,cases,") and "<5" in body
    for role in ("annotator", "data_engineer", "api_client"):
        assert world.client(role).get("/inference/cases/figures/").status_code == 403


def test_we_missed_one(world: World) -> None:
    row = score_row(world.project, "none")
    score_log_write(rows=[row])
    told = {"score": row.pk, "happened_on": timezone.localdate().isoformat(), "crisis_type": "self_harm"}
    told |= {"level": "urgent", "found_by": "client", "note": "heron-on-the-pier"}
    qa, url = world.client("qa"), "/inference/cases/missed/"
    assert qa.post(url, told).status_code == 302
    assert qa.post(url, told).status_code == 400  # the same score once
    assert qa.post(url, told | {"score": "", "happened_on": "2999-01-01"}).status_code == 400
    assert world.outsider_client("qa").post(url, told).status_code == 400  # not a score of theirs
    assert qa.post(url, told | {"score": ""}).status_code == 302  # outside of the hub
    assert MissedCase.objects.count() == 2
    assert case_figures(world.project)[0].missed == 2
    assert not AuditEvent.objects.filter(payload_json__contains="heron").exists()
    assert world.client("pm").get(url).status_code == 403


def test_each_policy_is_a_version(world: World) -> None:
    lead, url = world.client("clinical_lead"), "/inference/cases/policy/"
    page = lead.get(url)
    values = {name: value for name, value in page.context["form"].initial.items() if value is not False}
    assert lead.post(url, values | {"emergency_acknowledge": 3}).status_code == 302
    assert lead.post(url, values | {"emergency_acknowledge": 3}).status_code == 302  # nothing new
    assert lead.post(url, values | {"emergency_acknowledge": 99, "emergency_verify": 5}).status_code == 400
    assert lead.post(url, values | {"urgent_verify": 0}).status_code == 400
    assert [policy.version for policy in CasePolicy.objects.all()] == [1]
    assert AuditEvent.objects.filter(action="case.policy_change").count() == 1
    with pytest.raises(PermissionDenied):
        case_policy_change(project=world.project, actor=world.user("qa"), values={})
    with pytest.raises(CaseInvalid):
        case_policy_change(project=world.project, actor=world.user("clinical_lead"), values={"severe_verify": 0})
    assert world.client("qa").get(url).status_code == 200
    assert world.client("qa").post(url, values).status_code == 403
