"""Fine-tuning: any backbone with all heads, whole, in part, or by adapters; from a release to a bundle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn
from transformers import PreTrainedModel

from .backbone import Backbone, backbone_load, backbone_open
from .bundle import bundle_open
from .compute import DTYPES, Precision, compute_resolve, held_in, machine_detect
from .config import TrainingConfig
from .errors import ConfigInvalid, EncoderRefused
from .finetune_bundle import TORCH_TOLERANCE, finetuned_bundle, taken_apart
from .finetune_loop import CHECKPOINT_SECONDS, FineTuning, Learned
from .head_figures import head_figures
from .multihead import learning_parameters, model_build, reads_layers
from .objective import MultiObjective
from .sharding import is_sharded
from .tokens import TokenisedSplit, token_cache
from .training import BUNDLE_DIR, CHECKPOINT_DIR, Outcome, Training, check_trainable, class_counts, operating_point

Floats = NDArray[np.float64]


def train_finetuned(training: Training) -> Outcome:
    """Train heads with their backbone. Raises LearnError with a readable reason."""
    config = training.config
    backbone = backbone_open(config.model.backbone)
    resolved = compute_resolve(config, machine_detect())
    device, precision = resolved.device, resolved.precision
    _check_length(config, backbone)
    splits = _tokenise(training, backbone)
    for split, rows in splits.items():
        check_trainable(split, rows.crisis_types.astype(np.int64))
    _check_labels(config, splits["train"])
    torch.manual_seed(config.optimisation.seed)
    held = held_in(config, device, precision)
    model = _model(config, backbone, device, held)
    types = torch.from_numpy(splits["train"].crisis_types.astype(np.int64))
    run = FineTuning(
        config,
        model,
        MultiObjective(config.loss, config.model.heads, types),
        splits,
        folder=training.out / CHECKPOINT_DIR,
        run_key=training.run_key,
        device=device,
        precision=precision,
        emit=training.emit,
        stopping=training.stopping,
        checkpoint_seconds=CHECKPOINT_SECONDS,
    )
    facts: dict[str, Any] = {
        "backbone": backbone.name,
        "backbone_sha256": backbone.sha256,
        "method": config.model.method,
    }
    facts |= {"precision": precision, "device": device, "pooling": backbone.pooling, "notes": list(resolved.notes)}
    facts |= {"features": "layers" if reads_layers(config.model, backbone.pooling) else "last"} | _sizes(model)
    learned = run.fit()
    answers = run.answers()
    point = _operating_point(training, answers["crisis_type"], splits["val"])
    training.emit({"event": "calibrated"} | point)
    checks: dict[str, Any] = {}
    # Of a sharded model every process has to hand out its part; it answered in the precision that it computes in.
    sharded = is_sharded(model)
    parts = taken_apart(config, model) if run.is_main or sharded else None
    del model
    run.release()
    if run.is_main:
        assert parts is not None
        tolerance = TORCH_TOLERANCE[precision if sharded else held]
        _, checks = finetuned_bundle(training, backbone, parts, held, point, answers["crisis_type"], tolerance)
        training.emit({"event": "exported"} | checks)
    run.wait()
    return Outcome(
        bundle=bundle_open(training.out / BUNDLE_DIR),
        best_epoch=learned.best_epoch,
        record={
            "stopped_early": learned.stopped_early,
            "history": learned.history,
            "calibration": point,
            "rows": {split: len(rows) for split, rows in splits.items()},
            "classes": class_counts(splits["train"].crisis_types.astype(np.int64)),
            "model": facts,
            "plan": _plan(config, learned),
            "labels": _label_counts(config, splits),
            "heads": head_figures(answers, splits["val"]),
        }
        | checks,
    )


def _operating_point(training: Training, logits: Floats, val: TokenisedSplit) -> dict[str, Any]:
    # The rows of a token cache are those of the stream, in its order.
    samples = training.release.stream("val", last_messages=training.config.data.last_messages)
    told = [(sample.source, sample.is_sure) for sample in samples]
    sources, sure = np.array([source for source, _ in told]), np.array([sure for _, sure in told], dtype=bool)
    return operating_point(
        logits, val.crisis_types.astype(np.int64), training.config.decision, sources=sources, sure=sure
    )


def _tokenise(training: Training, backbone: Backbone) -> dict[str, TokenisedSplit]:
    config, release = training.config, training.release
    rows = {split: release.rows(split) for split in ("train", "val")}
    splits, before = {}, 0
    for split, count in rows.items():

        def on_progress(done: int, _: int, before: int = before) -> None:
            training.emit({"event": "encoded", "done": before + done, "total": sum(rows.values())})

        splits[split] = token_cache(
            release,
            split,
            tokenizer=backbone.tokenizer,
            max_length=config.data.max_length,
            last_messages=config.data.last_messages,
            folder=Path(config.compute.cache_dir or training.out / "tokens"),
            on_progress=on_progress,
            stopping=training.stopping,
        )
        before += count
    return splits


def _model(config: TrainingConfig, backbone: Backbone, device: str, held: Precision) -> nn.Module:
    loaded = backbone_load(
        backbone,
        dtype=DTYPES[held],
        attention=config.model.attention,
        quantised=config.model.method == "qlora",
        device=_place(config, device),
    )
    _check_vocabulary(backbone, loaded)
    return model_build(
        loaded, config.model, pooling=backbone.pooling, checkpointing=config.compute.gradient_checkpointing
    )


def _place(config: TrainingConfig, device: str) -> str:
    """Return where the backbone is put first: on this process's GPU, or beside the GPUs when it will be sharded."""
    if device == "cpu" or config.compute.distributed == "fsdp":
        return "cpu"
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"


def _check_length(config: TrainingConfig, backbone: Backbone) -> None:
    positions = backbone.config.get("max_position_embeddings")
    if isinstance(positions, int) and config.data.max_length > positions:
        raise ConfigInvalid(f"data.max_length is {config.data.max_length}, but the backbone reads {positions} tokens")


def _check_labels(config: TrainingConfig, train: TokenisedSplit) -> None:
    empty = [head for head in config.model.heads if head in train.labels and not train.has_labels(head)]
    if empty:
        raise ConfigInvalid(
            f"model.heads names {', '.join(empty)}, but no conversation of the train split has such a label "
            "(metadata.labels): leave the head out or import labels for it"
        )


def _check_vocabulary(backbone: Backbone, loaded: PreTrainedModel) -> None:
    words = Tokenizer.from_file(str(backbone.tokenizer)).get_vocab_size()
    embeddings: Any = loaded.get_input_embeddings()
    rows = int(embeddings.weight.shape[0])
    if words > rows:
        raise EncoderRefused(f"the tokenizer of {backbone.name} has {words} tokens, its model {rows}: not of one model")


def _sizes(model: nn.Module) -> dict[str, int]:
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "parameters_learning": sum(parameter.numel() for parameter in learning_parameters(model).values()),
    }


def _plan(config: TrainingConfig, learned: Learned) -> dict[str, int]:
    return {
        "steps_per_epoch": learned.plan.steps,
        "total_steps": learned.plan.total_steps,
        "warmup_steps": learned.plan.warmup,
        "warmup_steps_asked": config.optimisation.warmup_steps,
    }


def _label_counts(config: TrainingConfig, splits: dict[str, TokenisedSplit]) -> dict[str, dict[str, int]]:
    return {
        split: {head: rows.has_labels(head) for head in config.model.heads if head in rows.labels}
        for split, rows in splits.items()
    }
