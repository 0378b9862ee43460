"""Losses of the two heads: focal loss for the crisis type, ordinal likelihood for the severity."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

IGNORE_SEVERITY = -1


def focal_loss(logits: Tensor, targets: Tensor, *, gamma: float, alpha: Tensor | None = None) -> Tensor:
    """Return the mean focal loss of Lin et al. 2017 (arXiv 1708.02002), alpha per class.

    logits float [B, C], targets int64 [B], alpha float [C] or None. With alpha the mean is weighted by
    alpha[target], as `torch.nn.functional.cross_entropy` does, so gamma 0 is exactly (weighted) cross-entropy.
    """
    losses = focal_losses(logits, targets, gamma=gamma)
    if alpha is None:
        return losses.mean()
    weights = alpha[targets]
    return (weights * losses).sum() / weights.sum()


def focal_losses(logits: Tensor, targets: Tensor, *, gamma: float) -> Tensor:
    """Return the focal loss of each row without class weights: float [B, C], int64 [B] -> float [B]."""
    log_probability = functional.log_softmax(logits, dim=-1).gather(1, targets.unsqueeze(1)).squeeze(1)
    # 1 - p is clamped away from 0: the gradient of 0 ** gamma is not finite for gamma < 1.
    modulation = (1.0 - log_probability.exp()).clamp(min=1e-8) ** gamma if gamma else 1.0
    return -modulation * log_probability


def balanced_alpha(targets: Tensor, classes: int) -> Tensor:
    """Return per-class weights float [C], inverse to the class's share and with mean 1 over the rows.

    A class without a row gets the largest weight among the others: it has no rows to weigh, only to stay finite.
    """
    counts = torch.bincount(targets, minlength=classes).float()
    present = counts > 0
    weights = torch.zeros(classes)
    weights[present] = counts.sum() / (present.sum() * counts[present])
    weights[~present] = weights.max()
    return weights


def severity_loss(severity_logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean negative log likelihood over rows that have a severity; 0 when none has one.

    severity_logits float [B, 5] (log probabilities of the ordinal head), targets int64 [B] in 0..4 or
    IGNORE_SEVERITY, because `none` has no severity.
    """
    known = targets != IGNORE_SEVERITY
    if not bool(known.any()):
        return severity_logits.sum() * 0.0
    return functional.nll_loss(functional.log_softmax(severity_logits[known], dim=-1), targets[known])
