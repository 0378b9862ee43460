"""Live topics of training: what open pages listen to."""

from __future__ import annotations

from pixelhub.live.services import touch
from training_app.models import Study, TrainingRun


def runs_topic(project_id: int) -> str:
    return f"project:{project_id}:runs"


def run_topic(run: TrainingRun) -> str:
    return f"project:{run.project_id}:run:{run.pk}"


def studies_topic(project_id: int) -> str:
    return f"project:{project_id}:studies"


def study_topic(study: Study) -> str:
    return f"project:{study.project_id}:study:{study.pk}"


def versions_topic(project_id: int) -> str:
    return f"project:{project_id}:versions"


def touch_run(run: TrainingRun) -> None:
    """Tell a run's own page and the list, in the caller's transaction."""
    touch(run_topic(run))
    touch(runs_topic(run.project_id))


def touch_study(study: Study) -> None:
    """Tell a study's own page and the list, in the caller's transaction."""
    touch(study_topic(study))
    touch(studies_topic(study.project_id))
