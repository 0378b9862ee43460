"""A job ends by itself, with every effect exactly once, whatever part of the worker is killed."""

from __future__ import annotations

import os
import signal

import pytest
from django.utils import timezone

from pixelhub.jobs.models import Job, JobState
from tests.jobs.handlers import effects_of
from tests.jobs.rig import LONG, Rig
from tests.jobs.waiting import until

pytestmark = pytest.mark.slow

STEPS = 30


def started(rig: Rig, **more: str) -> tuple[object, object]:
    """A job that has begun, and does not end before `assert_done_once`, however late this process kills."""
    worker = rig.start_worker(**more)
    job = rig.enqueue("test.steps", steps=STEPS, work=0.05, held=True)
    until(lambda: len(effects_of(job.pk)) >= 3, what="the job has taken three steps")
    return worker, job


def assert_done_once(rig: Rig, job: object) -> None:
    rig.let_go(job)
    rig.wait_for(job, JobState.SUCCEEDED)
    assert effects_of(job.pk) == list(range(STEPS))
    assert job.result == {"steps": STEPS}
    assert (job.done, job.total) == (STEPS, STEPS)


def test_child_killed(rig: Rig) -> None:
    _, job = started(rig, **LONG)
    rig.kill(rig.pid_of(job))
    assert_done_once(rig, job)
    assert job.attempts == 2


def test_guard_killed(rig: Rig) -> None:
    _, job = started(rig, **LONG)
    rig.kill(rig.pid_of(job, guard=True))
    assert_done_once(rig, job)


def test_every_process_of_the_cluster_killed_at_once(rig: Rig) -> None:
    _, job = started(rig)
    rig.kill(*rig.pids_of("run_cluster"))
    assert_done_once(rig, job)


def test_cluster_main_process_killed(rig: Rig) -> None:
    _, job = started(rig)
    first = rig.pids_of("run_cluster")[0]
    rig.kill(first)
    assert_done_once(rig, job)
    until(lambda: first not in rig.processes(), what="the killed cluster is gone")


def test_whole_worker_killed_and_started_again(rig: Rig) -> None:
    worker, job = started(rig, **LONG)
    worker.kill()
    worker.wait()
    rig.wait_until_gone()
    job.refresh_from_db()
    # Left behind by whom was killed first, or given back by a delivery that saw the worker go.
    assert job.state in (JobState.RUNNING, JobState.QUEUED)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())  # rather than wait for its end
    rig.start_worker()
    assert_done_once(rig, job)


def test_frozen_child_is_replaced(rig: Rig) -> None:
    _, job = started(rig)
    os.kill(rig.pid_of(job), signal.SIGSTOP)
    assert_done_once(rig, job)
    assert job.attempts >= 2


def test_orderly_stop_gives_the_job_back_without_counting(rig: Rig) -> None:
    worker, job = started(rig, **LONG)
    worker.terminate()
    assert worker.wait(timeout=120) == 0
    rig.wait_until_gone()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    rig.start_worker(**LONG)
    assert_done_once(rig, job)
    assert job.attempts == 1
