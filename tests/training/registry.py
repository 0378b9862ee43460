"""Versions for tests of the registry: derived ones, and states over time."""

import json
import shutil
from pathlib import Path
from typing import Any

from pixelhub.canonical import canonical_json
from tests.trained import Trained
from training_app import services
from training_app.models import ModelVersion, TrainingRun


def bundle_with(trained: Trained, folder: Path, **lineage: Any) -> Path:
    """A copy of the trained bundle whose lineage says more, so that it is another bundle of the same files."""
    shutil.copytree(trained.bundle_dir, folder)
    document = json.loads((folder / "bundle.json").read_bytes())
    document["lineage"] |= lineage
    (folder / "bundle.json").write_bytes(canonical_json(document))
    return folder


def run_like(source: ModelVersion, **fields: Any) -> TrainingRun:
    """A run on the same release with the same configuration."""
    run = source.run
    values = {
        "project": run.project,
        "release": run.release,
        "name": "Derived",
        "config": run.config,
        "config_sha256": run.config_sha256,
        "started_by": run.started_by,
        "validation": run.validation,
        "best_epoch": run.best_epoch,
    }
    return TrainingRun.objects.create(**values | fields)


def register_sibling(source: ModelVersion, trained: Trained, folder: Path, **lineage: Any) -> ModelVersion:
    """Another version of the same training, told apart by one word of its lineage; not evaluated."""
    bundle_dir = bundle_with(trained, folder, **lineage or {"note": "sibling"})
    return services.model_version_register(run=run_like(source), bundle_dir=bundle_dir, actor=source.trainer)
