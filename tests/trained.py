"""A really trained bundle, made once per test run and shared by all workers and apps."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from datasets_app.models import Release
from pixelhub.accounts.models import Project, User
from pixelhub.canonical import sha256_file
from pixelhub.objects import get_store
from tests.paths import PROJECT_ROOT
from tests.training.releases import synthetic_conversations, write_labelled_release
from training_app import services
from training_app.learn.config import config_as_dict, config_from, config_sha256
from training_app.models import ModelVersion, TrainingRun

CONVERSATIONS = 420
CONFIG: dict[str, Any] = {
    "data": {"max_length": 64},
    "model": {"hidden_size": 64},
    "optimisation": {"epochs": 12, "learning_rate": 0.003},
}


@dataclass(frozen=True)
class Trained:
    """Folders and results of one training through the real command line."""

    release_dir: Path
    bundle_dir: Path
    evaluation: dict[str, Any]
    predictions: Path
    record: dict[str, Any]
    config: dict[str, Any]


def learn(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `python -m training_app.learn` as a user would, on one core."""
    return subprocess.run(
        [sys.executable, "-m", "training_app.learn", *map(str, arguments)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=check,
        timeout=600,
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train and evaluate once, in whichever worker comes first; the others wait and read."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "trained"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            _train(folder)
    return Trained(
        release_dir=folder / "release",
        bundle_dir=folder / "out" / "bundle",
        evaluation=json.loads((folder / "evaluation.json").read_bytes()),
        predictions=folder / "predictions.jsonl",
        record=json.loads((folder / "out" / "training-record.json").read_bytes()),
        # As a row holds it: a tuple is a list there.
        config=json.loads(json.dumps(config_as_dict(config_from(CONFIG)))),
    )


def _train(folder: Path) -> None:
    write_labelled_release(folder / "release", synthetic_conversations(CONVERSATIONS))
    output = {"release_dir": str(folder / "release"), "out_dir": str(folder / "out")}
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG | {"output": output}))
    learn("train", "--config", config)
    learn(
        *("evaluate", "--bundle", folder / "out" / "bundle", "--release", folder / "release"),
        *("--out", folder / "evaluation.json", "--predictions", folder / "predictions.jsonl"),
    )
    (folder / "done").touch()


def store_release(project: Project, folder: Path, *, version: str = "1.0.0") -> Release:
    """Put a release folder into the object store and register it as a published release of the project."""
    prefix = f"releases/{project.slug}/{version}/"
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    get_store().publish(prefix, files, last="manifest.json")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    return Release.objects.create(
        project=project,
        version=version,
        state=Release.State.PUBLISHED,
        manifest_sha256=sha256_file(folder / "manifest.json"),
        object_prefix=prefix,
        counts=manifest["counts"],
    )


def register_trained(project: Project, user: User, trained: Trained) -> ModelVersion:
    """Take the trained bundle through the real registration and evaluation services, as the job does."""
    release = Release.objects.filter(project=project, version="1.0.0").first()
    release = release or store_release(project, trained.release_dir)
    config = config_from(trained.config)
    run = TrainingRun.objects.create(
        project=project,
        release=release,
        name="Shared training",
        config=trained.config,
        config_sha256=config_sha256(config),
        started_by=user,
    )
    services.run_begin(run=run)
    services.run_training_record(run=run, training_record=trained.record)
    version = services.model_version_register(run=run, bundle_dir=trained.bundle_dir, actor=user)
    use_number = services.evaluation_begin(version=version, actor=user)
    services.evaluation_record(
        version=version,
        metrics=trained.evaluation,
        predictions=trained.predictions,
        use_number=use_number,
        actor=user,
    )
    services.run_succeed(run=run, version=version)
    return version
