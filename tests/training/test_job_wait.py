"""Waiting at the command line says it when nobody takes the job."""

from __future__ import annotations

import pytest

from pixelhub.jobs.models import Job, JobState
from tests.personas import World
from training_app.management.commands import _waiting


@pytest.mark.parametrize("taken_after", [3, 14])
def test_a_job_that_no_worker_takes_is_told_of_once(
    world: World, monkeypatch: pytest.MonkeyPatch, taken_after: int
) -> None:
    job = Job.objects.create(kind="training.tune", project=world.project, params={})
    looks = iter(range(1, 40))

    def look(_: float) -> None:
        number = next(looks)
        if number == taken_after:
            Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, note="trial 1")
        if number == taken_after + 2:
            Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)

    monkeypatch.setattr(_waiting.time, "sleep", look)
    told: list[str] = []
    _waiting.job_wait(job, told.append)
    assert [line for line in told if "manage.py worker" in line] == told[:-1]
    assert (len(told), told[-1]) == (2 if taken_after > _waiting.PATIENCE_SECONDS else 1, "trial 1")
