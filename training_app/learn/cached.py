"""The embedded default: the frozen encoder reads every conversation once, the heads learn on what it said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from .bundle import HEAD, FrozenBundle, bundle_write
from .cache import cache_key, cached_embeddings
from .compute import compute_resolve, machine_detect
from .data import Sample
from .encoder import EMBEDDING_SIZE, ENCODER_NAME, ENCODER_SHA256, embed, encoder_load, tokenizer_load
from .errors import Stopped
from .export import check_parity, export_model, export_tokenizer, measure_latency
from .heads import PixelModel, pooled, pooled_layers
from .loop import Fitted, Split, fit, logits
from .losses import IGNORE_SEVERITY
from .tensors import tensors_write
from .training import BUNDLE_DIR, CHECKPOINT_DIR, Outcome, Training, check_trainable, class_counts, operating_point


@dataclass(frozen=True)
class Read:
    """Train and val as they were read: the conversations, and what the encoder made of them."""

    samples: dict[str, list[Sample]]
    splits: dict[str, Split]


def train_cached(training: Training) -> Outcome:
    """Train heads on cached embeddings of the embedded encoder. Raises LearnError with a readable reason."""
    read = read_once(training)
    samples, splits = read.samples, read.splits
    fitted, point = fit_heads(training, read)
    training.emit({"event": "calibrated"} | point)
    model = PixelModel(encoder_load(), fitted.heads).eval()
    bundle, checks = export_bundle(training, model, point, [sample.text for sample in samples["val"]])
    training.emit({"event": "exported"} | checks)
    return Outcome(
        bundle=bundle,
        best_epoch=fitted.best_epoch,
        record={
            "stopped_early": fitted.stopped_early,
            "history": fitted.history,
            "calibration": point,
            "rows": {split: len(rows) for split, rows in samples.items()},
            "classes": class_counts(splits["train"].crisis_types.numpy()),
        }
        | checks,
    )


def read_once(training: Training) -> Read:
    """Return train and val as the heads see them; the encoder reads only what no earlier training has read."""
    last = training.config.data.last_messages
    samples = {split: training.release.samples(split, last_messages=last) for split in ("train", "val")}
    for split, rows in samples.items():
        check_trainable(split, torch.tensor([sample.crisis_type for sample in rows], dtype=torch.int64).numpy())
    return Read(samples, encode_splits(training, samples))


def fit_heads(training: Training, read: Read) -> tuple[Fitted, dict[str, Any]]:
    """Return the heads of the best epoch and their operating point, chosen on validation."""
    val = read.splits["val"]
    fitted = fit(
        training.config,
        read.splits["train"],
        val,
        folder=training.out / CHECKPOINT_DIR,
        run_key=training.run_key,
        emit=training.emit,
        stopping=training.stopping,
    )
    type_logits = logits(fitted.heads, val)[0].double().numpy()
    sources = np.array([sample.source for sample in read.samples["val"]])
    sure = np.array([sample.is_sure for sample in read.samples["val"]], dtype=bool)
    decision = training.config.decision
    return fitted, operating_point(type_logits, val.crisis_types.numpy(), decision, sources=sources, sure=sure)


def encode_splits(training: Training, samples: dict[str, list[Sample]]) -> dict[str, Split]:
    """Return both splits as embeddings and labels; what the cache holds is not read again."""
    config = training.config
    key = cache_key(
        manifest_sha256=training.release.manifest_sha256,
        encoder_sha256=ENCODER_SHA256["model.safetensors"],
        max_length=config.data.max_length,
        last_messages=config.data.last_messages,
        features=config.model.features,
    )
    cache = Path(config.compute.cache_dir or training.out / "embeddings") / key
    # In 32 bits on any device, so another device changes no more than the last digits of what is kept.
    device = compute_resolve(config, machine_detect()).device
    encoder, tokenizer = encoder_load().to(device), tokenizer_load(config.data.max_length)
    read = pooled_layers if config.model.features == "layers" else pooled
    total = sum(len(rows) for rows in samples.values())
    splits, before = {}, 0
    for split, rows in samples.items():

        def on_progress(done: int, before: int = before) -> None:
            training.emit({"event": "encoded", "done": before + done, "total": total})
            if training.stopping():
                raise Stopped("stopped while reading the conversations; a new start goes on from there")

        embeddings = cached_embeddings(
            cache / split,
            [sample.text for sample in rows],
            lambda texts: embed(encoder, tokenizer, texts, batch_size=config.compute.encode_batch_size, read=read),
            on_progress=on_progress,
        )
        splits[split] = Split(
            embeddings=embeddings,
            crisis_types=torch.tensor([sample.crisis_type for sample in rows]),
            severities=torch.tensor(
                [IGNORE_SEVERITY if sample.severity is None else sample.severity - 1 for sample in rows]
            ),
            part=EMBEDDING_SIZE,
        )
        before += len(rows)
    return splits


def export_bundle(
    training: Training,
    model: PixelModel,
    point: dict[str, Any],
    texts: list[str],
    *,
    more_lineage: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[FrozenBundle, dict[str, Any]]:
    """Write the bundle of a model in evaluation mode, check its parity on the texts and measure it."""
    folder = training.out / BUNDLE_DIR
    folder.mkdir(exist_ok=True)
    max_length = training.config.data.max_length
    export_model(model, folder)
    export_tokenizer(folder, max_length=max_length)
    tensors_write(model.heads.state_dict(), folder / HEAD)
    checks = {
        "parity": check_parity(model, folder, texts, max_length=max_length),
        "latency": measure_latency(folder, texts, max_length=max_length),
    }
    bundle = bundle_write(
        folder,
        max_length=max_length,
        last_messages=training.config.data.last_messages,
        temperature=point["temperature"],
        threshold=point["threshold"],
        encoder={"name": ENCODER_NAME, "sha256": ENCODER_SHA256["model.safetensors"]},
        lineage=training.lineage | dict(more_lineage),
    )
    return bundle, checks
