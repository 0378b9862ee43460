"""The loop that trains a backbone: the same numbers for the same seed, undisturbed, in parts, or killed anywhere."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from tests.paths import PROJECT_ROOT
from tests.training.tiny_splits import WORDS, split_of
from training_app.learn import finetune_loop
from training_app.learn.batches import collate, epoch_batches
from training_app.learn.config import TrainingConfig, config_from
from training_app.learn.errors import CheckpointMismatch, Diverged, Stopped
from training_app.learn.finetune_loop import FineTuning, Learned
from training_app.learn.finetune_steps import Plan
from training_app.learn.head_figures import head_figures
from training_app.learn.multihead import heads_of, learning_parameters, model_build
from training_app.learn.objective import MultiObjective

MODEL = {
    "hidden_size": 16,
    "method": "full",
    "heads": ["crisis_type", "severity", "empathy", "emotion"],
    "dropout": 0.1,
}
OPTIMISATION = {"epochs": 3, "patience": 3, "batch_size": 8, "learning_rate": 1e-3}
BACKBONE = {
    "vocab_size": WORDS,
    "hidden_size": 24,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 32,
}
TRAIN, VAL = split_of(70, seed=1), split_of(35, seed=2)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The order of a sum depends on the number of threads; the killed process of these tests runs with one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def configured(**parts: dict[str, Any]) -> TrainingConfig:
    base: dict[str, dict[str, Any]] = {"model": MODEL, "optimisation": OPTIMISATION, "compute": {"precision": "fp32"}}
    return config_from({name: base.get(name, {}) | parts.get(name, {}) for name in {*base, *parts}})


class Run:
    """One run of the loop, or the rest of one, in a folder."""

    def __init__(self, folder: Path, config: TrainingConfig | None = None, **more: Any) -> None:
        config = config or configured()
        self.events: list[dict[str, Any]] = []
        more.setdefault("emit", self.events.append)
        more.setdefault("stopping", lambda: False)
        torch.manual_seed(config.optimisation.seed)
        backbone = BertModel(BertConfig(**BACKBONE | more.pop("backbone", {})), add_pooling_layer=False)
        self.model = model_build(
            backbone, config.model, pooling="mean", checkpointing=config.compute.gradient_checkpointing
        )
        if "poison" in more:
            heads_of(self.model).hidden.bias.data.fill_(more.pop("poison"))
        self.before = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        self.loop = FineTuning(
            config,
            self.model,
            MultiObjective(config.loss, config.model.heads, torch.from_numpy(TRAIN.crisis_types.astype(np.int64))),
            {"train": TRAIN, "val": VAL},
            folder=folder,
            run_key=more.pop("run_key", "key"),
            device="cpu",
            precision="bf16" if config.compute.precision == "bf16" else "fp32",
            **more,
        )
        self.learned: Learned = self.loop.fit()

    def changed(self) -> set[str]:
        """Return the names of the parameters that training moved."""
        return {name for name, tensor in self.model.state_dict().items() if not torch.equal(tensor, self.before[name])}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that nothing disturbed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    run = Run(tmp_path_factory.mktemp("whole"))
    torch.set_num_threads(threads)
    return run


def same(one: Run, other: Run) -> bool:
    weights = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    return one.learned.history == other.learned.history and all(torch.equal(a, b) for a, b in weights)


def stop_after(calls: int) -> Callable[[], bool]:
    left = iter(range(calls))
    return lambda: next(left, None) is None


def test_model_learns_and_the_best_epoch_has_the_highest_validation_f1(whole: Run) -> None:
    history = whole.learned.history
    best = max(history, key=lambda row: (row["val_macro_f1"], -row["val_loss"]))
    assert whole.learned.best_epoch == best["epoch"]
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    names = {"train_loss", "train_type_loss", "train_severity_loss", "train_empathy_loss", "train_emotion_loss"}
    assert names | {name.replace("train", "val") for name in names} < set(history[0])
    answers = whole.loop.answers()
    assert answers["crisis_type"].shape == (35, 7)
    assert float((answers["crisis_type"].argmax(axis=1) == VAL.crisis_types).mean()) > 0.3, "one in seven by chance"
    figures = head_figures(answers, VAL)
    assert set(figures) == {"severity", "empathy", "emotion"}
    rows = ~np.isnan(VAL.labels["empathy"])
    said = 1 / (1 + np.exp(-answers["empathy"][rows]))
    assert figures["empathy"]["mae"] == pytest.approx(np.abs(said - VAL.labels["empathy"][rows]).mean())
    assert figures["emotion"]["n"] == int((VAL.labels["emotion"] >= 0).sum())


def test_same_seed_same_result_other_seed_another(whole: Run, tmp_path: Path) -> None:
    assert same(whole, Run(tmp_path / "a"))
    assert not same(whole, Run(tmp_path / "b", configured(optimisation={"seed": 5})))


def test_points_tell_loss_terms_rate_speed_and_memory(whole: Run) -> None:
    points = [event for event in whole.events if event["event"] == "point"]
    assert (points[0]["step"], points[-1]["step"]) == (1, 27)
    for point in points:
        assert point["total_steps"] == 27
        assert {"loss", "type_loss", "severity_loss"} < set(point)
        assert point["tokens_per_second"] > 0
        assert point["rss_mb"] > 50
    assert [event["epoch"] for event in whole.events if event["event"] == "epoch"] == [1, 2, 3]


@pytest.mark.parametrize("calls", [4, 17])
def test_stop_within_an_epoch_then_resume_gives_the_same(whole: Run, tmp_path: Path, calls: int) -> None:
    with pytest.raises(Stopped):
        Run(tmp_path, stopping=stop_after(calls), checkpoint_seconds=0.0)
    within = [path.name for path in tmp_path.glob("*step*.json")]
    assert len(within) == 1, "of the checkpoints within an epoch only the newest is kept"
    resumed = Run(tmp_path)
    assert resumed.events[0]["event"] == "resumed"
    assert resumed.events[0]["step"] > 0
    assert same(whole, resumed)


def test_accumulated_batches_learn_like_one_large_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    rates = {"batch_size": 14, "epochs": 2}
    large = Run(tmp_path / "a", configured(model={"dropout": 0.0}, optimisation=rates), backbone=still)

    def halves(lengths: Any, *, batch_size: int, **more: Any) -> list[Any]:
        whole = epoch_batches(lengths, batch_size=2 * batch_size, **more)
        return [half for rows in whole for half in (rows[:5], rows[5:])]

    monkeypatch.setattr(finetune_loop, "epoch_batches", halves)
    rates |= {"batch_size": 7, "accumulation": 2}
    parts = Run(tmp_path / "b", configured(model={"dropout": 0.0}, optimisation=rates), backbone=still)
    assert large.learned.plan.steps == parts.learned.plan.steps == 5
    for one, other in zip(large.learned.history, parts.learned.history, strict=True):
        losses = [name for name in one if name.endswith("_loss")]
        assert len(losses) == 10
        assert [one[name] for name in losses] == pytest.approx([other[name] for name in losses], rel=1e-4)


def test_gradient_checkpointing_changes_no_number(whole: Run, tmp_path: Path) -> None:
    run = Run(tmp_path, configured(compute={"gradient_checkpointing": True}))
    assert run.learned.history[-1]["val_loss"] == pytest.approx(whole.learned.history[-1]["val_loss"], rel=1e-4)


def test_bf16_trains_and_answers_in_full_precision(whole: Run, tmp_path: Path) -> None:
    run = Run(tmp_path, configured(compute={"precision": "bf16"}))
    assert run.learned.history[-1]["val_loss"] == pytest.approx(whole.learned.history[-1]["val_loss"], rel=0.1)
    assert all(parameter.dtype == torch.float32 for parameter in learning_parameters(run.model).values())
    batch = collate(VAL, np.arange(35), pad_id=0)
    asked = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
    with torch.no_grad():
        mixed = run.model.eval()(**asked)["crisis_type"]
        found = run.loop.answers()["crisis_type"]
        plain = run.model(**asked)["crisis_type"]
    np.testing.assert_allclose(found, plain.numpy(), atol=1e-6)
    assert np.abs(found - mixed.numpy()).max() > 1e-5, "until then the model answers in bf16"


def test_frozen_moves_the_heads_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, configured(model={"method": "frozen"}, optimisation={"epochs": 1}))
    assert {name.split(".")[0] for name in run.changed()} == {"pixel_heads"}


def test_top_layers_moves_the_heads_and_the_last_layer(tmp_path: Path) -> None:
    run = Run(tmp_path, configured(model={"method": "top_layers", "top_layers": 1}, optimisation={"epochs": 1}))
    moved = {name.rsplit(".layer.", 1)[-1].split(".")[0] for name in run.changed()}
    assert moved == {"pixel_heads", "1"}
    stored = next(tmp_path.glob("*.safetensors")).stat().st_size
    assert stored < 4 * sum(tensor.numel() for tensor in run.before.values()) * 2, "what is frozen is not stored"


def test_training_stops_when_the_validation_loss_no_longer_falls(tmp_path: Path) -> None:
    run = Run(tmp_path, configured(optimisation={"epochs": 60, "patience": 2, "learning_rate": 0.01}))
    losses = [row["val_loss"] for row in run.learned.history]
    assert run.learned.stopped_early
    assert min(losses) == losses[-3]


def test_checkpoints_of_another_run_are_refused(tmp_path: Path) -> None:
    Run(tmp_path, configured(optimisation={"epochs": 1}))
    with pytest.raises(CheckpointMismatch):
        Run(tmp_path, configured(optimisation={"epochs": 1}), run_key="other")
    with pytest.raises(CheckpointMismatch, match="exactly the parameters"):
        Run(tmp_path, configured(model={"method": "frozen"}, optimisation={"epochs": 2}))
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}


def test_loss_that_is_no_number_ends_with_advice(tmp_path: Path) -> None:
    with pytest.raises(Diverged, match="learning_rate"):
        Run(tmp_path, configured(optimisation={"learning_rate": 1.0}), poison=float("nan"))


def test_warm_up_is_at_most_a_tenth_of_all_steps() -> None:
    config = configured(optimisation={"warmup_steps": 500, "accumulation": 2})
    assert Plan.of(config, 3500, 1) == Plan(steps=219, total_steps=657, warmup=65)
    assert Plan.of(config, 3500, 4) == Plan(steps=55, total_steps=165, warmup=16)


# One process imports, and each of its copies is killed: imports take longer than the runs.
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.training.test_finetune_loop import Run

def run_until_killed(place):
    def emit(event):
        if event["event"] == place == "epoch" and event["epoch"] == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    calls = iter(range(13))
    def stopping():
        if place == "within" and next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return False
    seconds = 0.0 if place == "within" else 600.0
    Run(Path(sys.argv[1]) / place, emit=emit, stopping=stopping, checkpoint_seconds=seconds)

for place in ("epoch", "within"):
    child = os.fork()
    if not child:
        run_until_killed(place)
        os._exit(0)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]))
"""


def test_resume_after_kill_nine_gives_the_same_metrics(whole: Run, tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert process.stdout.split() == [str(int(signal.SIGKILL))] * 2
    for place in ("epoch", "within"):
        assert bool(list((tmp_path / place).glob("*step*.json"))) == (place == "within")
        resumed = Run(tmp_path / place)
        assert resumed.events[0]["event"] == "resumed"
        assert same(whole, resumed)
