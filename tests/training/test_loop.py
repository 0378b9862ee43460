"""The loop: the same numbers for the same seed, undisturbed or killed at any moment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.paths import PROJECT_ROOT
from training_app.learn.checkpoints import checkpoint_latest
from training_app.learn.config import TrainingConfig, config_from
from training_app.learn.errors import CheckpointMismatch, Stopped
from training_app.learn.loop import Fitted, Split, fit
from training_app.learn.losses import IGNORE_SEVERITY


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The order of a sum depends on the number of threads; the killed process of these tests runs with one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


CONFIG = {"optimisation": {"epochs": 8, "patience": 8}, "model": {"hidden_size": 16}}


def split(rows: int, seed: int) -> Split:
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.arange(rows) % 7
    centres = torch.randn(7, 24, generator=torch.Generator().manual_seed(99))
    noise = torch.randn(rows, 24, generator=generator)
    severities = torch.where(kinds == 6, IGNORE_SEVERITY, kinds % 5)
    return Split(centres[kinds] * 2 + noise, kinds, severities)


def fitted(folder: Path, config: TrainingConfig | None = None, **more: Any) -> Fitted:
    config = config or config_from(CONFIG)
    more.setdefault("emit", lambda event: None)
    return fit(config, split(140, 1), split(70, 2), folder=folder, run_key="key", **more)


def same(one: Fitted, other: Fitted) -> bool:
    weights = zip(one.heads.state_dict().values(), other.heads.state_dict().values(), strict=True)
    return one.history == other.history and all(torch.equal(a, b) for a, b in weights)


def test_same_seed_same_result_other_seed_another(tmp_path: Path) -> None:
    first, second = fitted(tmp_path / "a"), fitted(tmp_path / "b")
    other = fitted(tmp_path / "c", config_from(CONFIG | {"optimisation": CONFIG["optimisation"] | {"seed": 5}}))
    assert same(first, second)
    assert not same(first, other)


def test_best_epoch_is_the_one_with_the_highest_validation_f1(tmp_path: Path) -> None:
    result = fitted(tmp_path)
    best = max(result.history, key=lambda row: (row["val_macro_f1"], -row["val_loss"]))
    assert result.best_epoch == best["epoch"]
    assert best["val_macro_f1"] > 0.5


def test_training_stops_when_the_validation_loss_no_longer_falls(tmp_path: Path) -> None:
    optimisation = {"epochs": 300, "patience": 2, "learning_rate": 0.05}
    result = fitted(tmp_path, config_from({"optimisation": optimisation}))
    losses = [row["val_loss"] for row in result.history]
    assert result.stopped_early
    assert min(losses) == losses[-3]


def test_stop_in_the_middle_of_an_epoch_then_resume_gives_the_same(tmp_path: Path) -> None:
    whole = fitted(tmp_path / "whole")
    asked = iter([False] * 30 + [True] * 1000)
    with pytest.raises(Stopped):
        fitted(tmp_path / "cut", stopping=lambda: next(asked))
    events: list[dict[str, Any]] = []
    resumed = fitted(tmp_path / "cut", emit=events.append)
    assert events[0] == {"event": "resumed", "epoch": 3}
    assert same(whole, resumed)


def test_damaged_newest_checkpoint_is_passed_over(tmp_path: Path) -> None:
    whole = fitted(tmp_path / "whole")
    fitted(tmp_path / "cut", config_from(CONFIG))
    newest = tmp_path / "cut" / "epoch-0008.safetensors"
    newest.write_bytes(newest.read_bytes()[:-7])
    assert checkpoint_latest(tmp_path / "cut", run_key="key").epoch < 8
    assert same(whole, fitted(tmp_path / "cut"))


def test_checkpoints_of_another_run_are_refused(tmp_path: Path) -> None:
    fitted(tmp_path)
    with pytest.raises(CheckpointMismatch):
        fit(config_from(CONFIG), split(70, 1), split(70, 2), folder=tmp_path, run_key="other", emit=lambda event: None)


def test_no_checkpoint_is_a_pickle(tmp_path: Path) -> None:
    fitted(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.training.test_loop import fitted
def emit(event):
    if event["event"] == "epoch" and event["epoch"] == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
fitted(Path(sys.argv[1]), emit=emit)
"""


@pytest.mark.parametrize("epoch", [1, 5])
def test_resume_after_kill_nine_gives_the_same_metrics(tmp_path: Path, epoch: int) -> None:
    whole = fitted(tmp_path / "whole")
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed"), str(epoch)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    resumed = fitted(tmp_path / "killed")
    assert len(resumed.history) == 8
    assert same(whole, resumed)
