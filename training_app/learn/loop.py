"""The training loop of the heads on cached embeddings: deterministic, resumable at every epoch's end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from datasets_app.corpus.taxonomy import CRISIS_TYPES

from .checkpoints import Checkpoint, checkpoint_latest, checkpoint_read, checkpoint_write
from .config import LossConfig, TrainingConfig
from .errors import CheckpointMismatch, Stopped
from .events import Emit
from .heads import PixelHeads
from .losses import balanced_alpha, focal_loss, severity_loss
from .metrics.types import macro_f1
from .progress import Progress
from .schedule import rate_factor, warmup_steps

OPTIMISER_PREFIX: Final = "optimiser."
HEADS_PREFIX: Final = "heads."


@dataclass(frozen=True)
class Split:
    """Embeddings float [N, E], crisis types int64 [N], severities int64 [N] in 0..4 or IGNORE_SEVERITY.

    `part` is the width of each of the vectors that an embedding consists of, 0 when it is one.
    """

    embeddings: Tensor
    crisis_types: Tensor
    severities: Tensor
    part: int = 0

    def __len__(self) -> int:
        return int(self.crisis_types.shape[0])


@dataclass(frozen=True)
class Fitted:
    """The heads of the best epoch (by validation macro F1) and the curves of all epochs."""

    heads: PixelHeads
    best_epoch: int
    history: list[dict[str, float]]
    stopped_early: bool


class Objective:
    """Focal loss for the type plus the weighted severity loss; the terms are logged apart."""

    def __init__(self, config: LossConfig, train_types: Tensor) -> None:
        self.gamma = config.gamma
        self.severity_weight = config.severity_weight
        self.alpha: Tensor | None = None
        if isinstance(config.alpha, list):
            self.alpha = torch.tensor(config.alpha)
        elif config.alpha == "balanced":
            self.alpha = balanced_alpha(train_types, len(CRISIS_TYPES))

    def __call__(self, heads: PixelHeads, split: Split, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (total, type term, severity term) on the rows int64 [B]."""
        type_logits, severity_logits = heads(split.embeddings[rows])
        of_type = focal_loss(type_logits, split.crisis_types[rows], gamma=self.gamma, alpha=self.alpha)
        of_severity = severity_loss(severity_logits, split.severities[rows])
        return of_type + self.severity_weight * of_severity, of_type, of_severity


def fit(
    config: TrainingConfig,
    train: Split,
    val: Split,
    *,
    folder: Path,
    run_key: str,
    emit: Emit,
    stopping: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Train the heads and return those of the best epoch; resumes from the newest checkpoint in `folder`.

    The order of rows and the dropout of an epoch depend on the seed and the epoch's number alone, so a resumed run
    ends with the same numbers as an undisturbed one. Raises Stopped after a termination signal, CheckpointMismatch.
    """
    optimisation = config.optimisation
    torch.manual_seed(optimisation.seed)
    heads = PixelHeads(train.embeddings.shape[1], config.model.hidden_size, config.model.dropout, part=train.part)
    objective = Objective(config.loss, train.crisis_types)
    optimiser = torch.optim.AdamW(
        heads.parameters(), lr=optimisation.learning_rate, weight_decay=optimisation.weight_decay
    )
    progress = _resume(folder, run_key, heads, optimiser)
    if progress.epoch:
        emit({"event": "resumed", "epoch": progress.epoch})
    started, first = time.monotonic(), progress.epoch
    while progress.epoch < optimisation.epochs and progress.stale < optimisation.patience:
        row = _train_epoch(config, heads, objective, optimiser, train, progress.epoch + 1, stopping)
        row |= _validate(heads, objective, val)
        progress.note(row)
        checkpoint_write(folder, _checkpoint(progress, heads, optimiser), run_key=run_key)
        seconds = (time.monotonic() - started) / (progress.epoch - first)
        emit(
            {"event": "epoch", "epochs": optimisation.epochs, "best_epoch": progress.best["epoch"]}
            | {"eta_seconds": round(seconds * (optimisation.epochs - progress.epoch), 1)}
            | row
        )
    best_epoch = int(progress.best["epoch"])
    best = checkpoint_read(folder, best_epoch, run_key=run_key)
    if best is None:
        raise CheckpointMismatch("the checkpoint of the best epoch is damaged; start again with an empty folder")
    heads.load_state_dict(_with_prefix(best.tensors, HEADS_PREFIX))
    return Fitted(heads.eval(), best_epoch, progress.history, progress.epoch < optimisation.epochs)


def logits(heads: PixelHeads, split: Split) -> tuple[Tensor, Tensor]:
    """Return (type logits float [N, 7], severity logits float [N, 5]) of heads in evaluation mode."""
    with torch.inference_mode():
        return heads(split.embeddings)  # type: ignore[no-any-return]


def _train_epoch(
    config: TrainingConfig,
    heads: PixelHeads,
    objective: Objective,
    optimiser: torch.optim.AdamW,
    train: Split,
    epoch: int,
    stopping: Callable[[], bool],
) -> dict[str, float]:
    optimisation = config.optimisation
    steps = math.ceil(len(train) / optimisation.batch_size)
    total_steps = steps * optimisation.epochs
    warmup = warmup_steps(optimisation.warmup_steps, total_steps)
    torch.manual_seed(optimisation.seed + epoch)
    order = torch.randperm(len(train))
    heads.train()
    sums = torch.zeros(3)
    for number, rows in enumerate(order.split(optimisation.batch_size)):
        if stopping():
            raise Stopped(f"stopped in epoch {epoch}; a new start goes on after epoch {epoch - 1}")
        factor = rate_factor((epoch - 1) * steps + number, warmup=warmup, total_steps=total_steps)
        for group in optimiser.param_groups:
            group["lr"] = optimisation.learning_rate * factor
        terms = torch.stack(objective(heads, train, rows))
        optimiser.zero_grad(set_to_none=True)
        terms[0].backward()
        clip_grad_norm_(heads.parameters(), optimisation.max_grad_norm)
        optimiser.step()
        sums += terms.detach() * len(rows)
    total, of_type, of_severity = (sums / len(train)).tolist()
    return {
        "epoch": epoch,
        "train_loss": total,
        "train_type_loss": of_type,
        "train_severity_loss": of_severity,
        "learning_rate": float(optimiser.param_groups[0]["lr"]),
    }


def _validate(heads: PixelHeads, objective: Objective, val: Split) -> dict[str, float]:
    heads.eval()
    with torch.inference_mode():
        total, of_type, of_severity = objective(heads, val, torch.arange(len(val)))
        predicted = heads(val.embeddings)[0].argmax(dim=1)
    return {
        "val_loss": float(total),
        "val_type_loss": float(of_type),
        "val_severity_loss": float(of_severity),
        "val_macro_f1": macro_f1(val.crisis_types.numpy(), predicted.numpy()),
    }


def _checkpoint(progress: Progress, heads: PixelHeads, optimiser: torch.optim.AdamW) -> Checkpoint:
    tensors = {HEADS_PREFIX + name: tensor.detach().clone() for name, tensor in heads.state_dict().items()}
    for index, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"{OPTIMISER_PREFIX}{index}.{name}": tensor.clone() for name, tensor in moments.items()}
    return Checkpoint(progress.epoch, progress.as_state(), tensors)


def _resume(folder: Path, run_key: str, heads: PixelHeads, optimiser: torch.optim.AdamW) -> Progress:
    found = checkpoint_latest(folder, run_key=run_key)
    if found is None:
        return Progress()
    heads.load_state_dict(_with_prefix(found.tensors, HEADS_PREFIX))
    moments: dict[int, dict[str, Tensor]] = {}
    for key, tensor in _with_prefix(found.tensors, OPTIMISER_PREFIX).items():
        index, name = key.split(".", 1)
        moments.setdefault(int(index), {})[name] = tensor
    optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})
    return Progress(epoch=found.epoch, **found.state)


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
