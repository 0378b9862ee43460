"""The whole path with its real parts: import, round, snapshot, release, review, sign-off, promotion, score.

Only the weights are stand-ins (see staged.py): what this proves is the chain of hashes, not a model.
"""

from __future__ import annotations

from django.utils import timezone

from datasets_app.models import Record, Release
from datasets_app.services import release_create
from inference.models import Deployment, ScoreLog
from inference.services import score_log_write
from pixelhub.jobs.runner import run_inline
from review import services
from tests.augmentation.making import augmented
from tests.e2e.preparing import simulated_snapshot
from tests.personas import World
from tests.review.staged import Staged, stage_on_release

CONVERSATIONS = 98


def walk(world: World, *, paraphrases: int = 0) -> tuple[Staged, ScoreLog]:
    """From a file of conversations to a score of a signed version; with so many children asked of the augmentation."""
    release = compile_release(world, paraphrases=paraphrases)
    test = [row for row in Record.objects.filter(project=world.project) if row.pk % 4 == 0]
    staged = stage_on_release(world, release, test)
    staged.approved()
    deployment = services.version_promote(version=staged.version, actor=staged.trainer)
    return staged, log_score(deployment)


def compile_release(world: World, *, paraphrases: int = 0) -> Release:
    """Import generated conversations, label them by simulated annotators, publish, augment if asked, compile."""
    project, engineer = world.project, world.user("data_engineer")
    simulated_snapshot(world, conversations=CONVERSATIONS)
    if paraphrases:
        augmented(project, {"paraphrase": paraphrases}, actor=engineer)
    release = release_create(project=project, version="1.0.0", seed=3, actor=engineer)
    run_inline(release.job)
    release.refresh_from_db()
    assert release.state == Release.State.PUBLISHED, release.error
    return release


def log_score(deployment: Deployment) -> ScoreLog:
    """One answer of that deployment, written as the scoring service writes them."""
    row = ScoreLog(
        project=deployment.project,
        deployment=deployment,
        model_version=deployment.model_version.version,
        bundle_sha256=deployment.bundle_sha256,
        content_hash="sha256:" + "a" * 64,
        score=0.91,
        crisis=True,
        crisis_type="self_harm",
        severity=4,
        band="emergency",
        alert_level="urgent",
        latency_ms=21.5,
        at=timezone.now(),
    )
    score_log_write(rows=[row])
    return ScoreLog.objects.get(pk=row.pk)
