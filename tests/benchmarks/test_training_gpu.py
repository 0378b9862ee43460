"""What the measurement of large trainings makes for itself: models in shards, and texts as long as they should be."""

from itertools import islice
from pathlib import Path

import orjson
import pytest
import torch

from benchmarks.training_data import distinct, strung
from benchmarks.training_gpu import backbones
from benchmarks.training_gpu.backbones import MODELS, random_mistral
from benchmarks.training_gpu.dry import DRY
from training_app.learn.backbone import backbone_load, backbone_open
from training_app.learn.config import config_from
from training_app.learn.encoder import encoder_folder


def test_random_backbone_in_shards_is_one_that_the_product_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backbones, "SHARD_BYTES", 1 << 16)
    tokenizer = encoder_folder() / "tokenizer.json"
    folder = random_mistral("12b", tmp_path / "mistral", tokenizer, tiny=True)
    assert len(list(folder.glob("*.safetensors"))) > 2
    backbone = backbone_open(str(folder))
    loaded = backbone_load(backbone, dtype=torch.bfloat16)
    weights = loaded.get_input_embeddings().weight
    assert weights.shape == (30_522, 64)
    assert float(weights.float().std()) == pytest.approx(0.02, rel=0.05)
    before = backbone.sha256
    assert backbone_open(str(random_mistral("12b", folder, tokenizer, tiny=True))).sha256 == before


def test_conversations_are_strung_together_and_labelled_as_the_last() -> None:
    single = [orjson.loads(line) for line in islice(distinct(12, seed=3), 6)]
    joined = [orjson.loads(line) for line in islice(strung(4, seed=3, joined=3), 2)]
    for number, row in enumerate(joined):
        parts = single[3 * number : 3 * number + 3]
        assert row["messages"] == [message for part in parts for message in part["messages"]]
        assert (row["crisis_type"], row["severity"]) == (parts[-1]["crisis_type"], parts[-1]["severity"])
    assert len({row["id"] for row in joined}) == 2


def test_every_case_is_a_configuration() -> None:
    for name, method, more in DRY.values():
        config = config_from({"model": {"method": method}} | more)
        assert config.model.method == method
        assert name in MODELS
