"""`train_model --dry-run`: what a run would take, and nothing queued."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.personas import World
from tests.trained import store_release
from tests.training.releases import simple_conversations, write_labelled_release
from training_app.models import TrainingRun


def told(*arguments: object) -> str:
    out = StringIO()
    call_command("train_model", "--project", "alpha", "--release", "1.0.0", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_train_model_dry_run_says_what_a_run_takes_and_queues_none(world: World, tmp_path: Path) -> None:
    world.user("ml_engineer")
    write_labelled_release(tmp_path / "release", simple_conversations(70))
    store_release(world.project, tmp_path / "release")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"data": {"max_length": 32}, "optimisation": {"epochs": 2}}))
    report = json.loads(told("--config", config, "--dry-run", "--json"))
    assert report["estimate"]["fits"] is True
    assert report["estimate"]["epochs"] == 2
    assert report["tried"]["steps"] == 2
    config.write_text(json.dumps({"compute": {"cache_dir": "/elsewhere"}}))
    with pytest.raises(CommandError, match="chosen by the hub"):
        told("--config", config, "--dry-run")
    assert not TrainingRun.objects.exists()
