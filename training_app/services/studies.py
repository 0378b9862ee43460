"""Acts on studies: start, cancel, resume, train with the best, and what the job writes while it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from datasets_app.models import Release
from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from pixelhub.jobs.models import JobState
from pixelhub.jobs.services import JobNotRetryable, job_cancel, job_enqueue, job_retry
from training_app.learn.config import TrainingConfig, config_as_dict, config_from
from training_app.learn.space import Method, config_with, grid_size, space_as_dict, space_from
from training_app.models import RunState, Study, TrainingRun, Trial, TrialState
from training_app.services.refusal import RunRefused
from training_app.services.runs import MAX_NAME, refuse_unfit, run_start
from training_app.topics import touch_study

STUDY_JOB_KIND: Final = "training.study"
MOST_TRIALS: Final = 500
MAX_REASON: Final = 200


def study_start(
    *,
    project: Project,
    release: Release,
    config: Mapping[str, Any] | TrainingConfig,
    method: Method,
    space: Mapping[str, Any] | str,
    max_trials: int,
    actor: User,
    name: str = "",
) -> Study:
    """Create a study and queue its job; a grid tries all its points, whatever `max_trials` says.

    Raises RunRefused for what it may not use, ConfigInvalid naming the field of the configuration or of the space.
    """
    base = config if isinstance(config, TrainingConfig) else config_from(dict(config))
    refuse_unfit(project=project, release=release, config=base)
    if base.model.method == "distil":
        raise RunRefused("A student is distilled from one version, not searched for.")
    if not 1 <= max_trials <= MOST_TRIALS:
        raise RunRefused(f"A study has between 1 and {MOST_TRIALS} trials.")
    checked = space_from(space, method=method, base=base)
    title = " ".join(name.split())[:MAX_NAME] or f"Study on release {release.version}"
    with transaction.atomic():
        study = Study.objects.create(
            project=project,
            release=release,
            name=title,
            method=method,
            base_config=config_as_dict(base),
            space=space_as_dict(checked),
            max_trials=grid_size(checked) if method == Study.Method.GRID else max_trials,
            started_by=actor,
        )
        study.job = job_enqueue(kind=STUDY_JOB_KIND, params={"study": study.pk}, project=project, owner=actor)
        study.save(update_fields=["job"])
        record(
            action="study.start",
            actor=actor,
            project=project,
            target=study,
            payload={
                "release": release.version,
                "manifest_sha256": release.manifest_sha256,
                "method": method,
                "trials": study.max_trials,
                "job": study.job.pk,
            },
        )
        touch_study(study)
    return study


def study_cancel(*, study: Study, actor: User) -> bool:
    """Ask a study to stop; a queued one stops at once. Returns False when it had already ended."""
    if study.job is None:
        return False
    with transaction.atomic():
        asked = job_cancel(job=study.job, actor=actor)
        if asked:
            record(action="study.cancel", actor=actor, project=study.project, target=study)
            if study.job.state == JobState.CANCELLED:
                study_mark_cancelled(study=study)
            touch_study(study)
    study.refresh_from_db(fields=["state", "finished_at"])
    return asked


def study_resume(*, study: Study, actor: User) -> Study:
    """Queue a failed or cancelled study again; finished trials stay as they are.

    Raises RunRefused when it is not such a study (any more).
    """
    if study.job is None:
        raise RunRefused("This study has no job to take up again.")
    with transaction.atomic():
        try:
            job_retry(job=study.job, actor=actor)
        except JobNotRetryable as problem:
            raise RunRefused("Only a failed or cancelled study can be resumed.") from problem
        Study.objects.filter(pk=study.pk).update(state=RunState.QUEUED, finished_at=None)
        record(action="study.resume", actor=actor, project=study.project, target=study)
        touch_study(study)
    study.refresh_from_db(fields=["state", "finished_at"])
    return study


def study_train_best(*, study: Study, actor: User) -> TrainingRun:
    """Start a run with the best trial's configuration. Raises RunRefused when no trial has gone through yet."""
    best = best_trial(study)
    if best is None:
        raise RunRefused("No trial of this study has gone through yet.")
    return run_start(
        project=study.project,
        release=study.release,
        config=best_config(study, best),
        actor=actor,
        name=f"{study.name[: MAX_NAME - 20]}: best trial {best.number}",
        study=study,
    )


def best_trial(study: Study) -> Trial | None:
    """The complete trial with the highest value; of two the earlier one."""
    return study.trials.filter(state=TrialState.COMPLETE).order_by("-value", "number").first()


def best_config(study: Study, best: Trial) -> TrainingConfig:
    """The study's configuration with a trial's values."""
    return config_with(config_from(study.base_config), best.params)


def study_begin(*, study: Study) -> None:
    """Note that a worker has taken the study up, again perhaps."""
    with transaction.atomic():
        Study.objects.filter(pk=study.pk, started_at=None).update(started_at=timezone.now())
        Study.objects.filter(pk=study.pk).exclude(state=RunState.SUCCEEDED).update(
            state=RunState.RUNNING, finished_at=None
        )
        touch_study(study)
    study.refresh_from_db(fields=["state", "started_at"])


def trial_begin(*, study: Study, number: int, params: Mapping[str, Any], config_sha256: str) -> None:
    """Note that a trial runs; one that ended already stays as it is."""
    with transaction.atomic():
        Trial.objects.get_or_create(
            study=study, number=number, defaults={"params": dict(params), "config_sha256": config_sha256}
        )
        touch_study(study)


def trial_curves_record(*, study: Study, curves: Mapping[int, Sequence[Mapping[str, float]]]) -> None:
    """Write the curves so far of trials that run."""
    with transaction.atomic():
        for number, curve in curves.items():
            running = Trial.objects.filter(study=study, number=number, state=TrialState.RUNNING)
            running.update(curve=[dict(row) for row in curve])
        touch_study(study)


def trial_end(*, study: Study, trial: Mapping[str, Any]) -> None:
    """Write how a trial ended, once."""
    fields = {name: trial[name] for name in ("state", "value", "curve", "validation", "seconds")}
    with transaction.atomic():
        Trial.objects.filter(study=study, number=trial["number"], state=TrialState.RUNNING).update(
            **fields, reason=str(trial["reason"])[:MAX_REASON]
        )
        touch_study(study)


def study_succeed(*, study: Study) -> None:
    """Close a study that has tried all it could; does nothing the second time."""
    best = best_trial(study)
    payload = {"best": best.number, "value": best.value} if best else {}
    _close(study, RunState.SUCCEEDED, "study.succeed", payload)


def study_fail(*, study: Study) -> None:
    """Close a study whose job ends without hope of a retry; the reason is the job's."""
    _close(study, RunState.FAILED, "study.fail", {})


def study_mark_cancelled(*, study: Study) -> None:
    """Close a study that somebody cancelled; its running trials go on should it be resumed."""
    _close(study, RunState.CANCELLED, "study.stop", {})


def _close(study: Study, state: RunState, action: str, payload: dict[str, Any]) -> None:
    with transaction.atomic():
        closed = Study.objects.filter(pk=study.pk, state__in=(RunState.QUEUED, RunState.RUNNING)).update(
            state=state, finished_at=timezone.now()
        )
        if closed:
            record(action=action, actor=study.started_by, project=study.project, target=study, payload=payload)
            touch_study(study)
