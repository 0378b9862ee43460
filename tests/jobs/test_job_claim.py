"""One winner per claim, and no commit by a worker that has lost its lease."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from pixelhub.jobs import lease
from pixelhub.jobs.base import JobCancelled, JobContext, JobLost
from pixelhub.jobs.keeper import Keeper
from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_cancel
from tests.jobs.handlers import add_effect, effects_of
from tests.jobs.rig import Rig
from tests.jobs.waiting import until

PARALLEL = 8
ROUNDS = 5


def lapse_now(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_parallel_claims_have_one_winner(rig: Rig) -> None:
    jobs = [rig.enqueue("test.steps", steps=1) for _ in range(ROUNDS)]
    barrier = Barrier(PARALLEL)

    def claim_all(name: int) -> list[bool]:
        won = []
        for job in jobs:
            barrier.wait()
            won.append(lease.claim(job.pk, worker=str(name)) is not None)
        connection.close()
        return won

    with ThreadPoolExecutor(PARALLEL) as pool:
        outcomes = list(pool.map(claim_all, range(PARALLEL)))
    assert [sum(column) for column in zip(*outcomes, strict=True)] == [1] * ROUNDS
    assert set(Job.objects.values_list("fence", "attempts")) == {(1, 1)}


def test_a_lapsed_worker_cannot_commit(rig: Rig) -> None:
    job = rig.enqueue("test.steps", steps=3)
    first = lease.claim(job.pk, worker="first")
    frozen = JobContext(first)
    lapse_now(job)
    second = lease.claim(job.pk, worker="second")
    with pytest.raises(JobLost), frozen.step(done=1, total=3, checkpoint={"next": 1}):
        add_effect(frozen, 0)
    assert effects_of(job.pk) == []
    with pytest.raises(JobLost):
        frozen.log("still here")
    assert not lease.succeed(first, first.fence, {})
    with JobContext(second).step(done=1, total=3, checkpoint={"next": 1}):
        add_effect(JobContext(second), 0)
    job.refresh_from_db()
    assert (effects_of(job.pk), job.checkpoint, job.fence) == ([0], {"next": 1}, 2)


def test_losing_the_lease_in_the_middle_of_a_step_rolls_it_back(rig: Rig) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: nobody can claim in the middle of a step")
    job = rig.enqueue("test.steps", steps=3)
    context = JobContext(lease.claim(job.pk, worker="first"))
    lapse_now(job)

    def claim_elsewhere() -> int:
        taken = lease.claim(job.pk, worker="second")
        connection.close()
        return taken.fence

    with pytest.raises(JobLost), context.step(done=1, checkpoint={"next": 1}):
        add_effect(context, 0)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(claim_elsewhere).result() == 2
    assert effects_of(job.pk) == []


def test_a_failed_step_commits_neither_effect_nor_checkpoint(rig: Rig) -> None:
    job = rig.enqueue("test.steps", steps=3)
    context = JobContext(lease.claim(job.pk, worker="first"))
    with pytest.raises(ZeroDivisionError), context.step(done=1, checkpoint={"next": 1}):
        add_effect(context, 0)
        raise ZeroDivisionError
    job.refresh_from_db()
    assert (effects_of(job.pk), job.checkpoint, context.checkpoint) == ([], {}, {})


def test_a_live_lease_is_not_taken(rig: Rig) -> None:
    job = rig.enqueue("test.steps", steps=1)
    assert lease.claim(job.pk, worker="first") is not None
    assert lease.claim(job.pk, worker="second") is None


def test_the_keeper_renews_the_lease_and_passes_on_a_cancel(rig: Rig, settings: Any) -> None:
    settings.JOBS_LEASE_SECONDS = 2.0
    job = rig.enqueue("test.steps", steps=1)
    claimed = lease.claim(job.pk, worker="first")
    stop = Event()
    with Keeper(claimed, stop):
        until(
            lambda: Job.objects.get(pk=job.pk).lease_until > claimed.lease_until,
            what="the lease has been renewed",
        )
        job_cancel(job=claimed, actor=None)
        until(stop.is_set, what="the keeper has heard of the cancel")
    with pytest.raises(JobCancelled):
        JobContext(claimed, stop=stop).progress(1)


def test_a_tampered_checkpoint_is_refused(rig: Rig) -> None:
    job = rig.enqueue("test.steps", steps=2)
    with JobContext(lease.claim(job.pk, worker="first")).step(done=1, checkpoint={"next": 1}):
        pass
    Job.objects.filter(pk=job.pk).update(checkpoint_json='{"next":0}', lease_until=timezone.now())
    run_inline(job)
    assert job.state == JobState.FAILED
    assert "changed after it was written" in job.error
