"""Studies in the hub: started, watched, stopped, taken up again, and trained with the best in one click."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from datasets_app.models import Release
from pixelhub.jobs.models import JobState
from pixelhub.jobs.runner import run_inline
from tests.personas import World
from tests.trained import CONFIG, Trained, store_release
from tests.training.releases import simple_conversations, write_labelled_release
from training_app import services
from training_app.jobs import studies as study_jobs
from training_app.models import RunState, Study, TestSetUse, TrainingRun, Trial, TrialState
from training_app.selectors import next_actions

SPACE = {"optimisation.epochs": [1, 2], "optimisation.learning_rate": [0.003]}
CREATE = "training:study_create"


@pytest.fixture
def release(world: World, tmp_path: Path) -> Release:
    write_labelled_release(tmp_path / "release", simple_conversations(70))
    return store_release(world.project, tmp_path / "release")


def started(world: World, release: Release, **more: Any) -> Study:
    fields = {"config": CONFIG, "method": "grid", "space": SPACE, "max_trials": 30} | more
    return services.study_start(project=world.project, release=release, actor=world.user("ml_engineer"), **fields)


def form(release: Release, **more: Any) -> dict[str, Any]:
    return {"release": release.pk, "method": "cached", "search": "grid", "max_trials": 30, "max_length": 128} | more


def test_the_form_starts_the_plans_grid_or_a_space_of_ones_own(world: World, release: Release) -> None:
    client = world.client("ml_engineer")
    assert b"Start the study" in client.get(reverse(CREATE)).content
    answer = client.post(reverse(CREATE), form(release, name="plan"))
    study = Study.objects.get()
    assert answer.headers["Location"] == study.get_absolute_url()
    assert (study.name, study.max_trials, study.job.queue, study.state) == ("plan", 18, "gpu", "queued")
    own = json.dumps({"loss.gamma": {"low": 0.0, "high": 3.0}})
    client.post(reverse(CREATE), form(release, search="tpe", max_trials=7, space=own, max_length=64))
    study = Study.objects.first()
    assert study is not None
    assert (study.method, study.max_trials, study.base_config["data"]["max_length"]) == ("tpe", 7, 64)
    for wrong, reason in (
        ({"space": own}, "not a range"),
        ({"space": "{"}, "not valid"),
        ({"base": '{"model": {"backbone": "/etc"}}'}, "operator allows"),
        ({"search": "tpe", "max_trials": 0}, "greater than or equal to 1"),
    ):
        refused = client.post(reverse(CREATE), form(release, **wrong))
        assert refused.status_code == 400
        assert reason in refused.content.decode()
    assert Study.objects.count() == 2
    listed = world.client("qa").get(reverse("training:studies")).content.decode()
    assert "0 of 18" in listed


def test_study_pages_by_persona(world: World, release: Release) -> None:
    study = started(world, release)
    detail, cancel = study.get_absolute_url(), reverse("training:study_cancel", args=[study.pk])
    train = reverse("training:study_train", args=[study.pk])
    assert world.client("qa").get(detail).status_code == 200
    assert world.client("annotator").get(detail).status_code == 403
    assert world.outsider_client("ml_engineer").get(detail).status_code == 404
    assert study.name not in world.outsider_client("ml_engineer").get(reverse("training:studies")).content.decode()
    assert world.client("qa").post(cancel).status_code == 403
    assert world.client("qa").post(train).status_code == 403
    assert world.client("qa").get(reverse("training:study_best", args=[study.pk])).status_code == 404
    client = world.client("ml_engineer")
    assert "No trial of this study" in client.post(train, follow=True).content.decode()
    client.post(cancel)
    study.refresh_from_db()
    assert (study.state, study.job.state) == (RunState.CANCELLED, JobState.CANCELLED)
    client.post(reverse("training:study_resume", args=[study.pk]))
    study.refresh_from_db()
    assert study.state == RunState.QUEUED
    assert (
        "Only a failed" in client.post(reverse("training:study_resume", args=[study.pk]), follow=True).content.decode()
    )


def add_trials(study: Study, count: int, *, start: int = 0) -> None:
    for number in range(start, start + count):
        value = 0.5 + number / 1000
        Trial.objects.create(
            study=study,
            number=number,
            params={"optimisation.epochs": number % 2 + 1, "optimisation.learning_rate": 0.003},
            config_sha256="0" * 64,
            state=TrialState.PRUNED if number % 3 == 2 else TrialState.COMPLETE,
            value=value,
            curve=[{"epoch": 1, "val_macro_f1": value, "val_loss": 1.0}],
            seconds=10.0 - number % 7,
            reason="below the median" if number % 3 == 2 else "",
        )


def test_the_page_sorts_trials_draws_them_and_asks_the_same_of_many(world: World, release: Release) -> None:
    study = started(world, release)
    client = world.client("qa")
    add_trials(study, 3)
    client.get(study.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        client.get(study.get_absolute_url())
    add_trials(study, 40, start=3)
    with CaptureQueriesContext(connection) as many:
        page = client.get(study.get_absolute_url())
    assert len(many) <= len(few) <= 24
    assert [row.trial.number for row in page.context["rows"]][:2] == [42, 41]
    assert page.context["best"].number == 42
    by_time = client.get(study.get_absolute_url(), {"sort": "seconds"}).context["rows"]
    assert by_time[0].trial.seconds == 10.0
    by_number = client.get(study.get_absolute_url(), {"sort": "number"}).context["rows"]
    assert by_number[0].trial.number == 0
    for chart, says in (("curves", b"epoch"), ("parameter-0", b"pruned"), ("parameter-1", b"learning_rate")):
        svg = client.get(reverse("training:study_chart", args=[study.pk, chart]))
        assert svg.headers["Content-Type"] == "image/svg+xml"
        assert says in svg.content.lower(), chart
    for wrong in ("parameter-2", "parameter-x", "0", "loss"):
        assert client.get(reverse("training:study_chart", args=[study.pk, wrong])).status_code == 404
    best = json.loads(client.get(reverse("training:study_best", args=[study.pk])).content)
    assert best["optimisation"]["epochs"] == 1
    assert best["model"]["hidden_size"] == CONFIG["model"]["hidden_size"]


@pytest.mark.training
def test_a_study_cancelled_in_mid_trial_goes_on_and_its_best_trains_in_one_click(
    world: World, trained: Trained, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PIXELHUB_TUNE_WORKERS = 1
    release = store_release(world.project, trained.release_dir)
    study = started(world, release)
    ended = services.trial_end

    def end_and_cancel(*, study: Study, trial: dict[str, Any]) -> None:
        ended(study=study, trial=trial)
        services.study_cancel(study=study, actor=study.started_by)

    with monkeypatch.context() as patch:
        patch.setattr(study_jobs.services, "trial_end", end_and_cancel)
        run_inline(study.job)
    study.refresh_from_db()
    assert (study.state, study.job.state) == (RunState.CANCELLED, JobState.CANCELLED)
    first = study.trials.get(state=TrialState.COMPLETE)

    services.study_resume(study=study, actor=study.started_by)
    study.job.refresh_from_db()
    run_inline(study.job)
    study.refresh_from_db()
    assert (study.job.error, study.state) == ("", RunState.SUCCEEDED)
    trials = {trial.number: trial for trial in study.trials.all()}
    assert {trial.state for trial in trials.values()} == {TrialState.COMPLETE}
    assert (len(trials), len(trials[1].curve)) == (2, 2)
    assert trials[first.number].seconds == first.seconds, "a finished trial is not repeated"
    assert all(trial.value == max(row["val_macro_f1"] for row in trial.curve) for trial in trials.values())
    assert not TestSetUse.objects.exists()

    user = world.user("ml_engineer")
    assert "Train with a study's best" in [action.title for action in next_actions(user, world.project)]
    client = world.client("ml_engineer")
    client.post(reverse("training:study_train", args=[study.pk]))
    run = TrainingRun.objects.get()
    best = services.best_trial(study)
    assert best is not None
    assert (run.study, run.config_sha256) == (study, best.config_sha256)
    assert "Best of study" in client.get(run.get_absolute_url()).content.decode()
    assert "Train with a study's best" not in [action.title for action in next_actions(user, world.project)]


def told(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_tune_model_queues_a_study_or_says_what_is_wrong(world: World, release: Release, tmp_path: Path) -> None:
    world.user("ml_engineer")
    common = ("tune_model", "--project", "alpha", "--release", "1.0.0")
    result = json.loads(told(*common, "--grid", "default", "--json"))
    study = Study.objects.get()
    assert (result["study"], result["state"], result["best"], study.max_trials) == (study.pk, "queued", None, 18)
    space = tmp_path / "space.json"
    space.write_text('{"loss.gamma": {"low": 0.0, "high": 3.0}}')
    with pytest.raises(CommandError, match="not a range"):
        told(*common, "--space", space)
    assert "queued" in told(*common, "--space", space, "--method", "tpe", "--trials", 5)
    with pytest.raises(CommandError, match="cannot be read"):
        told(*common, "--space", tmp_path / "nowhere.json")
    with pytest.raises(CommandError, match="between 1 and"):
        told(*common, "--space", space, "--method", "tpe", "--trials", 0)
