"""Models of random weights, in the shapes of known ones."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

SHARD_BYTES: Final = 2 << 30
# Mistral Nemo's, TinyLlama's, and a small one; the embedded encoder's tokenizer uses the first 30,522 words.
MODELS: Final[dict[str, dict[str, Any]]] = {
    "12b": {
        "vocab_size": 131_072,
        "hidden_size": 5_120,
        "intermediate_size": 14_336,
        "num_hidden_layers": 40,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
    },
    "1b": {
        "vocab_size": 32_000,
        "hidden_size": 2_048,
        "intermediate_size": 5_632,
        "num_hidden_layers": 22,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "head_dim": 64,
    },
    "60m": {
        "vocab_size": 30_522,
        "hidden_size": 640,
        "intermediate_size": 2_048,
        "num_hidden_layers": 8,
        "num_attention_heads": 10,
        "num_key_value_heads": 2,
        "head_dim": 64,
    },
}
TINY_MODEL: Final = {
    "vocab_size": 30_522,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
}


def random_mistral(name: str, folder: Path, tokenizer: Path, *, tiny: bool) -> Path:
    """Write a Mistral of random bf16 weights in shards, with the embedded encoder's tokenizer, unless it is there."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModel, MistralConfig

    if (folder / "config.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    config = MistralConfig(**(TINY_MODEL if tiny else MODELS[name]), max_position_embeddings=4_096, dtype="bfloat16")
    with torch.device("meta"):
        shapes = {key: value.shape for key, value in AutoModel.from_config(config).state_dict().items()}
    shards: list[list[str]] = [[]]
    held = 0
    for key, shape in shapes.items():
        if held > SHARD_BYTES:
            shards.append([])
            held = 0
        shards[-1].append(key)
        held += shape.numel() * 2
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def write(number: int) -> None:
        generator = torch.Generator(device).manual_seed(number)
        tensors = {key: _random(shapes[key], device, generator) for key in shards[number]}
        save_file(tensors, folder / _shard(number), metadata={"format": "pt"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(len(shards))))
    places = {key: _shard(number) for number, keys in enumerate(shards) for key in keys}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    shutil.copy(tokenizer, folder / "tokenizer.json")
    config.save_pretrained(folder)
    return folder


def _shard(number: int) -> str:
    return f"model-{number:05d}.safetensors"


def _random(shape: Any, device: str, generator: Any) -> Any:
    import torch

    if len(shape) == 1:
        return torch.ones(shape, dtype=torch.bfloat16)
    return torch.empty(shape, dtype=torch.bfloat16, device=device).normal_(0, 0.02, generator=generator).cpu()
