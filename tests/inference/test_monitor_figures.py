"""The figures of the monitoring page: those of the reports over a log of the same answers, at a bounded cost."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.asgi import ScoringApplication
from inference.engine.reports.buckets import bucket_of, quantiles_of
from inference.engine.reports.lines import lines_of
from inference.engine.reports.performance import performance_report, quantiles
from inference.engine.reports.rules import RULES, state_of
from inference.engine.reports.safety import safety_report
from inference.models import AnswerSlot, LoadSlot, MissedCase, RefusalSlot, ScoreBatch, Stretch
from inference.selectors_alerts import HUB_RULES, limits_of
from inference.selectors_monitoring import WINDOWS, figures_of
from inference.services import (
    answers_count,
    case_acknowledge,
    case_override,
    case_verify,
    score_log_write,
    traffic_record,
)
from inference.services.monitor_counts import Load, slots_purge
from tests.inference.alarming import alarm
from tests.inference.conftest import user_says
from tests.inference.monitored import answered, line_of, mixed, write
from tests.personas import World

SAFETY = (
    *("requests", "invalid_content", "answers", "degraded", "raised_by_rules", "gate_violations", "bias_findings"),
    *("verdicts", "alert_levels", "degraded_reasons"),
)
REFUSED = {(422, "empty"): 7, (503, "overloaded"): 31, (429, "rate_limited"): 5}


def test_page_and_reports_agree(world: World) -> None:
    now = timezone.now()
    rows = mixed(world.project, 700, now=now, seed=9)
    write(rows, now=now)
    write(mixed(world.other_project, 40, now=now, seed=1), now=now)
    start = now - timedelta(seconds=now.timestamp() % Stretch.SHORT)
    traffic_record(refusals={(world.project.pk, start, *key): n for key, n in REFUSED.items()}, load={})
    refusals = [
        json.dumps({"status": status, "code": code}).encode() for (status, code), n in REFUSED.items() for _ in range(n)
    ]
    log = [line_of(row) for row in rows] + refusals

    found = figures_of(world.project, WINDOWS["1h"], now=now)
    safety, speed = safety_report(lines_of(log)), performance_report(lines_of(log))
    assert {name: found.safety[name] for name in SAFETY} == {name: safety[name] for name in SAFETY}
    for name in ("requests", "answers", "client_errors", "server_errors", "server_error_share", "client_error_share"):
        assert found.performance[name] == speed[name]
    for name, exact in speed["latency_ms"].items():
        assert exact <= found.performance["latency_ms"][name] <= exact * 1.01

    limits = limits_of(world.project)
    states = {name: state_of(m, HUB_RULES[name].rule, limits[name]) for name, m in found.measures.items()}
    alerts = {alert["what"]: alert["level"] for alert in safety["alerts"] + speed["alerts"] if not alert.get("window")}
    past = {name: str(state) for name, state in states.items() if state in ("warning", "critical")}
    past.pop("cases_overdue", None)  # the mixed alarms opened cases, which no log of answers tells of
    assert past == alerts
    assert {"degraded_share", "gate_violations_share"} <= set(past)
    assert {name: judged.rule for name, judged in HUB_RULES.items() if name in RULES} == {
        name: rule for name, rule in RULES.items() if name != "unreadable_lines_share"
    }
    assert sum(version["requests"] for version in found.versions.values()) == 700
    # Hours and five minutes count alike.
    assert figures_of(world.project, WINDOWS["7d"], now=now).safety["verdicts"] == found.safety["verdicts"]


@settings(max_examples=80)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.sampled_from((1.0, 200.0, 250.0, 800.0, 123.0)))
def test_a_quantile_of_buckets_is_past_a_limit_where_the_exact_one_is(times: list[float], limit: float) -> None:
    buckets: dict[str, int] = {}
    for ms in times:
        key = bucket_of(ms)
        assert key is not None
        buckets[key] = buckets.get(key, 0) + 1
    for name, exact in quantiles(sorted(times)).items():
        told = quantiles_of(buckets)[name]
        assert exact is not None and told is not None
        assert exact <= told <= exact * 1.0101 + 1e-300
        assert (told > limit) == (exact > limit)
    assert [bucket_of(bad) for bad in (math.nan, math.inf, -1.0)] == [None] * 3
    assert quantiles_of({})["p95"] is None


def test_people_s_decisions_count_with_their_interval(world: World) -> None:
    now = timezone.now()
    lead = world.user("clinical_lead")
    for number in range(3):
        case = alarm(world.project, "severe")
        case = case_acknowledge(case=case, actor=lead)
        if number:
            case_verify(case=case, actor=lead)
        else:
            case_override(case=case, actor=lead, reason="idiom", text="an idiom", seen=case.alarm_seq)
    MissedCase.objects.create(
        project=world.project,
        happened_on=now.date(),
        crisis_type="self_harm",
        level="urgent",
        found_by="client",
        reported_by=lead,
    )
    later = timezone.now() + timedelta(hours=5)
    found = figures_of(world.project, WINDOWS["24h"], now=later)
    assert found.safety["events"] == {"missed": 1, "opened": 3, "overridden": 1, "verified": 2}
    low, high = found.false_alarm_interval or (0.0, 0.0)
    assert low == pytest.approx(0.0615, abs=1e-3) and high == pytest.approx(0.7923, abs=1e-3)
    limits = limits_of(world.project)
    state = state_of(found.measures["false_alarms_share"], HUB_RULES["false_alarms_share"].rule, limits["missed"])
    assert state == "not_enough_data"
    assert figures_of(world.other_project, WINDOWS["24h"], now=later).safety["events"] == {}
    alarm(world.project, "emergency")
    assert figures_of(world.project, WINDOWS["1h"], now=later).overdue == 1


def test_rows_are_counted_once_and_the_oldest_are_forgotten(world: World) -> None:
    now = timezone.now()
    score_log_write(rows=mixed(world.project, 30, now=now, seed=2))
    old = mixed(world.project, 5, now=now - timedelta(days=3), seed=3)
    score_log_write(rows=old)
    assert answers_count(now=now) == 35
    assert answers_count(now=now) == 0
    assert not ScoreBatch.objects.filter(counted=False).exists()

    def counted(seconds: int) -> int:
        return sum(AnswerSlot.objects.filter(seconds=seconds).values_list("answers", flat=True))

    assert (counted(Stretch.SHORT), counted(Stretch.LONG)) == (30, 35), "short stretches are kept for two days"
    slots_purge(now=now + timedelta(days=38))
    assert (counted(Stretch.SHORT), counted(Stretch.LONG)) == (0, 30)


def test_a_large_log_costs_no_more(world: World, django_assert_max_num_queries: Any) -> None:
    now = timezone.now()
    answered(world.project, 600, now=now, minutes=60 * 30, latency_ms=12.0)
    client = world.client("qa")
    client.get("/inference/monitoring/")
    for window in WINDOWS:
        with django_assert_max_num_queries(24) as asked:
            assert client.get("/inference/monitoring/", {"window": window}).status_code == 200
        assert not [query for query in asked.captured_queries if "inference_scorelog" in query["sql"]]


@pytest.mark.usefixtures("one_database_thread")
async def test_refusals_and_load_of_a_running_service_reach_the_figures(
    client: httpx.AsyncClient, application: ScoringApplication, world: World
) -> None:
    assert (await client.post("/infer", json=user_says("good morning"))).status_code == 200
    assert (await client.post("/infer", json={"messages": []})).status_code == 422
    batch = {"conversations": [user_says("one"), {"messages": []}]}
    assert (await client.post("/api/v1/crisis/batch", json=batch)).status_code == 200
    assert (await client.get("/api/v1/nowhere")).status_code == 404
    service = await application.startup(wait_s=0)
    service.traffic.batch_read(4, 0.02)
    service.traffic.waits(9, 0.3)
    await application.shutdown()

    def look() -> None:
        answers_count()
        found = figures_of(world.project, WINDOWS["1h"])
        assert (found.safety["answers"], found.safety["invalid_content"], found.safety["requests"]) == (2, 2, 4)
        assert {status for status, _ in found.refusals} == {422}
        assert found.safety["degraded"] == 2, "no model is deployed"
        assert (found.load["items"], found.load["most_waiting"], found.load["longest_wait_ms"]) == (4, 9, 300.0)
        assert found.load["batch_ms"]["p50"] == 20.0

    await sync_to_async(look)()


def test_what_could_not_be_written_is_counted_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from inference.serving import traffic as counted

    stretch = counted._now()  # all of it in one stretch: none ends meanwhile
    monkeypatch.setattr(counted, "_now", lambda: stretch)
    traffic = counted.Traffic()
    traffic.refused(world.project.pk, 503, "busy")
    traffic.batch_read(2, 0.01)
    taken = traffic.take()
    traffic.refused(world.project.pk, 503, "busy")
    traffic.waits(3, 0.1)
    traffic.put_back(*taken)
    refusals, load = traffic.take()
    traffic_record(refusals=refusals, load=load)
    traffic_record(refusals=refusals, load={start: Load(items=1) for start in load})
    assert set(RefusalSlot.objects.values_list("seconds", "count")) == {(Stretch.SHORT, 4), (Stretch.LONG, 4)}
    assert set(LoadSlot.objects.values_list("items", "most_waiting")) == {(3, 3)}
    assert traffic.take() == ({}, {})
