"""The worker as a whole: it notices a cluster that does nothing, and serves the queues it is told to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_q.models import OrmQ

from pixelhub.jobs.alive import age_seconds
from pixelhub.jobs.models import Canary, Job, JobState
from pixelhub.jobs.sweep import clear_leftovers, sweep
from tests.jobs.handlers import effects_of
from tests.jobs.rig import Rig
from tests.jobs.waiting import until

pytestmark = pytest.mark.slow


def test_cluster_whose_workers_were_killed_while_idle_is_restarted(rig: Rig) -> None:
    # Twice this long is also what a new cluster has to answer its first canary in.
    rig.start_worker(JOBS_CANARY_SECONDS="8")
    until(lambda: Canary.objects.filter(finished_at__isnull=False).exists(), what="the cluster works")
    _main, _sentinel, idle, *_ = rig.pids_of("run_cluster")
    rig.kill(idle)
    job = rig.enqueue("test.steps", steps=3)
    rig.wait_for(job, JobState.SUCCEEDED)
    assert effects_of(job.pk) == [0, 1, 2]


def test_heartbeat_keeps_the_lease_of_a_silent_job(rig: Rig) -> None:
    rig.start_worker(JOBS_LEASE_SECONDS="24")
    job = rig.enqueue("test.quiet")
    until(lambda: effects_of(job.pk), what="the job has begun")
    job.refresh_from_db()
    first = job.lease_until

    def renewed_twice() -> bool:
        job.refresh_from_db()
        return (job.lease_until - first).total_seconds() > 9

    until(renewed_twice, what="the lease has been renewed twice, each time after a quarter of it")
    assert (age_seconds(rig.folder / "var") or 99.0) < 100
    rig.let_go(job)
    rig.wait_for(job, JobState.SUCCEEDED)
    assert (job.attempts, effects_of(job.pk)) == (1, [0, 1])
    until(lambda: not (rig.folder / "var" / "jobs" / str(job.pk)).exists(), what="its folder goes after it")


def test_light_job_survives_the_kill_of_its_worker(rig: Rig) -> None:
    rig.start_worker()
    job = rig.enqueue("test.light", steps=20, work=0.05, held=True)
    until(lambda: len(effects_of(job.pk)) >= 2, what="the job has taken two steps")
    rig.kill(*rig.pids_of("run_cluster"))
    rig.let_go(job)
    rig.wait_for(job, JobState.SUCCEEDED)
    assert effects_of(job.pk) == list(range(20))


def test_a_lost_delivery_is_made_again(rig: Rig) -> None:
    job = rig.enqueue("test.light", steps=1)
    OrmQ.objects.all().delete()
    assert sweep().delivered == 0
    rig.start_worker()
    rig.wait_for(job, JobState.SUCCEEDED)


def test_sweep_does_not_pile_up_deliveries(rig: Rig) -> None:
    rig.enqueue("test.light", steps=1)
    assert [sweep().delivered for _ in range(3)] == [0, 0, 0]
    Job.objects.update(delivered_at=None)
    assert [sweep().delivered for _ in range(3)] == [1, 0, 0]


def test_leftover_deliveries_of_ended_jobs_are_cleared(rig: Rig) -> None:
    ended, waiting = rig.enqueue("test.light", steps=1), rig.enqueue("test.light", steps=1)
    Job.objects.filter(pk=ended.pk).update(state=JobState.SUCCEEDED)
    for row in OrmQ.objects.all():
        row.lock += timedelta(days=365)
        row.save()
    clear_leftovers()
    assert [row.task["args"] for row in OrmQ.objects.all()] == [(waiting.pk,)]


def test_a_worker_serves_only_its_queues(rig: Rig) -> None:
    elsewhere = rig.enqueue("test.light", steps=1)
    Job.objects.update(queue="gpu", delivered_at=None)
    OrmQ.objects.all().delete()
    rig.start_worker("--queue", "default")
    here = rig.enqueue("test.light", steps=1)
    rig.wait_for(here, JobState.SUCCEEDED)
    elsewhere.refresh_from_db()
    assert elsewhere.state == JobState.QUEUED
    rig.start_worker("--queue", "gpu")
    rig.wait_for(elsewhere, JobState.SUCCEEDED)
