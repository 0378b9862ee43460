"""`estimate`, `dry-run` and `launch` on the command line: what they print, refuse and leave behind."""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.paths import PROJECT_ROOT
from tests.training.releases import simple_conversations, write_labelled_release
from tests.training.test_estimate import CPU, H200, SMALL_MISTRAL
from tests.training.tiny_models import make_model
from training_app.learn import launch as launch_module
from training_app.learn.__main__ import main
from training_app.learn.compute import Resolved
from training_app.learn.config import TrainingConfig, config_from, config_read, config_write
from training_app.learn.errors import ConfigInvalid
from training_app.learn.launch import launch, launch_check, launch_command, launch_environment
from training_app.learn.pipeline import train


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("plans") / "release"
    write_labelled_release(root, simple_conversations(140))
    return root


def written(folder: Path, **parts: Any) -> Path:
    config_write(config_from(parts), folder / "run.json")
    return folder / "run.json"


def test_estimate_prints_text_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path)
    assert main(["estimate", "--config", str(path), "--rows", "5000", "--val-rows", "1000"]) == 0
    said = capsys.readouterr().out
    assert "(backbone 22.6 million, adapters 0, " in said
    assert "It fits." in said
    arguments = ["--rows", "5000", "--gpu", "h100", "--json", "--out", str(tmp_path / "report.json")]
    assert main(["estimate", "--config", str(path), *arguments]) == 0
    printed = orjson.loads(capsys.readouterr().out)
    assert printed == orjson.loads((tmp_path / "report.json").read_bytes())
    assert (printed["device"], printed["throughput_source"]) == ("cuda", "data sheet of NVIDIA H100")


def test_estimate_that_does_not_fit_says_what_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_bytes(orjson.dumps(SMALL_MISTRAL | {"num_hidden_layers": 6, "vocab_size": 10**7}))
    path = written(tmp_path, model={"backbone": str(tmp_path), "method": "full"})
    assert main(["estimate", "--config", str(path), "--rows", "100", "--gpu", "t4"]) == 1
    said = capsys.readouterr().out
    assert "IT DOES NOT FIT" in said
    assert "model.method qlora" in said
    assert main(["estimate", "--config", str(path)]) == 2


@pytest.mark.parametrize("method", ["cached", "full"])
def test_dry_run_tries_two_steps_and_writes_nothing(
    method: str, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model: dict[str, Any] = {"method": method}
    if method == "full":
        model |= {
            "backbone": str(make_model("qwen2", tmp_path / "qwen")),
            "heads": ["crisis_type", "severity", "empathy"],
        }
    work = tmp_path / "work"
    work.mkdir()
    output = {"release_dir": str(release), "out_dir": str(work / "out")}
    path = written(tmp_path, model=model, output=output, data={"max_length": 32}, optimisation={"batch_size": 8})
    assert main(["dry-run", "--config", str(path), "--json"]) == 0
    report = orjson.loads(capsys.readouterr().out)
    assert report["release"] == "1.0.0"
    assert report["tokens"]["sample"] == 98
    assert 0 < report["tokens"]["mean"] <= 32
    assert report["estimate"]["work"]["train"] == 98
    assert report["tried"]["rows"] == (32 if method == "cached" else 8)
    assert report["tried"]["seconds_per_step"] > 0
    assert not list(work.iterdir())


@pytest.mark.training
@pytest.mark.parametrize("command", ["dry-run", "train"])
def test_training_code_leaves_the_test_split_closed(command: str, release: Path, tmp_path: Path) -> None:
    """Only the verification, which hashes every file, opens its shards; whatever else tries is seen by its file."""
    openers: set[str] = set()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and watching and "shards/test" in str(arguments[0]):
            frame = sys._getframe(1)
            while frame.f_back is not None and str(PROJECT_ROOT / "training_app") not in frame.f_code.co_filename:
                if str(PROJECT_ROOT / "datasets_app") in frame.f_code.co_filename:
                    break
                frame = frame.f_back
            openers.add(Path(frame.f_code.co_filename).name)

    watching = True
    sys.addaudithook(hook)
    try:
        output = {"release_dir": str(release), "out_dir": str(tmp_path / "out")}
        path = written(tmp_path, output=output, optimisation={"epochs": 1}, data={"max_length": 16})
        if command == "train":
            train(config_read(path), emit=lambda event: None)
        else:
            assert main([command, "--config", str(path)]) == 0
    finally:
        watching = False
    assert openers == {"verify.py"}


def test_dry_run_refuses_what_training_would_refuse(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dry-run", "--config", str(written(tmp_path))]) == 2
    path = written(tmp_path, output={"release_dir": str(tmp_path / "nowhere")})
    assert main(["dry-run", "--config", str(path)]) == 3
    assert "does not exist" in capsys.readouterr().err


def distributed(kind: str, **more: Any) -> TrainingConfig:
    model = {"method": more.pop("method", "lora")}
    return config_from({"model": model, "compute": {"distributed": kind, "processes": 2, "threads": 3} | more})


ON_CPU = Resolved("cpu", "fp32")
ON_GPU = Resolved("cuda", "bf16")


@pytest.mark.parametrize(
    ("config", "on_gpu", "reason"),
    [
        (TrainingConfig(), False, "use train"),
        (distributed("ddp", method="cached"), False, "one process"),
        (distributed("fsdp"), False, "needs GPUs"),
        (distributed("ddp"), True, "has 1 GPUs"),
    ],
)
def test_launch_refuses_what_cannot_run_here(config: TrainingConfig, on_gpu: bool, reason: str) -> None:
    machine, resolved = (H200, ON_GPU) if on_gpu else (CPU, ON_CPU)
    with pytest.raises(ConfigInvalid, match=reason):
        launch_check(config, machine, resolved)


def test_launch_sets_accelerate_up(monkeypatch: pytest.MonkeyPatch) -> None:
    two = replace(H200, gpus=H200.gpus * 2)
    launch_check(distributed("fsdp"), two, ON_GPU)
    command = launch_command(Path("run.json"), 2)
    assert command[1:6] == ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    assert command[6:] == ["-m", "training_app.learn", "train", "--config", "run.json"]
    assert launch_environment(distributed("ddp"), ON_CPU, SMALL_MISTRAL) == {
        "OMP_NUM_THREADS": "3",
        "ACCELERATE_USE_CPU": "true",
        "ACCELERATE_MIXED_PRECISION": "no",
    }
    settings = launch_environment(distributed("fsdp"), ON_GPU, SMALL_MISTRAL)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    from accelerate import FullyShardedDataParallelPlugin

    plugin = FullyShardedDataParallelPlugin()
    assert plugin.fsdp_version == 2
    assert plugin.reshard_after_forward is True
    assert plugin.transformer_cls_names_to_wrap == ["MistralDecoderLayer"]
    assert settings["ACCELERATE_MIXED_PRECISION"] == "bf16"


SCRIPT = """
import signal, sys, time
def stop(number, frame):
    print('{"event": "stopped", "reason": "asked to"}', flush=True)
    sys.exit(4)
signal.signal(signal.SIGTERM, stop)
print('{"event": "started"}', flush=True)
print("no event", flush=True)
if sys.argv[1] == "wait":
    time.sleep(600)
print('{"event": "done"}', flush=True)
sys.exit(int(sys.argv[2]))
"""


@pytest.mark.parametrize(
    ("what", "code", "ending"), [("go", "0", "done"), ("go", "1", "failed"), ("wait", "0", "stopped")]
)
def test_launch_passes_lines_and_signals_on(
    what: str, code: str, ending: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(path: Path, processes: int) -> list[str]:
        return [sys.executable, "-c", SCRIPT, what, code]

    monkeypatch.setattr(launch_module, "launch_command", command)
    environment: Mapping[str, str] = {}
    if what == "wait":
        threading.Thread(target=_stop_when_started, args=(capsys,), daemon=True).start()
    assert launch(Path("run.json"), distributed("ddp"), environment)["event"] == ending


def _stop_when_started(capsys: pytest.CaptureFixture[str]) -> None:
    while "no event" not in capsys.readouterr().out:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGTERM)
