"""Model folders small enough to be made in a test: random weights, the real architectures, a real tokenizer."""

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import (
    BertConfig,
    BertModel,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    MistralConfig,
    MistralModel,
    PixtralVisionConfig,
    Qwen2Config,
    Qwen2ForCausalLM,
)

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
    """Write a random model of two layers with the embedded encoder's tokenizer.

    `kind` is "bert", "qwen2" (with the layer that predicts words, as such models are published), "mistral", or
    "mistral3" (text and images).
    """
    torch.manual_seed(3)
    config = SMALL | more
    narrow = {"num_key_value_heads": 1, "head_dim": 16}
    model: Any
    if kind == "bert":
        model = BertModel(BertConfig(**config), add_pooling_layer=False)
    elif kind == "qwen2":
        model = Qwen2ForCausalLM(Qwen2Config(**config, num_key_value_heads=1))
    elif kind == "mistral":
        model = MistralModel(MistralConfig(**config, **narrow))
    else:
        seen = PixtralVisionConfig(
            hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, head_dim=8
        )
        text = MistralConfig(**config, **narrow)
        model = Mistral3ForConditionalGeneration(Mistral3Config(text_config=text, vision_config=seen))
    model.save_pretrained(folder)
    shutil.copy(encoder_folder() / "tokenizer.json", folder / "tokenizer.json")
    return folder
