"""The jobs that `worker_kills` disturbs: compiles and trainings of one project, and what must be true of them after."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from datasets_app.corpus.verify import verify_release
from datasets_app.models import Release
from datasets_app.services import release_create
from datasets_app.services.storage import StoreReader
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.e2e.preparing import simulated_snapshot
from tests.personas import make_world
from training_app.models import ModelVersion, RunMetric, RunState, TestSetUse, TrainingRun
from training_app.services import run_start

CONVERSATIONS = 400
SEED = 3
EPOCHS = 6
CONFIG: dict[str, Any] = {
    "data": {"max_length": 64},
    "model": {"hidden_size": 64},
    "optimisation": {"epochs": EPOCHS, "patience": EPOCHS, "learning_rate": 0.003},
}
ENVIRONMENT = {"compile": {"JOBS_DEFAULT_WORKERS": "3"}, "training": {"JOBS_GPU_WORKERS": "2"}}


class Work(Protocol):
    """One kind of job: how the n-th is queued, and everything that is wrong afterwards."""

    queue: str

    def queued(self, number: int) -> Job: ...
    def problems(self, jobs: list[Job]) -> list[str]: ...


class Compiles:
    """Releases of the same labels with the same seed: the same shards, however often a worker died."""

    queue = "default"

    def __init__(self) -> None:
        self._world = make_world()
        simulated_snapshot(self._world, conversations=CONVERSATIONS)
        self._undisturbed = self._release("9.9.9")
        run_inline(self._job(self._undisturbed))

    def queued(self, number: int) -> Job:
        return self._job(self._release(f"1.0.{number}"))

    def problems(self, jobs: list[Job]) -> list[str]:
        found = []
        expected = _shards(self._undisturbed)
        for job in jobs:
            release = Release.objects.get(job=job)
            published = _events("release.publish", release)
            if (release.state == Release.State.PUBLISHED) != (job.state == JobState.SUCCEEDED):
                found.append(f"release {release.version} is {release.state}, its job {job.state}")
            if published != (job.state == JobState.SUCCEEDED):
                found.append(f"release {release.version} was published {published} times")
            if job.state == JobState.SUCCEEDED:
                reader = StoreReader(get_store(), release.object_prefix)
                found += verify_release(reader, manifest_sha256=release.manifest_sha256).reasons
                if _shards(release) != expected:
                    found.append(f"release {release.version} has other shards than an undisturbed one")
        return found

    def _release(self, version: str) -> Release:
        engineer = self._world.user("data_engineer")
        return release_create(project=self._world.project, version=version, seed=SEED, actor=engineer)

    def _job(self, release: Release) -> Job:
        assert release.job is not None
        return release.job


class Trainings:
    """Runs of one configuration on one release: the same curves and the same bundle, registered once."""

    def __init__(self) -> None:
        self._world = make_world()
        simulated_snapshot(self._world, conversations=CONVERSATIONS)
        engineer = self._world.user("data_engineer")
        self._release = release_create(project=self._world.project, version="1.0.0", seed=SEED, actor=engineer)
        assert self._release.job is not None
        run_inline(self._release.job)
        self._release.refresh_from_db()
        self.queue = "gpu"

    def queued(self, number: int) -> Job:
        return self.started(CONFIG)

    def started(self, config: dict[str, Any]) -> Job:
        """A run of another configuration on the same release."""
        trainer = self._world.user("ml_engineer")
        run = run_start(project=self._world.project, release=self._release, config=config, actor=trainer)
        assert run.job is not None
        self.queue = run.job.queue
        return run.job

    def problems(self, jobs: list[Job]) -> list[str]:
        found, curves = [], set()
        for job in jobs:
            run = TrainingRun.objects.get(job=job)
            if (run.state == RunState.SUCCEEDED) != (job.state == JobState.SUCCEEDED):
                found.append(f"run {run.pk} is {run.state}, its job {job.state}")
            ends = {name: _events(f"training_run.{name}", run) for name in ("succeed", "fail")}
            if ends["succeed"] != (job.state == JobState.SUCCEEDED) or ends["fail"] > 1:
                found.append(f"run {run.pk} ended several times: {ends}")
            if job.state == JobState.SUCCEEDED:
                rows = RunMetric.objects.filter(run=run).order_by("epoch", "name")
                curves.add(tuple(rows.values_list("epoch", "name", "value")))
        made = ModelVersion.objects.count()
        if made != (1 if curves else 0) or len(curves) > 1 or TestSetUse.objects.count() > made:
            uses = TestSetUse.objects.count()
            found.append(f"{made} versions, {len(curves)} different curves, {uses} uses of the test set")
        return found


WORKS: dict[str, Callable[[], Work]] = {"compile": Compiles, "training": Trainings}


def _events(action: str, target: Any) -> int:
    events = AuditEvent.objects.filter(action=action)
    return events.filter(target_type=target._meta.label, target_id=str(target.pk)).count()


def _shards(release: Release) -> dict[str, str]:
    manifest = json.loads(get_store().read(f"{release.object_prefix}manifest.json"))
    return {entry["path"]: entry["sha256"] for entry in manifest["files"] if entry["path"].startswith("shards/")}
