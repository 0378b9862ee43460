"""Live topics of training: what open pages listen to."""

from __future__ import annotations

from pixelhub.live.services import touch
from training_app.models import TrainingRun


def runs_topic(project_id: int) -> str:
    return f"project:{project_id}:runs"


def run_topic(run: TrainingRun) -> str:
    return f"project:{run.project_id}:run:{run.pk}"


def versions_topic(project_id: int) -> str:
    return f"project:{project_id}:versions"


def touch_run(run: TrainingRun) -> None:
    """Tell a run's own page and the list, in the caller's transaction."""
    touch(run_topic(run))
    touch(runs_topic(run.project_id))
