"""Asking for children of a release's training split, or of all labelled records: one run at a time in a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from datasets_app.corpus.augmentation.naming import STRATEGY_NAMES
from datasets_app.models import Augmentation, Release
from datasets_app.selectors_augmentation import children_already, parents_count
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch

from .errors import AugmentationRefused

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

MAX_CHILDREN: Final = 20_000
MAX_SEED: Final = 2**31 - 1


@dataclass(frozen=True)
class AugmentationChoices:
    """What is asked for: `counts` by strategy. Without a release all labelled records of the project are parents."""

    counts: Mapping[str, int]
    release: Release | None = None
    seed: int = 42
    max_ratio: float = 0.5
    use_model: bool = True
    use_endpoint: bool = False

    @property
    def wanted(self) -> int:
        """Of all strategies together."""
        return sum(self.counts.values())


def augmentation_topic(project_id: int) -> str:
    """What pages about augmentation listen to."""
    return f"project:{project_id}:augmentation"


def augmentation_start(*, project: Project, choices: AugmentationChoices, actor: User | None) -> Augmentation:
    """Queue the making of children.

    Raises AugmentationRefused for choices that cannot be, for more children than `max_ratio` allows, where nothing has
    a label, or while another run of the project is open.
    """
    _check(project, choices)
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if any(run.is_open for run in Augmentation.objects.filter(project=locked).select_related("job")[:5]):
            raise AugmentationRefused("Children are being made already; wait for that run or cancel it.")
        _check_ratio(locked, choices)
        made = Augmentation.objects.create(
            project=locked,
            release=choices.release,
            counts={name: count for name, count in sorted(choices.counts.items()) if count},
            seed=choices.seed,
            max_ratio=choices.max_ratio,
            use_model=choices.use_model,
            use_endpoint=choices.use_endpoint,
            created_by=actor,
        )
        made.job = job_enqueue(
            kind="dataset.augment",
            params={"augmentation": made.pk},
            project=locked,
            owner=actor,
            idempotency_key=f"augmentation-{made.pk}",
        )
        made.save(update_fields=["job"])
        record(
            action="augmentation.start",
            actor=actor,
            project=locked,
            target=made,
            payload={
                "counts": made.counts,
                "seed": made.seed,
                "max_ratio": made.max_ratio,
                "release": choices.release.version if choices.release else "",
                "use_model": made.use_model,
                "use_endpoint": made.use_endpoint,
            },
        )
        touch(augmentation_topic(locked.pk))
    return made


def _check(project: Project, choices: AugmentationChoices) -> None:
    unknown = sorted(set(choices.counts) - set(STRATEGY_NAMES))
    if unknown:
        raise AugmentationRefused(f"There is no strategy {unknown[0]}.")
    if min(choices.counts.values(), default=0) < 0 or not 0 < choices.wanted <= MAX_CHILDREN:
        raise AugmentationRefused(f"Ask for 1 to {MAX_CHILDREN:,} children in all.")
    if not 0 <= choices.seed <= MAX_SEED:
        raise AugmentationRefused(f"The seed must lie between 0 and {MAX_SEED}.")
    if not 0 < choices.max_ratio <= 2:
        raise AugmentationRefused("The cap must lie above 0 and be at most 2 children to each original.")
    release = choices.release
    if release is not None and (release.project_id != project.pk or release.state != Release.State.PUBLISHED):
        raise AugmentationRefused("The release must be a published one of this project.")
    if choices.use_endpoint and not (settings.SYNTHESIS_ENDPOINT and settings.SYNTHESIS_MODEL):
        raise AugmentationRefused("No language model is configured here, so paraphrases are made by the tables only.")


def _check_ratio(project: Project, choices: AugmentationChoices) -> None:
    parents = parents_count(project, choices.release)
    if not parents:
        raise AugmentationRefused("Nothing here has a label yet: publish a round, or import labelled conversations.")
    already = children_already(project)
    most = int(choices.max_ratio * parents) - already
    if choices.wanted > most:
        made = f" {already:,} are there already." if already else ""
        raise AugmentationRefused(
            f"{choices.wanted:,} more children are too many: of {parents:,} originals at most {max(0, most):,} more "
            f"may be made with a cap of {choices.max_ratio:g} to each.{made} Ask for fewer, or raise the cap."
        )


def augmentation_fail(*, augmentation_id: int, reason: str) -> None:
    """Note why a run ended without a result; a finished one is never touched."""
    Augmentation.objects.filter(pk=augmentation_id).exclude(state=Augmentation.State.DONE).update(
        state=Augmentation.State.FAILED, error=reason[:2000]
    )
