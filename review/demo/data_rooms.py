"""Rooms of the release's data that a visitor finds in use: a stage ladder, and children that wait for people."""

from __future__ import annotations

from typing import Final

from datasets_app.models import Augmentation, Release, StageLadder
from datasets_app.services.augmentation import AugmentationChoices, augmentation_start
from datasets_app.services.errors import AugmentationRefused
from datasets_app.services.ladders import LadderChoices, ladder_create
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext
from review.demo.conversations import SEED, finish
from review.demo.model import RELEASE
from review.demo.people import demo_person

CHILDREN: Final = {"paraphrase": 12, "edge_case": 8}


def build_a_ladder(ctx: JobContext, project: Project) -> None:
    """Four stages of the release; the demo's one family stands on two of them, so the others are left out."""
    ladder = StageLadder.objects.filter(project=project).order_by("pk").first()
    if ladder is None:
        ladder = ladder_create(
            release=Release.objects.get(project=project, version=RELEASE),
            choices=LadderChoices(without_empty_stages=True),
            actor=demo_person("dana"),
        )
    finish(ctx, ladder.job)


def augment_the_release(ctx: JobContext, project: Project) -> None:
    """A few children of training conversations. The rules read them: the first model is still being trained."""
    run = Augmentation.objects.filter(project=project).order_by("pk").first()
    if run is None:
        release = Release.objects.get(project=project, version=RELEASE)
        choices = AugmentationChoices(counts=CHILDREN, release=release, seed=SEED, use_model=False)
        try:
            run = augmentation_start(project=project, choices=choices, actor=demo_person("dana"))
        except AugmentationRefused:  # a demo of very few conversations has not so many originals
            return
    finish(ctx, run.job)
