"""The job behind a run: release in, version out, each effect once."""

import json
from pathlib import Path
from typing import Any

import pytest

from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import JobState
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.personas import World
from tests.trained import CONFIG, Trained, register_trained, store_release
from training_app.models import Evaluation, ModelVersion, RunMetric, RunState, TestSetUse, TrainingRun
from training_app.services import run_start

pytestmark = pytest.mark.training


def started(world: World, trained: Trained) -> TrainingRun:
    release = store_release(world.project, trained.release_dir)
    return run_start(project=world.project, release=release, config=CONFIG, actor=world.user("ml_engineer"))


def test_run_job_trains_registers_and_evaluates_once(world: World, trained: Trained, settings: Any) -> None:
    run = started(world, trained)
    run_inline(run.job)
    assert (run.job.state, run.job.error) == (JobState.SUCCEEDED, "")
    run.refresh_from_db()
    version = ModelVersion.objects.get()
    assert (run.state, version.version, version.run_id) == (RunState.SUCCEEDED, "1.0.0", run.pk)
    assert TestSetUse.objects.count() == 1
    evaluation = Evaluation.objects.get()
    assert evaluation.use_number == 1
    assert evaluation.metrics["metrics"]["auc"]["value"] > 0.75, "a few dozen test cases: it has learned, no more"
    epochs = RunMetric.objects.filter(run=run, name="val_loss").count()
    assert epochs == max(run.metrics.values_list("epoch", flat=True)) >= run.best_epoch >= 1
    actions = list(AuditEvent.objects.values_list("action", flat=True))
    for action in ("training_run.start", "model_version.register", "test_set.use", "model_version.evaluate"):
        assert actions.count(action) == 1, action
    assert not (Path(settings.VAR_DIR) / "jobs" / str(run.job.pk)).exists()
    stored = {stat.key.rsplit("/", 1)[1] for stat in get_store().list(version.object_prefix)}
    assert stored == {"bundle.json", "head.safetensors", "model.onnx", "tokenizer.json"}
    assert_no_text_was_kept(run, trained)


def assert_no_text_was_kept(run: TrainingRun, trained: Trained) -> None:
    shard = next((trained.release_dir / "shards" / "test").iterdir())
    said = [json.loads(line)["messages"][-1]["content"] for line in shard.read_text(encoding="utf-8").splitlines()]
    told = "\n".join(
        [
            *run.job.log_lines.values_list("line", flat=True),
            *AuditEvent.objects.values_list("payload_json", flat=True),
            json.dumps(Evaluation.objects.get().metrics),
            json.dumps(run.job.params),
        ]
    )
    assert said
    assert not [text for text in said if text in told]


def test_run_of_a_known_configuration_reproduces_the_version_byte_for_byte(world: World, trained: Trained) -> None:
    version = register_trained(world.project, world.user("ml_engineer"), trained)
    run = run_start(project=world.project, release=version.release, config=CONFIG, actor=world.user("ml_engineer"))
    run_inline(run.job)
    run.refresh_from_db()
    assert (run.state, run.reproduced_id) == (RunState.SUCCEEDED, version.pk)
    assert (ModelVersion.objects.count(), TestSetUse.objects.count()) == (1, 1)


def test_run_job_refuses_a_release_whose_stored_bytes_were_changed(world: World, trained: Trained) -> None:
    run = started(world, trained)
    key = f"{run.release.object_prefix}README.md"
    get_store().delete(key)
    get_store().put(key, b"changed")
    run_inline(run.job)
    run.refresh_from_db()
    assert (run.job.state, run.state) == (JobState.FAILED, RunState.FAILED)
    assert "does not verify" in run.job.error
    assert not ModelVersion.objects.exists()
