"""Programs that a job has started end when any of the processes above them is killed."""

from __future__ import annotations

import os

import pytest

from pixelhub.jobs.models import Job, JobState
from tests.jobs.rig import LONG, Rig
from tests.jobs.waiting import until

# What ends which process is told the same on every database.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("rig_database", ["sqlite"], indirect=True)]


def running_parent(rig: Rig) -> tuple[Job, int]:
    """A job whose program has started another one, in a session of its own."""
    job = rig.enqueue("test.parent")
    line = until(lambda: job.log_lines.last(), what="the program has said who its child is")
    grandchild = int(line.line.split()[1])
    os.kill(grandchild, 0)
    return job, grandchild


def test_job_process_killed(rig: Rig) -> None:
    rig.start_worker(**LONG)
    job, grandchild = running_parent(rig)
    rig.kill(rig.pid_of(job))
    until(lambda: grandchild not in rig.processes(), what="the grandchild has ended")


def test_every_guard_killed(rig: Rig) -> None:
    rig.start_worker(**LONG)
    job, _ = running_parent(rig)
    first = rig.pid_of(job)
    rig.kill(rig.pid_of(job, guard=True))
    until(lambda: first not in rig.processes(), what="the job's process has ended with its guard")


def test_whole_worker_killed(rig: Rig) -> None:
    worker = rig.start_worker(**LONG)
    running_parent(rig)
    worker.kill()
    worker.wait()
    rig.wait_until_gone()
    # Left behind by whom was killed first, or given back by a delivery that saw the worker go.
    assert Job.objects.get().state in (JobState.RUNNING, JobState.QUEUED)
