"""The demo's first release, and the model that is trained on it."""

from __future__ import annotations

from datasets_app.models import Enrichment, Release
from datasets_app.services import release_create
from datasets_app.services.enrichment import enrichment_start
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext
from review.demo.conversations import SEED, finish
from review.demo.people import demo_person
from training_app.models import TrainingRun
from training_app.services import run_start

RELEASE = "1.0.0"


def compile_release(ctx: JobContext, project: Project) -> None:
    """A release of the published labels."""
    release = Release.objects.filter(project=project, version=RELEASE).first()
    if release is None:
        release = release_create(project=project, version=RELEASE, seed=SEED, actor=demo_person("dana"))
    finish(ctx, release.job)


def start_training(ctx: JobContext, project: Project) -> None:
    """A training run, on its way: nobody waits for it."""
    if TrainingRun.objects.filter(project=project).exists():
        return
    release = Release.objects.get(project=project, version=RELEASE)
    run_start(project=project, release=release, config={}, actor=demo_person("milo"), name="First run")


def score_release(ctx: JobContext, project: Project) -> None:
    """Scores of the release, on their way likewise."""
    release = Release.objects.get(project=project, version=RELEASE)
    if not Enrichment.objects.filter(release=release).exists():
        enrichment_start(release=release, actor=demo_person("dana"))
