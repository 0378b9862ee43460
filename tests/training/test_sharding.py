"""A model spread over processes (FSDP): heads in 32 bits beside a backbone in 16, everything put together again.

One process and gloo: what a GPU does with NCCL is shared out and gathered here by the same calls.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed
from accelerate import FullyShardedDataParallelPlugin
from torch import nn
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from transformers import Qwen2Config, Qwen2Model

from training_app.learn.config import TrainingConfig, config_from
from training_app.learn.finetune_bundle import taken_apart
from training_app.learn.multihead import heads_of, learning_parameters, model_build
from training_app.learn.sharding import heads_shard, is_sharded, sharding_plugin, whole

IDS = torch.tensor([[3, 4, 5, 6], [7, 8, 9, 0]])
SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


@pytest.fixture(autouse=True)
def one_process(tmp_path: Path) -> Iterator[None]:
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def model(method: str) -> tuple[TrainingConfig, nn.Module]:
    torch.manual_seed(1)
    config = config_from({"model": {"method": method, "hidden_size": 16, "dropout": 0.0, "adapter": {"dropout": 0.0}}})
    backbone = Qwen2Model(Qwen2Config(vocab_size=50, num_key_value_heads=1, **SIZES))
    if method == "lora":
        backbone = backbone.to(torch.bfloat16)
    return config, model_build(backbone, config.model, pooling="last")


def shard(built: nn.Module, policy: MixedPrecisionPolicy) -> None:
    """Share out a model as accelerate does: layer by layer, then what is left."""
    for module in built.modules():
        if type(module).__name__ == "Qwen2DecoderLayer":
            fully_shard(module, mp_policy=policy)
    fully_shard(built, mp_policy=policy)


def policy_of(monkeypatch: pytest.MonkeyPatch) -> MixedPrecisionPolicy:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    plugin = sharding_plugin("bf16")
    assert isinstance(plugin, FullyShardedDataParallelPlugin)
    plugin.set_mixed_precision("bf16")  # as accelerate does afterwards: what is set stays
    assert isinstance(plugin.mixed_precision_policy, MixedPrecisionPolicy)
    return plugin.mixed_precision_policy


@pytest.mark.parametrize("method", ["full", "lora"])
def test_sharded_model_learns_in_16_bits_with_heads_in_32_and_is_put_together_whole(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, built = model(method)
    before = {name: value.detach().clone() for name, value in learning_parameters(built).items()}
    head = {name: value.clone() for name, value in heads_of(built).state_dict().items()}
    expected = {name: value.detach() for name, value in built(input_ids=IDS, attention_mask=IDS.sign()).items()}
    assert not is_sharded(built)
    policy = policy_of(monkeypatch)
    assert (policy.param_dtype, policy.reduce_dtype, policy.output_dtype) == (torch.bfloat16, torch.float32, None)
    heads_shard(built)
    shard(built, policy)
    assert is_sharded(built)
    outputs = built(input_ids=IDS, attention_mask=IDS.sign())
    for name, value in outputs.items():
        assert value.dtype == torch.float32
        assert torch.allclose(value, expected[name], atol=0.05)
    outputs["crisis_type"].square().sum().backward()
    gradients = {p.grad.dtype for p in learning_parameters(built).values() if p.grad is not None}
    assert gradients == {torch.float32}
    parts = taken_apart(config, built)
    assert parts.served is None
    assert "several GPUs" in parts.reason
    assert set(parts.learned) == set(before)
    assert all(torch.equal(parts.learned[name], value) for name, value in before.items())
    assert all(torch.equal(parts.head[name], value) for name, value in head.items())
    assert not any(isinstance(value, torch.distributed.tensor.DTensor) for value in parts.learned.values())


def test_heads_without_a_group_of_their_own_would_be_computed_in_16_bits_and_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, built = model("full")
    shard(built, policy_of(monkeypatch))
    with pytest.raises(RuntimeError, match=r"dtype|Half|BFloat16"):
        built(input_ids=IDS, attention_mask=IDS.sign())


def test_one_process_without_fsdp_has_no_plugin_and_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCELERATE_USE_FSDP", raising=False)
    assert sharding_plugin("bf16") is None
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    single = sharding_plugin("fp32")
    assert single is not None
    assert single.mixed_precision_policy.param_dtype is None
    tensor = torch.ones(3)
    copy = whole(tensor)
    tensor[0] = 5
    assert copy.tolist() == [1.0, 1.0, 1.0]
