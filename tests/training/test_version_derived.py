"""Registration of what is made out of a version: a student, an INT8 export."""

from pathlib import Path

import pytest

from tests.personas import World
from tests.trained import Trained, register_trained
from tests.training.registry import bundle_with, run_like
from training_app import services
from training_app.models import ModelVersion, RunKind, VersionKind

pytestmark = pytest.mark.training


@pytest.fixture
def source(world: World, trained: Trained) -> ModelVersion:
    return register_trained(world.project, world.user("ml_engineer"), trained)


@pytest.mark.parametrize(
    ("kind", "expected"), [(RunKind.DISTIL, VersionKind.STUDENT), (RunKind.EXPORT, VersionKind.INT8)]
)
def test_a_derived_version_names_its_source(
    source: ModelVersion, trained: Trained, tmp_path: Path, kind: str, expected: str
) -> None:
    run = run_like(source, kind=kind, source_version=source)
    unnamed = bundle_with(trained, tmp_path / "unnamed", note="no source")
    with pytest.raises(services.BundleRefused, match="derived_from"):
        services.model_version_register(run=run, bundle_dir=unnamed, actor=source.trainer)
    named = bundle_with(trained, tmp_path / "named", derived_from=source.bundle_sha256)
    version = services.model_version_register(run=run, bundle_dir=named, actor=source.trainer)
    assert (version.kind, version.derived_from, version.release) == (expected, source, source.release)
    assert version.lineage["derived_from"] == source.bundle_sha256
    assert list(source.derived.all()) == [version]
    assert source.kind == VersionKind.TRAINED
