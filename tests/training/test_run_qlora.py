"""A run of the hub on a quantised backbone: trained, registered, evaluated and scored without an ONNX graph."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from pixelhub.jobs.models import JobState
from pixelhub.jobs.runner import run_inline
from tests.personas import World
from tests.trained import store_release
from tests.training.releases import simple_conversations, write_labelled_release
from tests.training.tiny_models import make_model
from training_app.learn.torch_predict import MODEL_DIRS_VARIABLE
from training_app.models import Evaluation, ModelVersion
from training_app.services import run_start

pytestmark = pytest.mark.training


def test_qlora_run_becomes_a_version_that_is_evaluated_and_scores(
    world: World, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_labelled_release(tmp_path / "release", simple_conversations(91))
    folder = make_model("mistral", tmp_path / "models" / "tiny-mistral")
    settings.PIXELHUB_MODEL_DIRS = [str(tmp_path / "models")]
    monkeypatch.setenv(MODEL_DIRS_VARIABLE, str(tmp_path / "models"))
    run = run_start(
        project=world.project,
        release=store_release(world.project, tmp_path / "release"),
        config={
            "data": {"max_length": 32},
            "model": {"backbone": str(folder), "method": "qlora", "hidden_size": 16},
            "optimisation": {"epochs": 2, "patience": 2, "learning_rate": 2e-3},
        },
        actor=world.user("ml_engineer"),
    )
    run_inline(run.job)
    assert (run.job.state, run.job.error) == (JobState.SUCCEEDED, "")
    log = "\n".join(run.job.log_lines.values_list("line", flat=True))
    assert "Epoch 2: train loss" in log
    assert "it/s" not in log, "no progress bars of libraries"
    run.refresh_from_db()
    assert run.points.exists()
    version = ModelVersion.objects.get()
    assert set(version.files) == {"head.safetensors", "tokenizer.json", "weights.safetensors"}
    assert version.lineage["encoder"]["name"] == "tiny-mistral"
    assert Evaluation.objects.get().metrics["n"] > 0
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a", "text": "I baked bread"}\n')
    call_command("score_records", rows, "--model", "latest", "--out", tmp_path / "scores.jsonl")
    assert json.loads((tmp_path / "scores.jsonl").read_text())["id"] == "a"
    client = world.client("ml_engineer")
    for page in (run.get_absolute_url(), version.get_absolute_url()):
        assert "tiny-mistral" in client.get(page).content.decode()
