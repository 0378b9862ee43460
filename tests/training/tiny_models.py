"""Model folders small enough to be made in a test: random weights, the real architectures, a real tokenizer."""

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import BertConfig, BertModel, MistralConfig, MistralModel, Qwen2Config, Qwen2Model

from training_app.learn.encoder import encoder_folder

VOCABULARY = 30522
SMALL: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 128,
}


def make_model(kind: str, folder: Path, **more: Any) -> Path:
    """Write a random "bert", "qwen2" or "mistral" of two layers with the embedded encoder's tokenizer."""
    torch.manual_seed(3)
    config = SMALL | more
    model: Any
    if kind == "bert":
        model = BertModel(BertConfig(**config), add_pooling_layer=False)
    elif kind == "qwen2":
        model = Qwen2Model(Qwen2Config(**config, num_key_value_heads=1))
    else:
        model = MistralModel(MistralConfig(**config, num_key_value_heads=1, head_dim=16))
    model.save_pretrained(folder)
    shutil.copy(encoder_folder() / "tokenizer.json", folder / "tokenizer.json")
    return folder
