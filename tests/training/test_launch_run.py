"""A training on two processes: started by `launch`, with gloo on the CPU, it ends where one process ends."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.paths import PROJECT_ROOT
from tests.training.releases import simple_conversations, write_labelled_release
from tests.training.tiny_models import make_model
from training_app.learn.config import config_from, config_write
from training_app.learn.events import parse_event


def learned(folder: Path, command: str, batch_size: int, compute: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a training to its end and return its events of epochs."""
    config = {
        "model": {"method": "full", "backbone": str(folder / "bert"), "hidden_size": 16, "dropout": 0.0},
        "data": {"max_length": 32},
        "optimisation": {"epochs": 1, "batch_size": batch_size, "learning_rate": 1e-3},
        "compute": {"device": "cpu", "precision": "fp32"} | compute,
        "output": {"release_dir": str(folder / "release"), "out_dir": str(folder / command)},
    }
    config_write(config_from(config), folder / f"{command}.json")
    child = subprocess.run(
        [sys.executable, "-m", "training_app.learn", command, "--config", str(folder / f"{command}.json")],
        cwd=PROJECT_ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    events = [event for line in child.stdout.splitlines() if (event := parse_event(line)) is not None]
    assert sum(event["event"] == "done" for event in events) == 1
    return [event for event in events if event["event"] == "epoch"]


@pytest.mark.training
@pytest.mark.slow
def test_two_processes_end_where_one_with_twice_the_batch_ends(tmp_path: Path) -> None:
    write_labelled_release(tmp_path / "release", simple_conversations(140))
    make_model("bert", tmp_path / "bert", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    (two,) = learned(tmp_path, "launch", 8, {"distributed": "ddp", "processes": 2})
    (one,) = learned(tmp_path, "train", 16, {})
    for name in ("train_loss", "train_severity_loss", "val_loss", "val_type_loss"):
        assert two[name] == pytest.approx(one[name], rel=1e-4), name
    record = orjson.loads((tmp_path / "launch" / "training-record.json").read_bytes())
    assert record["plan"]
