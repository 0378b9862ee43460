"""A student and an INT8 export of a version: made by a run, registered with where they come from, or refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.urls import reverse

from inference.engine.bundle import folder_reader, load_bundle
from inference.engine.session import ModelSession
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.personas import World
from tests.trained import Trained, register_trained
from training_app import services
from training_app.learn.bundle import bundle_open
from training_app.learn.config import TrainingConfig, config_from
from training_app.learn.predict import BundlePredictor
from training_app.models import ModelVersion, TrainingRun

pytestmark = pytest.mark.training
TEXTS = [
    "User: hey",
    "User: I bought a rope and wrote the letters, tonight it ends. " * 3,
    "User: leg day is killing me",
]


@pytest.fixture
def version(world: World, trained: Trained) -> ModelVersion:
    return register_trained(world.project, world.user("ml_engineer"), trained)


def learning(*, rate: float = 1e-4, **student: Any) -> TrainingConfig:
    return config_from(
        {
            "model": {"hidden_size": 64, "student": student},
            "optimisation": {"epochs": 1, "learning_rate": rate, "batch_size": 32},
            "compute": {"precision": "fp32"},
        }
    )


def finished(run: TrainingRun) -> TrainingRun:
    assert run.job is not None
    run_inline(run.job)
    run.job.refresh_from_db()
    return TrainingRun.objects.get(pk=run.pk)


def stored(version: ModelVersion, folder: Path) -> Path:
    folder.mkdir()
    get_store().download_tree(version.object_prefix, folder)
    return folder


def test_student_is_a_version_of_its_own(world: World, version: ModelVersion, tmp_path: Path) -> None:
    config = learning(max_auc_loss=0.5, max_sensitivity_loss=0.5)
    run = services.student_start(version=version, actor=world.user("ml_engineer"), layers=2, config=config)
    run = finished(run)
    assert run.state == "succeeded", run.job and run.job.error
    student = ModelVersion.objects.get(run=run)
    assert (student.kind, student.derived_from, student.version) == ("student", version, "1.1.0")
    assert student.lineage["derived_from"] == version.bundle_sha256
    bundle = bundle_open(stored(student, tmp_path / "bundle"))
    assert bundle.document["files"]["model.onnx"]["bytes"] < version.files["model.onnx"]["bytes"]
    beside = run.validation["student"]
    assert beside["teacher_sha256"] == version.bundle_sha256
    assert 0.5 < beside["of_student"]["val_auc"] <= 1.0
    assert run.validation["parity"]["max_probability_difference"] <= 1e-4
    assert student.evaluations.count() == 1


def test_student_that_stays_behind_is_refused_in_words(world: World, version: ModelVersion) -> None:
    slow = learning(rate=1e-9, max_auc_loss=0.0, max_sensitivity_loss=0.0)
    run = finished(services.student_start(version=version, actor=world.user("ml_engineer"), layers=1, config=slow))
    assert run.state == "failed"
    assert run.job is not None
    assert "the student is not kept: on validation its AUC" in run.job.error
    assert ModelVersion.objects.count() == 1


def test_int8_is_a_version_of_its_own_and_answers_alike_whoever_comes_along(
    world: World, version: ModelVersion, tmp_path: Path
) -> None:
    actor = world.user("ml_engineer")
    run = finished(services.int8_start(version=version, actor=actor))
    assert run.state == "succeeded", run.job and run.job.error
    assert services.int8_start(version=version, actor=actor) == run
    made = ModelVersion.objects.get(run=run)
    assert (made.kind, made.derived_from) == ("int8", version)
    folder = stored(made, tmp_path / "bundle")
    bundle = bundle_open(folder)
    assert bundle.document["precision"] == "int8"
    assert run.validation["parity"]["same_types"] >= 0.97
    with pytest.raises(services.RunRefused, match="INT8 already"):
        services.int8_start(version=made, actor=actor)

    predictor = BundlePredictor(folder, max_length=64)
    together = predictor.logits(TEXTS)[0]
    assert np.array_equal(together, np.concatenate([predictor.logits([text])[0] for text in TEXTS]))

    reader, names = folder_reader(folder)
    session = ModelSession(load_bundle(reader, expected_sha256=bundle.sha256, names=names))
    assert session.max_batch == 1
    for text, logits in zip(TEXTS, together, strict=True):
        encoded = session.encode(text)
        assert encoded.bucket == len(encoded.ids)
        (found,) = session.run([encoded])
        scaled = np.exp((logits - logits.max()) / bundle.temperature)
        assert list(found.probabilities.values()) == pytest.approx(list(scaled / scaled.sum()), abs=1e-6)


def test_acts_of_a_version_page_by_persona(world: World, version: ModelVersion) -> None:
    page = world.client("ml_engineer").get(version.get_absolute_url()).content.decode()
    for name, label in (("version_student", "Distil a student"), ("version_int8", "Export as INT8")):
        url = reverse(f"training:{name}", args=[version.pk])
        assert url in page
        assert label in page
        assert url not in world.client("clinical_lead").get(version.get_absolute_url()).content.decode()
        assert world.client("clinical_lead").post(url).status_code == 403
        assert world.outsider_client("ml_engineer").post(url).status_code == 404
        assert not TrainingRun.objects.exclude(kind="train").exists()
    for name, kind in (("version_student", "distil"), ("version_int8", "export")):
        response = world.client("ml_engineer").post(reverse(f"training:{name}", args=[version.pk]), {"layers": "2"})
        run = TrainingRun.objects.get(kind=kind)
        assert response.headers["Location"] == run.get_absolute_url()
        assert run.source_version == version
    assert TrainingRun.objects.get(kind="distil").config["model"]["student"]["layers"] == 2
