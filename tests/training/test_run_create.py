"""Starting and cancelling a run in the browser, by the three personas."""

from pathlib import Path

import pytest
from django.urls import reverse

from datasets_app.models import Release
from pixelhub.jobs.models import JobState
from tests.personas import World
from tests.trained import store_release
from tests.training.releases import simple_conversations, write_labelled_release
from training_app.models import RunState, TrainingRun
from training_app.selectors import next_actions

VALID = {
    "epochs": 3,
    "learning_rate": 0.001,
    "batch_size": 16,
    "gamma": 2,
    "max_length": 64,
    "min_sensitivity": 0.95,
    "seed": 1,
}


@pytest.fixture
def release(world: World, tmp_path: Path) -> Release:
    write_labelled_release(tmp_path / "release", simple_conversations(70))
    return store_release(world.project, tmp_path / "release")


def test_run_create_queues_a_run(world: World, release: Release) -> None:
    client = world.client("ml_engineer")
    assert b"Start training" in client.get(reverse("training:run_create")).content
    response = client.post(reverse("training:run_create"), VALID | {"release": release.pk, "name": "first"})
    run = TrainingRun.objects.get()
    assert response.headers["Location"] == run.get_absolute_url()
    assert (run.name, run.state, run.job.queue, run.config["optimisation"]["epochs"]) == ("first", "queued", "gpu", 3)
    page = client.get(run.get_absolute_url()).content.decode()
    assert "Cancel this run" in page
    assert "optimisation.epochs" in page


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"seed": "x"}, {"gamma": "nan"}, {"max_length": 9**9}, {"name": "a\0"}]
)
def test_run_create_refuses_bad_values(world: World, release: Release, wrong: dict[str, object]) -> None:
    response = world.client("ml_engineer").post(reverse("training:run_create"), VALID | {"release": release.pk} | wrong)
    assert response.status_code == 400
    assert not TrainingRun.objects.exists()


def test_run_create_refuses_a_release_that_is_not_published_or_not_ours(world: World, release: Release) -> None:
    client = world.client("ml_engineer")
    draft = Release.objects.create(project=world.project, version="0.9.0", object_prefix="releases/alpha/0.9.0/")
    foreign = Release.objects.create(
        project=world.other_project,
        version="1.0.0",
        state=Release.State.PUBLISHED,
        manifest_sha256="0" * 64,
        object_prefix="releases/beta/1.0.0/",
    )
    for wrong in (draft, foreign):
        assert client.post(reverse("training:run_create"), VALID | {"release": wrong.pk}).status_code == 400
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize("role", ["annotator", "qa", "pm", "clinical_lead"])
def test_run_create_is_forbidden_to_colleagues(world: World, release: Release, role: str) -> None:
    assert world.client(role).post(reverse("training:run_create"), VALID | {"release": release.pk}).status_code == 403
    assert next_actions(world.user(role), world.project) == []


def test_run_pages_by_persona(world: World, release: Release) -> None:
    world.client("ml_engineer").post(reverse("training:run_create"), VALID | {"release": release.pk})
    run = TrainingRun.objects.get()
    cancel = reverse("training:run_cancel", args=[run.pk])
    for url in (run.get_absolute_url(), reverse("training:runs")):
        assert world.client("qa").get(url).status_code == 200
        assert world.client("annotator").get(url).status_code == 403
        assert world.anonymous().get(url).status_code == 302
    assert world.outsider_client("ml_engineer").get(run.get_absolute_url()).status_code == 404
    assert run.name not in world.outsider_client("ml_engineer").get(reverse("training:runs")).content.decode()
    assert world.client("qa").post(cancel).status_code == 403
    assert world.outsider_client("ml_engineer").post(cancel).status_code == 404
    assert world.client("ml_engineer").get(reverse("training:run_chart", args=[run.pk, "loss"])).status_code == 404


def test_run_cancel_stops_a_queued_run_at_once(world: World, release: Release) -> None:
    client = world.client("ml_engineer")
    client.post(reverse("training:run_create"), VALID | {"release": release.pk})
    run = TrainingRun.objects.get()
    client.post(reverse("training:run_cancel", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.job.state) == (RunState.CANCELLED, JobState.CANCELLED)
    assert "Cancel this run" not in client.get(run.get_absolute_url()).content.decode()


def test_next_actions_offer_an_unused_release(world: World, release: Release) -> None:
    user = world.user("ml_engineer")
    assert [action.title for action in next_actions(user, world.project)] == ["Train on the new release"]
    world.client("ml_engineer").post(reverse("training:run_create"), VALID | {"release": release.pk})
    assert [action.title for action in next_actions(user, world.project)] == ["Watch the training"]
