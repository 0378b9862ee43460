"""A study from its command: trials in processes of their own, killed and taken up again, failing one by one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.paths import PROJECT_ROOT
from tests.trained import CONFIG, Trained
from training_app.learn.config import config_from, config_read
from training_app.learn.space import space_from
from training_app.learn.trials import TRIALS_DIR, Journal
from training_app.learn.tuning import BEST_CONFIG, Studied, tune

pytestmark = pytest.mark.training

SPACE = {"optimisation.learning_rate": [0.003, 0.0003], "optimisation.epochs": [2, 3]}


def configuration(trained: Trained, out: Path) -> dict[str, Any]:
    cache = out.parent / "embeddings"
    output = {"release_dir": str(trained.release_dir), "out_dir": str(out)}
    return CONFIG | {"output": output, "compute": {"cache_dir": str(cache)}}


def tuned(trained: Trained, out: Path, events: list[dict[str, Any]]) -> Studied:
    config = config_from(configuration(trained, out))
    space = space_from(SPACE, method="grid", base=config)
    return tune(config, space, method="grid", max_trials=0, workers=1, emit=events.append)


KILLED = """
import json, os, signal, sys
from training_app.learn.config import config_read
from training_app.learn.space import space_from
from training_app.learn.tuning import tune
from pathlib import Path
config, space = config_read(Path(sys.argv[1])), json.loads(sys.argv[2])
def emit(event):
    if event["event"] == "trial_epoch" and event["number"] == 1 and event["epoch"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
tune(config, space_from(space, method="grid", base=config), method="grid", max_trials=0, workers=1, emit=emit)
"""


def test_a_study_killed_in_mid_trial_goes_on_and_ends_like_an_undisturbed_one(trained: Trained, tmp_path: Path) -> None:
    whole_events: list[dict[str, Any]] = []
    whole = tuned(trained, tmp_path / "whole", whole_events)
    assert [trial.state for trial in whole.trials] == ["complete"] * 4
    assert sum(event["event"] == "encoded" for event in whole_events) > 0
    best = max(whole.trials, key=lambda trial: (trial.value, -trial.number))
    assert whole.best == best
    assert all(trial.value == max(row["val_macro_f1"] for row in trial.curve) for trial in whole.trials)
    assert [len(trial.curve) for trial in whole.trials] == [2, 3, 2, 3]

    config_path = tmp_path / "config.json"
    config_path.write_text(json.dumps(configuration(trained, tmp_path / "killed")))
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(config_path), json.dumps(SPACE)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
        timeout=600,
    )
    assert process.returncode == -signal.SIGKILL
    left = {record.number: record.state for record in Journal(tmp_path / "killed" / TRIALS_DIR).read()}
    assert left == {0: "complete", 1: "running"}

    events: list[dict[str, Any]] = []
    resumed = tuned(trained, tmp_path / "killed", events)
    trained_again = {event["number"] for event in events if event["event"] == "trial_epoch"}
    assert trained_again == {1, 2, 3}, "a finished trial is not repeated"
    assert [(trial.number, trial.value, trial.curve) for trial in resumed.trials] == [
        (trial.number, trial.value, trial.curve) for trial in whole.trials
    ]
    written = config_read(tmp_path / "killed" / BEST_CONFIG)
    assert written.optimisation.learning_rate == best.params["optimisation.learning_rate"]
    assert (written.output.out_dir, written.compute.cache_dir) == ("", "")


def test_a_trial_that_fails_says_why_and_the_others_go_on(trained: Trained, tmp_path: Path) -> None:
    config = config_from(configuration(trained, tmp_path / "out"))
    source = {"model.method": ["distil", "cached"], "optimisation.epochs": [1]}
    space = space_from(source, method="grid", base=config)
    events: list[dict[str, Any]] = []
    tune(config, space, method="grid", max_trials=0, workers=1, emit=events.append)
    ended = {event["number"]: event for event in events if event["event"] == "trial_ended"}
    assert (ended[0]["state"], ended[1]["state"]) == ("failed", "complete")
    assert "teacher" in ended[0]["reason"]
    assert events[-1]["event"] == "studied"
    assert (events[-1]["best"], events[-1]["complete"], events[-1]["failed"]) == (1, 1, 1)
    assert config_read(tmp_path / "out" / BEST_CONFIG).model.method == "cached"
