"""The estimate: parameters exact, memory and operations of the right size, remedies that help."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import torch
from msgspec import structs

from tests.training.tiny_models import make_model
from training_app.learn.backbone import backbone_load, backbone_open
from training_app.learn.compute import GIB, Device, Gpu, Machine
from training_app.learn.config import TrainingConfig, config_from
from training_app.learn.encoder import encoder_folder
from training_app.learn.errors import ConfigInvalid, EncoderRefused
from training_app.learn.estimate import ADAPTED_LAYER_SECONDS, Estimate, Workload, estimate
from training_app.learn.multihead import learning_parameters, model_build
from training_app.learn.plan import plan, pooling_of
from training_app.learn.plan_text import estimate_text
from training_app.learn.shape import shape_of
from training_app.learn.throughput import Throughput, machine_with

CPU = Machine("a processor", cores=2, memory=24 * GIB, available=20 * GIB)
H200 = replace(CPU, gpus=(Gpu("NVIDIA H200", 141 * GIB, 140 * GIB, bf16=True),))
DEVICES: tuple[Device, ...] = ("cpu", "cuda")
WORK = Workload(train=10_000, val=1_000, tokens=128, known="as said")
MISTRAL_24B = {
    "model_type": "mistral",
    "hidden_size": 5120,
    "intermediate_size": 32768,
    "num_hidden_layers": 40,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 131072,
}
# Two layers of the same, so that what is linear in layers takes no time.
SMALL_MISTRAL = MISTRAL_24B | {
    "num_hidden_layers": 2,
    "hidden_size": 512,
    "intermediate_size": 1024,
    "vocab_size": 1000,
}


def with_model(method: str, *, compute: dict[str, Any] | None = None, **optimisation: Any) -> TrainingConfig:
    model = {"method": method, "hidden_size": 32, "heads": ["crisis_type", "severity", "empathy", "emotion"]}
    return config_from({"model": model, "compute": compute or {}, "optimisation": optimisation})


def of(config: TrainingConfig, document: dict[str, Any], machine: Machine = CPU) -> Estimate:
    return estimate(
        config,
        document,
        pooling=pooling_of(document),
        machine=machine,
        work=WORK,
        speed=lambda resolved: Throughput(1e12, "a guess"),
    )


@pytest.mark.parametrize("kind", ["bert", "qwen2", "mistral"])
@pytest.mark.parametrize("method", ["full", "frozen", "top_layers", "lora"])
def test_parameters_are_counted_exactly(kind: str, method: str, tmp_path: Path) -> None:
    backbone = backbone_open(str(make_model(kind, tmp_path / kind)))
    config = with_model(method).model
    real = model_build(backbone_load(backbone), config, pooling=backbone.pooling)
    shape = shape_of(
        backbone.config,
        config,
        pooling=backbone.pooling,
        rows=2,
        tokens=16,
        weights=torch.float32,
        compute=torch.float32,
    )
    assert shape.learning == sum(p.numel() for p in learning_parameters(real).values())
    assert shape.backbone == sum(p.numel() for p in backbone_load(backbone).parameters())
    assert shape.adapters == sum(p.numel() for name, p in real.named_parameters() if ".lora_" in name)
    assert shape.heads + shape.adapters + (shape.backbone if method == "full" else 0) >= shape.learning - (
        shape.backbone if method == "top_layers" else 0
    )
    assert shape.layers == 2


def test_operations_and_kept_memory_grow_with_rows_and_are_of_the_known_size() -> None:
    config = with_model("full").model
    sizes = {
        rows: shape_of(
            SMALL_MISTRAL, config, pooling="last", rows=rows, tokens=64, weights=torch.float32, compute=torch.float32
        )
        for rows in (1, 4)
    }
    assert sizes[1].for_rows(4).forward_flops == pytest.approx(sizes[4].forward_flops, rel=0.01)
    assert sizes[1].cast_bytes == sizes[4].cast_bytes == 0
    assert sizes[1].for_rows(4).kept_bytes == pytest.approx(sizes[4].kept_bytes, rel=0.05)
    one = sizes[4]
    # Kaplan et al. 2020: two operations per weight of a layer and token, twice that backward.
    assert one.forward_flops == pytest.approx(2 * one.quantisable * 4 * 64, rel=0.1)
    assert one.backward_flops == pytest.approx(2 * one.forward_flops, rel=0.05)
    frozen = shape_of(
        SMALL_MISTRAL,
        with_model("frozen").model,
        pooling="last",
        rows=4,
        tokens=64,
        weights=torch.float32,
        compute=torch.float32,
    )
    assert frozen.kept_bytes < one.kept_bytes / 50
    assert frozen.backward_flops < one.backward_flops / 50


def test_methods_take_memory_in_their_known_order() -> None:
    found = {method: of(with_model(method), SMALL_MISTRAL).memory for method in ("full", "lora", "frozen", "qlora")}
    full = found["full"]
    assert full.gradients * 2 == full.optimiser
    assert full.weights == full.gradients
    mixed = of(with_model("full", compute={"precision": "bf16"}), SMALL_MISTRAL).memory
    assert mixed.weights == pytest.approx(full.weights * 1.5, rel=0.05)
    assert mixed.activations < full.activations
    assert found["lora"].optimiser < full.optimiser / 5
    assert found["qlora"].weights < found["lora"].weights / 2
    assert found["frozen"].total < min(found["lora"].total, full.total)
    checkpointed = of(with_model("full", compute={"gradient_checkpointing": True}), SMALL_MISTRAL)
    plain = of(with_model("full"), SMALL_MISTRAL)
    assert checkpointed.memory.activations < plain.memory.activations
    assert checkpointed.step_flops == pytest.approx(plain.step_flops * 4 / 3, rel=0.05)


def test_processes_share_work_and_under_fsdp_memory() -> None:
    alone = of(with_model("full"), SMALL_MISTRAL, H200)
    two = {
        kind: of(with_model("full", compute={"distributed": kind, "processes": 2}), SMALL_MISTRAL, H200)
        for kind in ("ddp", "fsdp")
    }
    assert two["ddp"].steps_per_epoch == -(-alone.steps_per_epoch // 2)
    assert two["ddp"].memory.optimiser == alone.memory.optimiser
    assert two["fsdp"].memory.optimiser == alone.memory.optimiser // 2
    assert two["fsdp"].seconds == pytest.approx(alone.seconds / 2, rel=0.05)


def test_gpu_keeps_masks_of_dropout_in_bytes() -> None:
    with_dropout = with_model("lora").model
    without = structs.replace(with_dropout, adapter=structs.replace(with_dropout.adapter, dropout=0.0))
    kept = {
        (device, config.adapter.dropout): shape_of(
            SMALL_MISTRAL,
            config,
            pooling="last",
            rows=2,
            tokens=32,
            weights=torch.float32,
            compute=torch.float32,
            device=device,
        ).kept_bytes
        for device in DEVICES
        for config in (with_dropout, without)
    }
    masks = {device: kept[device, 0.05] - kept[device, 0.0] for device in DEVICES}
    # What each of two layers' seven linear parts reads of 64 tokens: about a byte for each number instead of four.
    read = 2 * 64 * (512 * 5 + 32 * 128 + 1024)
    assert masks["cpu"] - masks["cuda"] == pytest.approx(3 * read, rel=0.15)
    assert kept["cpu", 0.0] == pytest.approx(kept["cuda", 0.0], rel=0.01)


def test_gpu_with_little_to_compute_waits_for_its_calls() -> None:
    small = of(with_model("lora"), SMALL_MISTRAL, H200)
    assert small.step_flops / small.throughput.flops > 2 * ADAPTED_LAYER_SECONDS  # at the guess of 1e12
    fast = replace(small, throughput=Throughput(300e12, "fast"))
    assert fast.step_seconds == 2 * ADAPTED_LAYER_SECONDS
    assert fast.as_dict()["seconds_per_step"] == round(fast.step_seconds, 4)
    assert fast.seconds == pytest.approx(
        fast.step_seconds * fast.steps_per_epoch * fast.epochs + fast.read_flops / 300e12
    )
    twice = of(with_model("lora", accumulation=2), SMALL_MISTRAL, H200)
    assert replace(twice, throughput=fast.throughput).step_seconds == 2 * fast.step_seconds


def test_cached_heads_are_reading_once_and_little_else() -> None:
    document = orjson.loads((encoder_folder() / "config.json").read_bytes())
    found = of(with_model("cached", epochs=60), document)
    assert found.memory.optimiser == 0
    assert found.read_flops == pytest.approx(2 * 10_616_832 * 128 * 11_000, rel=0.1)
    assert found.step_flops * found.steps_per_epoch * 60 < found.read_flops


@pytest.mark.slow
def test_24_billion_parameters_are_planned_without_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(orjson.dumps(MISTRAL_24B))
    config = config_from(
        {"model": {"backbone": str(tmp_path), "method": "full"}, "optimisation": {"epochs": 3, "batch_size": 16}}
    )
    found = plan(config, train_rows=425_920, val_rows=91_268, gpu="h200")
    assert found.shape.quantisable == 40 * 5120 * (2 * 4096 + 2 * 1024 + 3 * 32768)
    assert found.shape.backbone == found.shape.quantisable + 131072 * 5120 + (2 * 40 + 1) * 5120
    assert not found.memory.fits
    said = estimate_text(found)
    assert "IT DOES NOT FIT" in said
    assert any(remedy.startswith("model.method lora") for remedy in found.remedies)
    assert any(remedy.startswith("model.method qlora") for remedy in found.remedies)
    assert any("fsdp on 8" in remedy for remedy in found.remedies)
    assert "22.9 billion" in said
    assert orjson.loads(orjson.dumps(found.as_dict()))["fits"] is False


def test_what_cannot_be_planned_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="--rows"):
        plan(TrainingConfig())
    with pytest.raises(ConfigInvalid, match="holds no release"):
        plan(config_from({"output": {"release_dir": str(tmp_path)}}))
    with pytest.raises(EncoderRefused, match=r"no config\.json"):
        plan(config_from({"model": {"backbone": str(tmp_path)}}), train_rows=5)
    with pytest.raises(EncoderRefused, match="does not know"):
        of(with_model("full"), {"model_type": "unheard-of"})
    with pytest.raises(ConfigInvalid, match="h200"):
        machine_with("voodoo2", 1, CPU)
    assert machine_with("T4", 4, CPU).gpus[3].bf16 is False
