"""GET /metrics: who may ask, what it says of scores, jobs and cases, and what it never says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from inference.asgi import ScoringApplication
from inference.models import CaseWatch
from inference.serving import counting, handlers
from inference.serving import metrics as scraping
from pixelhub.audit.models import AuditCheck
from pixelhub.jobs.models import Canary, Job
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.store import Store
from tests.inference.conftest import application, close_connections, models, one_database_thread, token, world

__all__ = ["application", "close_connections", "models", "one_database_thread", "token", "world"]

pytestmark = pytest.mark.usefixtures("one_database_thread")
SECRET = "kestrel-lullaby-7731"
HARM = [{"role": "user", "content": f"{SECRET} I am going to kill myself tonight, I have the pills."}]


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Counts of this test alone, of a service that also tells facts."""
    fresh = Store()
    fresh.service = "web"
    for module in (counting, scraping):
        monkeypatch.setattr(module, "store", fresh)
    monkeypatch.setattr(scraping._Kept, "at", float("-inf"))
    yield fresh


@pytest.fixture
async def client(application: ScoringApplication, counts: Store, token: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(application, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as client:
        yield client


def series(text: str) -> dict[str, float]:
    return {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")
    }


async def test_a_scrape_tells_answers_refusals_jobs_and_cases(client: httpx.AsyncClient, world: Any) -> None:
    def stage() -> None:
        long_ago = timezone.now() - timedelta(minutes=10)
        Job.objects.create(kind="demo", queue="gpu", project=world.project, created_at=long_ago)
        Canary.objects.create(queue="default", worker="w", finished_at=long_ago)
        AuditCheck.objects.create(
            whole=True, first_seq=1, last_seq=2, head="0" * 64, events=2, problems=["a break"], seconds=0.1
        )
        CaseWatch.objects.create(pk=1, looked_at=long_ago)

    await sync_to_async(stage)()
    scored = (await client.post("/infer", json={"messages": HARM, "conversation_id": SECRET})).json()
    assert scored["crisis"] is True
    assert scored["degraded"] is True
    await client.post("/infer", json={"messages": SECRET})
    await client.post("/infer", json={"messages": HARM}, headers={"authorization": "Bearer no"})
    await client.get(f"/{SECRET}")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = series(answer.text)
    level = scored["alert_level"]
    assert found[f'pixelhub_answers_total{{by="rules",verdict="crisis",level="{level}"}}'] == 1
    assert found['pixelhub_degraded_answers_total{reason="no_deployment"}'] == 1
    assert found['pixelhub_refusals_total{code="invalid"}'] == 1
    assert found['pixelhub_safety_events_total{kind="invalid_content"}'] == 1
    assert found['pixelhub_refusals_total{code="bad_key"}'] == 1
    assert found['pixelhub_requests_total{route="score",status="200"}'] == 1
    assert found['pixelhub_requests_total{route="score",status="401"}'] == 1
    assert found['pixelhub_requests_total{route="other",status="404"}'] == 1
    assert found['pixelhub_request_seconds_count{route="score"}'] == 3
    assert found["pixelhub_input_messages_count"] == 1
    assert found['pixelhub_score_log_failing{worker="0"}'] == 0
    assert found["pixelhub_facts_readable"] == 1
    assert found['pixelhub_jobs{queue="gpu",state="queued"}'] == 1
    assert 590 < found['pixelhub_job_oldest_wait_seconds{queue="gpu"}'] < 700
    assert 590 < found['pixelhub_worker_canary_age_seconds{queue="default"}'] < 700
    assert 590 < found["pixelhub_case_watch_age_seconds"] < 700
    assert found['pixelhub_case_events_total{kind="opened"}'] == 1
    assert found['pixelhub_case_events_total{kind="escalated"}'] == 0
    assert found[f'pixelhub_cases{{level="{level}",state="open"}}'] == 1
    assert found['pixelhub_missed_crises_total{level="emergency"}'] == 0
    assert found["pixelhub_audit_intact"] == 0
    assert 0 <= found["pixelhub_audit_check_age_seconds"] < 100
    assert found["pixelhub_webhooks_disabled"] == 0
    assert 0 < found['pixelhub_disk_free_bytes{place="tmp"}'] <= found['pixelhub_disk_size_bytes{place="tmp"}']
    # no word of what was said, no project, no key
    assert SECRET not in answer.text
    assert world.project.slug not in answer.text


async def test_who_may_ask(
    application: ScoringApplication, counts: Store, client: httpx.AsyncClient, settings: Any
) -> None:
    elsewhere = httpx.ASGITransport(application, client=("10.2.3.4", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://scoring") as stranger:
        assert (await stranger.get("/metrics")).status_code == 404
        assert (await client.get("/metrics", headers={"x-forwarded-for": "10.2.3.4"})).status_code == 404
        settings.METRICS_TOKEN = "operators-own"
        # a key that may score is no operator's token, and this machine has to show one now too
        assert (await client.get("/metrics")).status_code == 401
        refused = await stranger.get("/metrics")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        shown = {"authorization": "Bearer operators-own"}
        assert (await stranger.get("/metrics", headers=shown)).status_code == 200
        assert (await stranger.post("/metrics", headers=shown)).status_code == 405


async def test_a_database_that_is_away_leaves_the_counts(
    client: httpx.AsyncClient, counts: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def away() -> dict[tuple[str, ...], float]:
        nonlocal asked
        asked += 1
        raise OSError("away")

    monkeypatch.setattr(scraping, "facts", away)
    counts.count(known.RAISED)
    found = series((await client.get("/metrics")).text)
    assert found["pixelhub_facts_readable"] == 0
    assert found["pixelhub_raised_by_rules_total"] == 1
    assert not any(name.startswith("pixelhub_jobs") for name in found)
    # it is left alone for a while, so that not each scrape waits for it
    assert series((await client.get("/metrics")).text)["pixelhub_facts_readable"] == 0
    assert asked == 1


async def test_a_scoring_service_of_its_own_tells_no_facts(client: httpx.AsyncClient, counts: Store) -> None:
    counts.service = "inference"
    assert "pixelhub_jobs" not in (await client.get("/metrics")).text


def test_every_path_has_its_route() -> None:
    routes = {counting.route_of(path) for path in (*handlers.ROUTES, "/api/v1/conversations")}
    assert routes == known.SCORING_ROUTES
