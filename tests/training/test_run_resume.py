"""A run that was cancelled in mid training goes on where it stopped; what it says and takes meanwhile becomes rows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import JobState
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.sweep import remove_old_work
from tests.personas import World
from tests.trained import CONFIG, Trained, store_release
from training_app import services
from training_app.jobs import events as job_events
from training_app.models import ModelVersion, RunState, TrainingRun

CANCEL_AT = 3


@pytest.fixture
def run(world: World, trained: Trained) -> TrainingRun:
    release = store_release(world.project, trained.release_dir)
    return services.run_start(
        project=world.project, release=release, config=CONFIG, actor=world.user("ml_engineer"), name="long one"
    )


@pytest.mark.training
def test_a_cancelled_run_resumes_after_its_last_whole_epoch(
    world: World, run: TrainingRun, trained: Trained, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    record = services.run_metrics_record

    def record_and_cancel(*, run: TrainingRun, history: list[dict[str, float]]) -> None:
        record(run=run, history=history)
        if history[0]["epoch"] == CANCEL_AT:
            assert services.run_cancel(run=run, actor=run.started_by)

    with monkeypatch.context() as patch:
        patch.setattr(job_events.services, "run_metrics_record", record_and_cancel)
        run_inline(run.job)
    run.refresh_from_db()
    assert (run.job.state, run.state) == (JobState.CANCELLED, RunState.CANCELLED)
    folder = Path(settings.VAR_DIR) / "jobs" / str(run.job.pk)
    assert list(folder.glob("out/checkpoints/*.safetensors"))

    client = world.client("ml_engineer")
    page = client.get(run.get_absolute_url()).content.decode()
    assert "Cancel this run" not in page
    assert "go on after its last whole epoch" in page
    assert world.client("qa").post(reverse("training:run_resume", args=[run.pk])).status_code == 403
    client.post(reverse("training:run_resume", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.shown_state) == (RunState.QUEUED, "queued")
    run.job.refresh_from_db()
    run_inline(run.job)

    run.refresh_from_db()
    assert (run.job.error, run.state) == ("", RunState.SUCCEEDED)
    lines = list(run.job.log_lines.values_list("line", flat=True))
    assert any(line.startswith("Resumed after epoch") for line in lines)
    losses = dict(run.metrics.filter(name="val_loss").values_list("epoch", "value"))
    undisturbed = {row["epoch"]: row["val_loss"] for row in trained.record["history"]}
    assert losses == pytest.approx(undisturbed, abs=1e-9)
    assert ModelVersion.objects.get().run_id == run.pk
    assert run.samples.exists()
    assert all(sample.rss_mb > 0 for sample in run.samples.all())
    assert not folder.exists()
    assert list(AuditEvent.objects.values_list("action", flat=True)).count("training_run.resume") == 1


def test_only_a_run_that_ended_early_is_resumed(world: World, run: TrainingRun, settings: Any) -> None:
    client = world.client("ml_engineer")
    url = reverse("training:run_resume", args=[run.pk])
    assert "Only a failed or cancelled run" in client.post(url, follow=True).content.decode()
    assert world.outsider_client("ml_engineer").post(url).status_code == 404
    services.run_cancel(run=run, actor=run.started_by)
    folder = Path(settings.VAR_DIR) / "jobs" / str(run.job.pk)
    folder.mkdir(parents=True)
    assert remove_old_work() == 0
    run.job.finished_at -= timedelta(days=settings.JOBS_WORK_KEEP_DAYS + 1)
    run.job.save()
    assert remove_old_work() == 1
    assert not folder.exists()
    client.post(url)
    run.refresh_from_db()
    assert run.state == RunState.QUEUED
