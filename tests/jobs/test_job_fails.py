"""How jobs fail: for a known reason, by an unexpected error, by killing their worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixelhub.jobs.models import Job, JobLog, JobState
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import JobNotRetryable, job_enqueue, job_retry
from tests.jobs.handlers import SECRET
from tests.jobs.rig import Rig


@pytest.mark.slow
def test_a_job_that_kills_its_process_ends_failed_with_a_reason(rig: Rig) -> None:
    rig.start_worker(JOBS_LEASE_SECONDS="60")
    job = rig.wait_for(rig.enqueue("test.poison"), JobState.FAILED)
    assert job.attempts == job.max_attempts == 3
    assert "killed (signal 9)" in job.error
    assert "Tried 3 times" in job.error


@pytest.mark.slow
def test_a_failing_job_does_not_stop_the_next_one(rig: Rig) -> None:
    rig.start_worker(JOBS_LEASE_SECONDS="60")
    failing, fine = rig.enqueue("test.refused"), rig.enqueue("test.light", steps=2)
    rig.wait_for(fine, JobState.SUCCEEDED)
    assert rig.wait_for(failing, JobState.FAILED).attempts == 1


def test_known_reason_is_shown_and_not_retried(db: None) -> None:
    job = job_enqueue(kind="test.refused", params={}, project=None, owner=None)
    run_inline(job)
    assert (job.state, job.error, job.attempts) == (JobState.FAILED, "The file has no header line.", 1)


def test_unexpected_error_is_retried_then_failed_without_its_message(
    db: None, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    job = job_enqueue(kind="test.unexpected", params={}, project=None, owner=None)
    run_inline(job)
    assert (job.state, job.attempts) == (JobState.FAILED, 3)
    assert "ValueError" in job.error
    assert Path(__file__).with_name("handlers.py").name in job.error
    lines = " ".join(JobLog.objects.filter(job=job).values_list("line", flat=True))
    assert "ValueError" in lines
    assert SECRET not in job.error + lines + caplog.text


def test_kind_without_handler_fails_with_a_reason(db: None) -> None:
    job = Job.objects.create(kind="gone.kind", params={})
    run_inline(job)
    assert job.state == JobState.FAILED
    assert "No handler" in job.error


def test_retry_continues_from_the_checkpoint(db: None) -> None:
    job = job_enqueue(kind="test.refused", params={}, project=None, owner=None)
    run_inline(job)
    job_retry(job=job, actor=None)
    assert (job.state, job.attempts, job.error) == (JobState.QUEUED, 0, "")
    with pytest.raises(JobNotRetryable):
        job_retry(job=job, actor=None)
