"""Registration and the state machine of versions."""

from contextlib import nullcontext
from itertools import product

import pytest

from pixelhub.audit.models import AuditEvent
from pixelhub.objects import get_store
from tests.personas import World
from tests.trained import Trained, register_trained
from training_app import services
from training_app.cards import card_of
from training_app.models import ModelVersion, TrainingRun, VersionState
from training_app.states import TRANSITIONS

pytestmark = pytest.mark.training


@pytest.fixture
def version(world: World, trained: Trained) -> ModelVersion:
    return register_trained(world.project, world.user("ml_engineer"), trained)


def test_registered_version_holds_its_lineage(version: ModelVersion, trained: Trained, world: World) -> None:
    assert (version.version, version.trainer) == ("1.0.0", world.user("ml_engineer"))
    assert version.bundle_sha256 == trained.evaluation["bundle_sha256"]
    assert version.lineage["release_manifest_sha256"] == version.release.manifest_sha256
    store = get_store()
    names = {stat.key.removeprefix(version.object_prefix) for stat in store.list(version.object_prefix)}
    assert names == {"bundle.json", *version.files}
    assert store.exists(f"{version.evidence_prefix}evaluation/predictions.jsonl")


def test_stored_card_is_the_shown_card(version: ModelVersion) -> None:
    stored = get_store().read(f"{version.evidence_prefix}card.md").decode()
    fresh = ModelVersion.objects.select_related("run", "release", "project").get(pk=version.pk)
    assert stored == card_of(fresh, fresh.evaluations.get())


def test_registering_again_changes_nothing(version: ModelVersion, trained: Trained) -> None:
    again = services.model_version_register(run=version.run, bundle_dir=trained.bundle_dir, actor=version.trainer)
    assert again == version
    assert services.evaluation_begin(version=version, actor=version.trainer) == 1
    actions = list(AuditEvent.objects.values_list("action", flat=True))
    assert (actions.count("model_version.register"), actions.count("test_set.use")) == (1, 1)


def test_bundle_of_another_run_is_refused(version: ModelVersion, trained: Trained, world: World) -> None:
    other = TrainingRun.objects.create(
        project=world.project,
        release=version.release,
        name="other",
        config={},
        config_sha256="0" * 64,
        started_by=version.trainer,
    )
    with pytest.raises(services.BundleRefused, match="config_sha256"):
        services.model_version_register(run=other, bundle_dir=trained.bundle_dir, actor=version.trainer)


def test_only_the_table_moves_a_version(version: ModelVersion) -> None:
    for before, after in product(VersionState.values, repeat=2):
        ModelVersion.objects.filter(pk=version.pk).update(state=before)
        allowed = after in TRANSITIONS[before]
        with nullcontext() if allowed else pytest.raises(services.TransitionRefused):
            services.version_set_state(version=version, state=after, actor=version.trainer)
        version.refresh_from_db()
        assert version.state == (after if allowed else before), (before, after)
