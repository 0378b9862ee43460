"""kill -9 of a whole worker in mid compile and in mid training: the job ends by itself, every effect exactly once.

A real worker is killed with all its processes at two moments of one job and started again, as a process manager does;
nobody else lifts a finger. The compile runs on SQLite and on PostgreSQL. The training runs on SQLite only, because it
takes well over a minute; how its job is claimed, lost and taken up again is the same code as the compile's.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from datasets_app.corpus.verify import verify_release
from datasets_app.models import Release
from datasets_app.services import release_create
from datasets_app.services.storage import StoreReader
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify
from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.e2e.gated import GatedStore, Matches
from tests.e2e.hubrig import HubRig
from tests.e2e.preparing import simulated_snapshot
from tests.jobs.rig import looking_at
from tests.jobs.waiting import until
from tests.personas import World, make_world
from training_app.models import Evaluation, ModelVersion, RunMetric, RunState, TestSetUse, TrainingRun
from training_app.services import run_start

CONVERSATIONS = 400
SEED = 3
EPOCHS = 40
# As many epochs as asked for, so that the first kill lands in the middle of them.
CONFIG: dict[str, Any] = {
    "data": {"max_length": 64},
    "model": {"hidden_size": 64},
    "optimisation": {"epochs": EPOCHS, "patience": EPOCHS, "learning_rate": 0.003},
}
# Ends a broken test; a sound one waits for conditions only.
JOB_SECONDS = 300.0

pytestmark = [pytest.mark.slow, pytest.mark.training]


@pytest.fixture
def gated_store(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[GatedStore]:
    """The hub's objects lie in an S3 server of this test; ask for it before the rig."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    store = GatedStore()
    store.start()
    settings.OBJECT_STORE_URL, settings.OBJECT_STORE_ENDPOINT = store.url, store.endpoint
    yield store
    store.stop()


@pytest.fixture
def rig(
    database_url: str, tmp_path: Path, django_db_blocker: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HubRig]:
    for name in [name for name in os.environ if name.startswith("JOBS_")]:
        monkeypatch.delenv(name)
    same = {name: getattr(settings, name) for name in ("SECRET_KEY", "OBJECT_STORE_URL", "OBJECT_STORE_ENDPOINT")}
    running = HubRig(database_url, tmp_path, **same)
    with django_db_blocker.unblock(), looking_at(database_url):
        try:
            yield running
        finally:
            running.end()


@pytest.fixture
def hub(rig: HubRig) -> World:
    """People, and labelled conversations that a release can be made of."""
    made = make_world()
    simulated_snapshot(made, conversations=CONVERSATIONS)
    return made


def events(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def killed_while_compiling(rig: HubRig, store: GatedStore, release: Release, matches: Matches) -> None:
    """A worker that is killed while its compile waits for the answer to one request to the store."""
    with store.holding(matches):
        rig.start()
        store.wait_until_reached(JOB_SECONDS)
        rig.kill_everything()
    job = Job.objects.get(pk=release.job_id)
    release.refresh_from_db()
    assert (job.state, release.state) == (JobState.RUNNING, Release.State.COMPILING)
    assert events("release.publish") == 0
    rig.let_leases_lapse()


def shards(release: Release) -> dict[str, str]:
    manifest = json.loads(get_store().read(f"{release.object_prefix}manifest.json"))
    return {entry["path"]: entry["sha256"] for entry in manifest["files"] if entry["path"].startswith("shards/")}


def test_compile(gated_store: GatedStore, rig: HubRig, hub: World) -> None:
    engineer = hub.user("data_engineer")
    release = release_create(project=hub.project, version="1.0.0", seed=SEED, actor=engineer)

    # In the middle of an upload: some objects are there, one is on its way, the manifest is not.
    killed_while_compiling(rig, gated_store, release, lambda method, path, _: method == "PUT" and "/shards/val" in path)
    names = {stat.key.removeprefix(release.object_prefix) for stat in get_store().list(release.object_prefix)}
    assert any(name.startswith("shards/") for name in names)
    assert "manifest.json" not in names
    # Between the manifest's upload and the row that publishes it: the verification lists what has arrived.
    killed_while_compiling(rig, gated_store, release, lambda _, __, query: "list-type=2" in query)
    assert get_store().exists(f"{release.object_prefix}manifest.json")
    rig.start()
    job = rig.wait_for(Job.objects.get(pk=release.job_id), JobState.SUCCEEDED, within=JOB_SECONDS)

    assert job.attempts == 3
    published = Release.objects.get()
    assert published.state == Release.State.PUBLISHED
    reader = StoreReader(get_store(), published.object_prefix)
    report = verify_release(reader, manifest_sha256=published.manifest_sha256)
    assert report.ok, report.reasons
    assert (events("release.create"), events("release.publish"), events("release.fail")) == (1, 1, 0)
    assert chain_verify().ok
    rig.stop()
    undisturbed = release_create(project=hub.project, version="1.0.1", seed=SEED, actor=engineer)
    run_inline(undisturbed.job)
    assert shards(undisturbed) == shards(published)


@contextmanager
def never_written(model: type[Model], which: str = "true") -> Iterator[None]:
    """Whoever writes such a row is at it until it is killed, however long it takes this process to do that.

    SQLite has nothing to wait by: the row is written when all combinations of tables are counted, which is never.
    """
    tables = ", ".join(f"sqlite_master AS t{number}" for number in range(8))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER never_written BEFORE INSERT ON {model._meta.db_table} WHEN {which} "
            f"BEGIN SELECT count(*) FROM {tables}; END"
        )
        yield
        cursor.execute("DROP TRIGGER never_written")


def job_of(run: TrainingRun) -> Job:
    return Job.objects.get(training_run=run)


def curves(run: TrainingRun) -> list[tuple[int, str, float]]:
    return list(RunMetric.objects.filter(run=run).order_by("epoch", "name").values_list("epoch", "name", "value"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_training(rig: HubRig, hub: World) -> None:
    release = release_create(project=hub.project, version="1.0.0", seed=SEED, actor=hub.user("data_engineer"))
    run_inline(release.job)
    release.refresh_from_db()
    trainer = hub.user("ml_engineer")
    run = run_start(project=hub.project, release=release, config=CONFIG, actor=trainer)
    rig.queue = job_of(run).queue

    with never_written(RunMetric, "NEW.epoch > 5"):
        rig.start()
        epochs = RunMetric.objects.filter(run=run, epoch=5)
        until(epochs.exists, what=f"five epochs are done; log: {rig.log}", seconds=JOB_SECONDS)
        rig.kill_everything()
    assert job_of(run).state == JobState.RUNNING
    assert not RunMetric.objects.filter(run=run, epoch=EPOCHS).exists()
    assert not ModelVersion.objects.exists()
    rig.let_leases_lapse()

    with never_written(Evaluation):
        rig.start()
        until(TestSetUse.objects.exists, what=f"the test split is opened; log: {rig.log}", seconds=JOB_SECONDS)
        rig.kill_everything()
    assert not Evaluation.objects.exists()
    rig.let_leases_lapse()

    rig.start()
    job = rig.wait_for(job_of(run), JobState.SUCCEEDED, within=JOB_SECONDS)
    assert job.attempts == 3
    assert job.log_lines.filter(line__startswith="Resumed after epoch").exists()
    version = ModelVersion.objects.get()
    assert version.run == run

    twin = run_start(project=hub.project, release=release, config=CONFIG, actor=trainer)
    assert rig.wait_for(job_of(twin), JobState.SUCCEEDED, within=JOB_SECONDS).attempts == 1
    for row in (run, twin):
        row.refresh_from_db()
        assert row.state == RunState.SUCCEEDED
    assert twin.reproduced == version, "an undisturbed run gives another bundle"
    assert curves(twin) == curves(run)
    assert {epoch for epoch, _, _ in curves(run)} == set(range(1, EPOCHS + 1))

    assert ModelVersion.objects.count() == Evaluation.objects.count() == TestSetUse.objects.count() == 1
    assert Evaluation.objects.get().use_number == 1
    for action in ("model_version.register", "test_set.use", "model_version.evaluate"):
        assert events(action) == 1, action
    assert events("training_run.succeed") == 2
    assert chain_verify().ok
    rig.stop()
