"""The loss of all heads together: each over the rows that have its label, weighted, every term told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from datasets_app.corpus.taxonomy import CRISIS_TYPES

from .batches import Batch
from .config import LossConfig
from .labels import CLASS_HEADS
from .losses import IGNORE_SEVERITY, balanced_alpha, focal_losses

DEFAULT_WEIGHT: Final = 0.2
Terms = dict[str, Tensor]


class MultiObjective:
    """Sums and weights of each head's loss; their quotient over all rows of a step is the head's term.

    Terms are divided by what the whole step holds, not by what a micro-batch holds, so that accumulation changes
    nothing: a head with few labels would otherwise weigh more where they happen to lie alone.
    """

    def __init__(self, config: LossConfig, heads: Iterable[str], train_types: Tensor) -> None:
        """train_types int64 [N] of the whole train split, for balanced weights."""
        self.gamma = config.gamma
        self.weights: dict[str, float] = {
            head: config.head_weights.get(head, _default_weight(head, config)) for head in heads
        }
        self.alpha: Tensor | None = None
        if isinstance(config.alpha, list):
            self.alpha = torch.tensor(config.alpha)
        elif config.alpha == "balanced":
            self.alpha = balanced_alpha(train_types, len(CRISIS_TYPES))

    def amounts(self, batch: Batch) -> dict[str, float]:
        """Return by head how much label a batch holds: its rows with one, or the class weights of their types."""
        found = {"crisis_type": float(len(batch))}
        if self.alpha is not None:
            found["crisis_type"] = float(self.alpha[batch.crisis_types.cpu()].sum())
        if "severity" in self.weights:
            found["severity"] = float((batch.severities != IGNORE_SEVERITY).sum())
        return found | {head: float(batch.masks[head].sum()) for head in self.weights if head in batch.masks}

    def sums(self, outputs: Mapping[str, Tensor], batch: Batch) -> Terms:
        """Return by head the sum of its losses over the rows that have its label, scalars in 32 bits."""
        types = focal_losses(outputs["crisis_type"], batch.crisis_types, gamma=self.gamma)
        if self.alpha is not None:
            types = types * self.alpha.to(types.device)[batch.crisis_types]
        found = {"crisis_type": types.sum()}
        if "severity" in self.weights:
            found["severity"] = _severity_sum(outputs["severity"], batch.severities)
        for head, mask in batch.masks.items():
            losses = head_losses(head, outputs[head], batch.labels[head])
            # where, not a product: a loss that is not finite must not leak out of a row without a label.
            found[head] = torch.where(mask, losses, 0.0).sum()
        return found

    def total(self, sums: Terms, amounts: Mapping[str, float]) -> Tensor:
        """Return the weighted sum of the terms: a head without any label in the step adds nothing."""
        terms = [self.weights[head] * value / amounts[head] for head, value in sums.items() if amounts[head] > 0]
        return torch.stack(terms).sum()

    def terms(self, sums: Mapping[str, float], amounts: Mapping[str, float], prefix: str) -> dict[str, float]:
        """Return what is logged: the total and each head's term, by name; a head without a label has none."""
        # In the order of the heads, not of the mapping: the order of a sum decides its last digit.
        means = {head: sums[head] / amounts[head] for head in self.weights if amounts.get(head, 0.0) > 0}
        total = sum(self.weights[head] * mean for head, mean in means.items())
        return {f"{prefix}_loss": total} | {term_name(prefix, head): mean for head, mean in means.items()}


def term_name(prefix: str, head: str) -> str:
    """Return the name of a head's curve, such as train_type_loss."""
    return f"{prefix}_{'type' if head == 'crisis_type' else head}_loss"


def head_losses(head: str, outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the loss of each row of an optional head, float [B].

    Classes: cross-entropy of logits [B, C]. Scores from 0 to 1: binary cross-entropy of logits [B] against the score,
    which is smallest exactly at the score and, unlike a squared error behind a sigmoid, does not go flat when far off.
    """
    if head in CLASS_HEADS:
        return functional.cross_entropy(outputs, labels, reduction="none")
    return functional.binary_cross_entropy_with_logits(outputs, labels, reduction="none")


def _severity_sum(log_probabilities: Tensor, severities: Tensor) -> Tensor:
    known = severities != IGNORE_SEVERITY
    losses = functional.nll_loss(
        functional.log_softmax(log_probabilities, dim=-1), severities.clamp(min=0), reduction="none"
    )
    return torch.where(known, losses, 0.0).sum()


def _default_weight(head: str, config: LossConfig) -> float:
    if head == "crisis_type":
        return 1.0
    return config.severity_weight if head == "severity" else DEFAULT_WEIGHT
