"""Stopping a job: queued, running, deaf to requests, with programs of its own."""

from __future__ import annotations

import os

import pytest

from pixelhub.jobs.models import JobState
from pixelhub.jobs.services import job_cancel
from tests.jobs.handlers import effects_of
from tests.jobs.rig import LONG, Rig
from tests.jobs.waiting import until

pytestmark = pytest.mark.slow


def test_queued_job_is_cancelled_at_once(rig: Rig) -> None:
    job = rig.enqueue("test.steps", steps=1)
    assert job_cancel(job=job, actor=None)
    assert job.state == JobState.CANCELLED
    assert not job_cancel(job=job, actor=None)


@pytest.mark.parametrize("kind", ["test.steps", "test.light"])
def test_running_job_stops_between_steps(rig: Rig, kind: str) -> None:
    rig.start_worker()
    job = rig.enqueue(kind, steps=10_000, work=0.02)
    until(lambda: effects_of(job.pk), what="the job has begun")
    job_cancel(job=job, actor=None)
    rig.wait_for(job, JobState.CANCELLED)
    assert len(effects_of(job.pk)) == job.checkpoint["next"] < 10_000


def test_job_that_does_not_listen_is_killed(rig: Rig) -> None:
    rig.start_worker(**LONG)
    job = rig.enqueue("test.quiet")
    until(lambda: effects_of(job.pk), what="the job has begun")
    pid = rig.pid_of(job)
    job_cancel(job=job, actor=None)
    rig.wait_for(job, JobState.CANCELLED)
    assert pid not in rig.processes()


@pytest.mark.parametrize("rig_database", ["sqlite"], indirect=True)  # ends processes; locks are the others' matter
def test_programs_of_a_cancelled_job_end_with_it(rig: Rig) -> None:
    rig.start_worker(**LONG)
    job = rig.enqueue("test.parent")
    line = until(lambda: job.log_lines.first(), what="the program has said who its child is")
    grandchild = int(line.line.split()[1])
    os.kill(grandchild, 0)
    job_cancel(job=job, actor=None)
    rig.wait_for(job, JobState.CANCELLED)
    assert grandchild not in rig.processes()
