"""A real Prometheus asks; alerts of deploy/monitoring fire on what goes wrong, and end when it is mended."""

from pathlib import Path

import pytest

from tests.monitoring.prometheus import StandIn, prometheus

BUCKETS = 'pixelhub_request_seconds_bucket{{route="score",le="{le}"}}'
OK = 'pixelhub_requests_total{route="score",status="200"}'
BROKEN = 'pixelhub_requests_total{route="score",status="500"}'
FULL = 'pixelhub_requests_total{route="score",status="503"}'
MISSED = 'pixelhub_missed_crises_total{level="urgent"}'


def requests(bounds: dict[str, float]) -> dict[str, float]:
    return {BUCKETS.format(le=le): count for le, count in bounds.items()}


QUICK = requests({"0.1": 95, "0.2": 100, "0.8": 100, "1": 100, "+Inf": 100})
SLOW = requests({"0.1": 0, "0.2": 0, "0.8": 9_000, "1": 10_000, "+Inf": 10_000})


@pytest.fixture
def hub() -> StandIn:
    """All is well: a hub with a model, 100 quick scores each time, a worker, a database."""
    stand_in = StandIn()
    stand_in.growing = {OK: 100, **QUICK, 'pixelhub_answers_total{by="model",verdict="no_crisis",level="none"}': 100}
    stand_in.steady = {
        "pixelhub_facts_readable": 1,
        'pixelhub_models{state="serving",worker="0"}': 1,
        "pixelhub_case_watch_age_seconds": 5,
        'pixelhub_worker_canary_age_seconds{queue="default"}': 40,
        'pixelhub_cases_overdue{tier="on_call"}': 0,
        "pixelhub_audit_intact": 1,
    }
    return stand_in


def test_alerts_fire_on_injected_faults_and_end_when_it_is_well_again(hub: StandIn, tmp_path: Path) -> None:
    with prometheus(tmp_path, {"pixelhub-inference": hub.address}) as watching:
        watching.wait_for(lambda: watching.value("pixelhub:score_seconds:p95") is not None, "the first figures")
        watching.wait_for(lambda: watching.value("pixelhub:missed_crises:total") == 0, "no crisis was missed yet")
        watching.wait_for(lambda: watching.value('up{job="pixelhub-inference"}') == 1 and not watching.firing(), "calm")

        hub.growing |= SLOW | {OK: 10_000}
        watching.wait_for(lambda: {"ScoringSlow", "ScoringVerySlow"} <= watching.firing(), "latency")
        assert "ScoringErrors" not in watching.firing()

        hub.growing |= {BROKEN: 10_000, FULL: 10_000}
        watching.wait_for(lambda: {"ScoringErrors", "ScoringOverwhelmed"} <= watching.firing(), "errors and 503")

        assert "MissedCrisis" not in watching.firing()
        hub.steady[MISSED] = 1
        watching.wait_for(lambda: "MissedCrisis" in watching.firing(), "the first missed crisis")

        hub.steady |= {"pixelhub_audit_intact": 0, 'pixelhub_worker_canary_age_seconds{queue="default"}': 600}
        hub.steady['pixelhub_cases_overdue{tier="on_call"}'] = 2
        worse = {"AuditChainBroken", "WorkerSilent", "CasesOverdue"}
        watching.wait_for(lambda: worse <= watching.firing(), "audit, worker, overdue cases")

        hub.steady |= {"pixelhub_audit_intact": 1, 'pixelhub_worker_canary_age_seconds{queue="default"}': 30}
        hub.steady['pixelhub_cases_overdue{tier="on_call"}'] = 0
        # so much that is well that five minutes' shares are well too
        hub.growing = {OK: 50_000_000, **{series: count * 500_000 for series, count in QUICK.items()}}
        mended = {"ScoringSlow", "ScoringVerySlow", "ScoringErrors", "ScoringOverwhelmed"} | worse
        # what was missed stays for an hour: somebody has to have seen it
        watching.wait_for(lambda: (mended | {"MissedCrisis"}) & watching.firing() == {"MissedCrisis"}, "mended")

        hub.close()
        watching.wait_for(lambda: "ProcessDown" in watching.firing(), "the process is gone")
