"""Making children of labelled conversations, and taking in those that people approved."""

from __future__ import annotations

from typing import Any

from pixelhub.jobs.base import JobContext, JobError, JobHandler, register

from .services.augmentation import augmentation_fail
from .services.augmentation_run import augmentation_run
from .services.variations import variations_bring_run


@register
class DatasetAugment(JobHandler):
    """Augment a release's training split, or a project's labelled records."""

    kind = "dataset.augment"
    label = "Augment conversations"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Do the run named in the parameters; a second one changes nothing."""
        augmentation_id = int(ctx.params["augmentation"])
        try:
            report = augmentation_run(augmentation_id=augmentation_id, ctx=ctx)
        except JobError as error:
            augmentation_fail(augmentation_id=augmentation_id, reason=str(error))
            raise
        return {name: report[name] for name in ("children", "stand", "wait_for_review", "ratio")}


@register
class DatasetVariations(JobHandler):
    """Take approved variations into the project."""

    kind = "dataset.variations"
    label = "Take in approved variations"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Take in what is approved of the run in the parameters; a second one changes nothing."""
        return variations_bring_run(augmentation_id=int(ctx.params["augmentation"]), ctx=ctx)
