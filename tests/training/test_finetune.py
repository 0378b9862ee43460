"""From a release to a bundle through a backbone that learns: graphs where they can be, torch bundles where not."""

import errno
import json
import os
import pickle
import shutil
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModel, Qwen2Config, Qwen2Model

from pixelhub.canonical import canonical_json, sha256_file
from tests.training.bombs import Bomb
from tests.training.releases import simple_conversations, write_labelled_release
from tests.training.tiny_models import make_model
from training_app.learn import __main__ as command_line
from training_app.learn import checkpoints, finetune, finetune_bundle
from training_app.learn.backbone import backbone_load, backbone_open, layers_of, linear_names
from training_app.learn.bundle import bundle_open
from training_app.learn.config import config_from
from training_app.learn.errors import BundleRefused, ConfigInvalid, EncoderRefused, Stopped
from training_app.learn.finetune_loop import FineTuning
from training_app.learn.held_out import evaluate_bundle
from training_app.learn.multihead import model_build, served_model
from training_app.learn.pipeline import train
from training_app.learn.pooling import read
from training_app.learn.predict import answers_open, predict
from training_app.learn.torch_predict import MODEL_DIRS_VARIABLE, TorchPredictor

pytestmark = pytest.mark.training

HEADS = ["crisis_type", "severity", "empathy", "emotion"]
TEXTS = ["User: I am fine", "User: " + "I cut my arms again last night, honestly " * 3]


@dataclass(frozen=True)
class Made:
    """A release with labels of two optional heads, and models to train on it."""

    root: Path
    release: Path

    def model(self, kind: str) -> Path:
        folder = self.root / "models" / f"tiny-{kind}"
        return folder if folder.exists() else make_model(kind, folder)

    def config(self, out: Path, kind: str, method: str, **optimisation: Any) -> dict[str, Any]:
        return {
            "data": {"max_length": 32},
            "model": {"backbone": str(self.model(kind)), "method": method, "hidden_size": 16, "heads": HEADS},
            "compute": {"cache_dir": str(self.root / "tokens"), "precision": "fp32"},
            "optimisation": {"epochs": 2, "patience": 2, "learning_rate": 2e-3, "batch_size": 16} | optimisation,
            "output": {"release_dir": str(self.release), "out_dir": str(out)},
        }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("finetune")
    emotions = {"panic": "fear", "none": "neutral"}
    rows = []
    for number, row in enumerate(simple_conversations(91)):
        labels: dict[str, float | str] = {"empathy": 0.25 + number % 3 / 4} if number % 2 else {}
        if labels and row.crisis_type in emotions:
            labels["emotion"] = emotions[row.crisis_type]
        rows.append(replace(row, labels=labels))
    write_labelled_release(root / "release", rows)
    return Made(root, root / "release")


def trained(config: dict[str, Any], **more: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    events: list[dict[str, Any]] = []
    train(config_from(config), emit=events.append, **more)
    return events, json.loads((Path(config["output"]["out_dir"]) / "training-record.json").read_bytes())


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_lora_on_a_decoder_becomes_a_graph_and_its_checkpoints_hold_no_backbone(made: Made, tmp_path: Path) -> None:
    config = made.config(tmp_path, "qwen2", "lora")
    events, record = trained(config)
    assert record["served_by"] == "onnx"
    assert record["parity"]["max_probability_difference"] <= 1e-4
    assert record["model"]["pooling"] == "last"
    assert record["model"]["parameters_learning"] < record["model"]["parameters"] / 20
    assert record["plan"]["warmup_steps_asked"] == 500 > record["plan"]["warmup_steps"]
    assert 0 < record["labels"]["train"]["emotion"] < record["labels"]["train"]["empathy"]
    assert {"severity", "empathy"} <= set(record["heads"])
    assert record["heads"]["empathy"]["n"] == record["labels"]["val"]["empathy"]
    assert {"train_empathy_loss", "val_emotion_loss", "val_macro_f1"} <= set(record["history"][0])
    weights = sum(path.stat().st_size for path in made.model("qwen2").glob("*.safetensors"))
    stored = [path for path in (tmp_path / "checkpoints").iterdir() if path.suffix == ".safetensors"]
    assert stored
    assert all(path.stat().st_size < weights / 4 for path in stored)
    bundle = bundle_open(tmp_path / "bundle")
    assert (bundle.is_torch, bundle.document["encoder"]["name"]) == (False, "tiny-qwen2")
    answers = answers_open(bundle)
    together = answers.logits(TEXTS)
    for number, text in enumerate(TEXTS):
        np.testing.assert_allclose(answers.logits([text])[0][0], together[0][number], atol=1e-4)
    metrics = evaluate_bundle(bundle, made.release).metrics
    assert (metrics["bundle_sha256"], metrics["split"]) == (bundle.sha256, "test")
    assert {event["event"] for event in events} >= {"encoded", "point", "epoch", "calibrated", "exported", "done"}


def test_what_adapters_add_to_a_backbone_in_16_bits_is_served_in_32() -> None:
    torch.manual_seed(4)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    backbone = Qwen2Model(Qwen2Config(vocab_size=50, num_key_value_heads=1, **sizes)).to(torch.bfloat16)
    built = model_build(
        backbone, config_from({"model": {"method": "lora", "hidden_size": 16}}).model, pooling="last"
    ).eval()
    for name, parameter in built.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=1e-4)
    weights = {
        name: p.detach().float() for name, p in built.named_parameters() if name.endswith("q_proj.base_layer.weight")
    }
    (name, before), *_ = weights.items()
    layer = built.get_submodule(name.removesuffix(".base_layer.weight"))
    added = layer.get_delta_weight("default").detach().float()
    in_16_bits = (before + added).bfloat16().float()
    assert not torch.allclose(in_16_bits - before, added, atol=1e-6)
    after = served_model(built).backbone.layers[0].self_attn.q_proj.weight
    assert after.dtype == torch.float32
    assert torch.allclose(after - before, added, atol=1e-7)


def test_backbone_for_a_gpu_is_loaded_straight_onto_it(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def loading(folder: Path, **options: Any) -> None:
        asked.append(options)
        raise OSError("no further")

    monkeypatch.setattr(AutoModel, "from_pretrained", loading)
    backbone = backbone_open(str(made.model("mistral")))
    for device in ("cuda:1", "cpu"):
        with pytest.raises(EncoderRefused, match="no further"):
            backbone_load(backbone, device=device)
    assert [options.get("device_map") for options in asked] == [{"": "cuda:1"}, None]


def test_qlora_becomes_a_torch_bundle_that_needs_its_very_backbone(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = made.config(tmp_path, "mistral", "qlora")
    _, record = trained(config)
    assert (record["served_by"], record["why_no_graph"]) == ("torch", "a quantised backbone is no ONNX graph")
    bundle = bundle_open(tmp_path / "bundle")
    assert bundle.is_torch
    assert str(made.root) not in (tmp_path / "bundle" / "bundle.json").read_text(), "a path says nothing elsewhere"
    monkeypatch.delenv(MODEL_DIRS_VARIABLE, raising=False)
    with pytest.raises(BundleRefused, match=MODEL_DIRS_VARIABLE):
        predict(bundle, TEXTS)
    monkeypatch.setenv(MODEL_DIRS_VARIABLE, str(made.root / "models"))
    metrics = evaluate_bundle(bundle, made.release).metrics
    assert metrics["n"] > 0
    outputs = TorchPredictor(bundle).outputs(TEXTS)
    assert {head: values.shape for head, values in outputs.items()} == {
        "crisis_type": (2, 7),
        "severity": (2, 5),
        "empathy": (2,),
        "emotion": (2, 10),
    }
    untrained = backbone_open(str(make_model("mistral", tmp_path / "tiny-mistral", hidden_size=64)))
    with pytest.raises(BundleRefused, match="do not fit"):
        TorchPredictor(bundle, backbone=untrained)
    monkeypatch.setenv(MODEL_DIRS_VARIABLE, str(tmp_path))
    with pytest.raises(BundleRefused, match="is not the one"):
        answers_open(bundle)
    weights = tmp_path / "bundle" / "weights.safetensors"
    weights.write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    with pytest.raises(BundleRefused, match="is not the file"):
        bundle_open(tmp_path / "bundle")
    document = bundle.document | {
        "files": bundle.document["files"]
        | {"weights.safetensors": {"sha256": sha256_file(weights), "bytes": weights.stat().st_size}}
    }
    (tmp_path / "bundle" / "bundle.json").write_bytes(canonical_json(document))
    forged = bundle_open(tmp_path / "bundle")
    with pytest.raises(BundleRefused, match="do not fit"):
        TorchPredictor(forged, backbone=backbone_open(str(made.model("mistral"))))
    assert not (tmp_path / "exploded").exists()


def test_qlora_that_was_stopped_within_an_epoch_gives_the_very_same_bundle(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetune, "CHECKPOINT_SECONDS", 0.0)
    whole = train(config_from(made.config(tmp_path / "whole", "mistral", "qlora")), emit=lambda event: None)
    config = made.config(tmp_path / "cut", "mistral", "qlora")
    asked = iter(range(9))
    with pytest.raises(Stopped):
        trained(config, stopping=lambda: next(asked, None) is None)
    assert list((tmp_path / "cut" / "checkpoints").glob("*step*.json"))
    events, _ = trained(config)
    assert [event for event in events if event["event"] == "resumed"]
    assert bundle_open(tmp_path / "cut" / "bundle").sha256 == whole.sha256


def test_graph_that_cannot_be_written_leaves_a_torch_bundle_with_the_reason(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise NotImplementedError("an operator")

    monkeypatch.setattr(finetune_bundle, "export_model", fails)
    _, record = trained(made.config(tmp_path, "bert", "top_layers", epochs=1))
    assert record["served_by"] == "torch"
    assert record["why_no_graph"] == "the exporter cannot write this architecture (NotImplementedError)"
    assert record["parity"]["max_probability_difference"] <= 1e-4
    bundle = bundle_open(tmp_path / "bundle")
    assert bundle.is_torch
    assert sorted(path.name for path in (tmp_path / "bundle").iterdir()) == sorted(
        [*bundle.document["files"], "bundle.json"]
    )


def test_stopped_by_a_signal_at_the_next_step_and_resumed(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = made.config(tmp_path, "bert", "full", epochs=1000, patience=1000)
    (tmp_path / "config.json").write_text(json.dumps(config))
    asked: list[bool] = []

    def emit(event: dict[str, Any]) -> None:
        if event["event"] == "epoch" and not asked:
            asked.append(True)
            os.kill(os.getpid(), signal.SIGTERM)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(command_line, "emit_json_line", emit)
    try:
        assert command_line.main(["train", "--config", str(tmp_path / "config.json")]) == command_line.STOPPED
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    events: list[dict[str, Any]] = []
    with pytest.raises(Stopped):
        train(config_from(config), emit=events.append, stopping=lambda: len(events) > 3)
    assert {"event": "resumed", "epoch": 1, "step": 0} in events, "not a step was done after the signal"


@pytest.mark.parametrize(
    ("problem", "kind", "advice"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), "out_of_memory", "smaller batch"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory", "smaller batch"),
        (MemoryError(), "out_of_memory", "smaller batch"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full", "Free some space"),
    ],
)
def test_machine_that_does_not_suffice_is_told_in_words(
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    problem: Exception,
    kind: str,
    advice: str,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise problem

    if kind == "disk_full":
        monkeypatch.setattr(checkpoints, "tensors_write", fails)
    else:
        monkeypatch.setattr(FineTuning, "_forward_backward", fails)
    (tmp_path / "config.json").write_text(json.dumps(made.config(tmp_path, "bert", "frozen", epochs=1)))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert command_line.main(["train", "--config", str(tmp_path / "config.json")]) == command_line.FAILED
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["event"], last["kind"]) == ("failed", kind)
    assert advice in last["reason"]


def test_models_as_they_are_published_are_read_for_their_text(made: Made) -> None:
    for kind in ("qwen2", "mistral3"):
        backbone = backbone_open(str(made.model(kind)))
        loaded = backbone_load(backbone)
        assert backbone.pooling == "last"
        assert len(layers_of(loaded)) == 2
        assert not [name for name in linear_names(loaded) if "vision" in name or "lm_head" in name]
        ids = torch.arange(5, 12).repeat(2, 1)
        mask = torch.ones_like(ids)
        mask[1, 4:] = 0
        padded = read(loaded, ids, mask, pooling="last")
        alone = read(loaded, ids[1:, :4], mask[1:, :4], pooling="last")
        torch.testing.assert_close(padded[1], alone[0])


def test_backbone_that_does_not_fit_is_refused_before_anything_is_trained(made: Made, tmp_path: Path) -> None:
    config = made.config(tmp_path, "bert", "full")
    with pytest.raises(ConfigInvalid, match="reads 128 tokens"):
        trained(config | {"data": {"max_length": 256}})
    with pytest.raises(ConfigInvalid, match="the backbone has 2 layers"):
        trained(config | {"model": config["model"] | {"method": "top_layers", "top_layers": 3}})
    with pytest.raises(ConfigInvalid, match="it has dense, key, query, value"):
        adapter = {"targets": ["q_proj"]}
        trained(config | {"model": config["model"] | {"method": "lora", "adapter": adapter}})
    with pytest.raises(ConfigInvalid, match="reads the embedded encoder alone"):
        trained(config | {"model": config["model"] | {"method": "cached"}})
    with pytest.raises(ConfigInvalid, match="empathy, emotion need another method"):
        trained(config | {"model": {"heads": HEADS}})
    with pytest.raises(ConfigInvalid, match="names clinical_accuracy, but no conversation"):
        trained(config | {"model": config["model"] | {"heads": [*HEADS, "clinical_accuracy"]}})
    small = make_model("bert", tmp_path / "small", vocab_size=50)
    with pytest.raises(EncoderRefused, match="30522 tokens, its model 50"):
        trained(config | {"model": config["model"] | {"backbone": str(small)}})
    torn = shutil.copytree(made.model("bert"), tmp_path / "torn")
    document = json.loads((torn / "config.json").read_bytes())
    (torn / "config.json").write_text(json.dumps(document | {"num_hidden_layers": 3}))
    with pytest.raises(EncoderRefused, match="do not fit its configuration"):
        trained(config | {"model": config["model"] | {"backbone": str(torn)}})
    assert not (tmp_path / "checkpoints").exists()
