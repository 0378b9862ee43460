"""One vector per conversation from the hidden states of its tokens."""

from __future__ import annotations

from typing import Final, Literal

import torch
from torch import Tensor, nn

Pooling = Literal["mean", "last"]
# How many layers stand side by side where more than the last one is read.
LAYERS_READ: Final = 3


def pool(hidden: Tensor, attention_mask: Tensor, pooling: Pooling) -> Tensor:
    """Return the mean over the real tokens, or the last real token's state, which in a decoder has seen all others.

    hidden float [B, T, E], attention_mask int64 [B, T] padded on the right -> float [B, E].
    """
    if pooling == "last":
        last = attention_mask.sum(1).clamp(min=1) - 1
        return hidden[torch.arange(hidden.shape[0], device=hidden.device), last]
    weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def read(
    backbone: nn.Module, input_ids: Tensor, attention_mask: Tensor, *, pooling: Pooling, layers: bool = False
) -> Tensor:
    """Return what the heads read of conversations: int64 [B, T] twice -> float32 [B, E], the last layer pooled.

    With `layers` the pooled word embeddings, middle layer and last layer stand side by side: float32 [B, 3 * E]. All
    seven of a six-layer encoder were no better than these three (docs/training.md).
    """
    found = backbone(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=layers)
    states = (found.last_hidden_state,)
    if layers:
        states = tuple(found.hidden_states[index] for index in (0, (len(found.hidden_states) - 1) // 2, -1))
    return torch.cat([pool(hidden.float(), attention_mask, pooling) for hidden in states], dim=1)
