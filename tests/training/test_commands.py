"""The command line of training."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.personas import World
from tests.trained import CONFIG, Trained, register_trained, store_release
from training_app.models import ModelVersion, TrainingRun

pytestmark = pytest.mark.training


@pytest.fixture
def version(world: World, trained: Trained) -> ModelVersion:
    return register_trained(world.project, world.user("ml_engineer"), trained)


def told(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_train_model_queues_with_the_given_configuration(world: World, trained: Trained, tmp_path: Path) -> None:
    world.user("ml_engineer")
    store_release(world.project, trained.release_dir)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CONFIG))
    result = json.loads(told("train_model", "--project", "alpha", "--release", "1.0.0", "--config", config, "--json"))
    run = TrainingRun.objects.get()
    assert (result["run"], result["state"]) == (run.pk, "queued")
    assert run.config == trained.config


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--project", "nowhere", "--release", "1.0.0"], "no project"),
        (["--project", "alpha", "--release", "9.9.9"], "no release"),
        (["--project", "alpha", "--release", "1.0.0", "--user", "alpha-qa-1"], "may not train"),
    ],
)
def test_train_model_says_what_is_wrong(world: World, arguments: list[str], reason: str) -> None:
    world.user("ml_engineer")
    world.user("qa")
    with pytest.raises(CommandError, match=reason):
        told("train_model", *arguments)


def test_train_model_needs_a_name_when_several_may_train(world: World, trained: Trained) -> None:
    world.user("ml_engineer")
    world.user("ml_engineer", n=2)
    store_release(world.project, trained.release_dir)
    with pytest.raises(CommandError, match="--user"):
        told("train_model", "--project", "alpha", "--release", "1.0.0")


def test_model_card_and_evaluation_are_printed(version: ModelVersion, trained: Trained) -> None:
    assert told("model_card", "--project", "alpha").startswith("---\nlanguage")
    out = StringIO()
    failed = [name for name, metric in trained.evaluation["metrics"].items() if metric["verdict"] == "fail"]
    if failed:
        with pytest.raises(CommandError, match=failed[0]):
            call_command("evaluate_model", "--project", "alpha", "--json", stdout=out)
    else:
        call_command("evaluate_model", "--project", "alpha", "--json", stdout=out)
    assert json.loads(out.getvalue())["bundle_sha256"] == version.bundle_sha256


def test_score_records_refuses_a_model_that_is_not_there(world: World, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("")
    with pytest.raises(CommandError, match="no model version"):
        told("score_records", rows, "--project", "alpha", "--model", "3.0.0", "--out", tmp_path / "s.jsonl")


def test_a_demo_is_passed_over_where_another_project_has_models(
    world: World, version: ModelVersion, trained: Trained, tmp_path: Path
) -> None:
    rows, scores = tmp_path / "rows.jsonl", tmp_path / "scores.jsonl"
    rows.write_text('{"text": "I want to end my life tonight"}\n')
    stranger = world.outsider("ml_engineer")
    register_trained(world.other_project, stranger, trained)
    with pytest.raises(CommandError, match="--project: alpha, "):
        told("score_records", rows, "--out", scores)
    assert not scores.exists()
    world.other_project.is_demo = True
    world.other_project.save()
    assert json.loads(told("score_records", rows, "--out", scores, "--json"))["scored"] == 1
    assert {"id", "score", "crisis", "crisis_type", "severity"} <= json.loads(scores.read_text()).keys()
