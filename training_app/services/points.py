"""What a running job writes of its steps and its machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from training_app.models import RunPoint, RunSample, TrainingRun
from training_app.topics import touch_run


def run_points_record(
    *,
    run: TrainingRun,
    step: int | None,
    point: Mapping[str, Any],
    sample: Mapping[str, float],
    tell: bool,
) -> None:
    """Write the figures of a step and a sample of the machine, those that are there.

    A step that is written already stays as it is: a resumed run goes over it again. `tell` refreshes open pages.
    """
    now = timezone.now()
    with transaction.atomic():
        if step is not None:
            RunPoint.objects.bulk_create([RunPoint(run=run, step=step, at=now, values=point)], ignore_conflicts=True)
        if sample:
            RunSample.objects.create(run=run, at=now, **sample)
        if tell:
            touch_run(run)
