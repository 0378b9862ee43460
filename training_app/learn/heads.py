"""The Pixel heads on a shared sentence embedding, and the whole model from tokens to logits."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from datasets_app.corpus.taxonomy import CRISIS_TYPES, SEVERITIES

from .errors import BundleRefused
from .pooling import read


class OrdinalHead(nn.Module):
    """Proportional odds (McCullagh 1980): one score against ordered cut points, so neighbours share their evidence."""

    def __init__(self, features: int, levels: int) -> None:
        super().__init__()
        self.score = nn.Linear(features, 1, bias=False)
        self.first_cut = nn.Parameter(torch.tensor([-1.5]))
        self.gaps = nn.Parameter(torch.zeros(levels - 2))

    def forward(self, features: Tensor) -> Tensor:
        """features float [B, F] -> log probabilities float [B, levels]."""
        # softplus keeps the cut points in order, whatever the optimiser does; +0.1 keeps every level reachable.
        cuts = torch.cat([self.first_cut, self.first_cut + torch.cumsum(functional.softplus(self.gaps) + 0.1, 0)])
        above = self.score(features) - cuts
        log_above, log_below = functional.logsigmoid(above), functional.logsigmoid(-above)
        # P(level k) = s(a) - s(b) with a > b, written as s(a) s(-b) (1 - exp(b - a)) so that it never underflows.
        between = log_above[:, :-1] + log_below[:, 1:] + torch.log1p(-torch.exp(above[:, 1:] - above[:, :-1]))
        return torch.cat([log_below[:, :1], between, log_above[:, -1:]], dim=1)


class PartNorm(nn.LayerNorm):
    """Layer norm of each part of a vector by itself: the states of different layers differ in scale."""

    def __init__(self, size: int, part: int) -> None:
        super().__init__(size)
        self.part = part

    @property
    def parts(self) -> int:
        return self.weight.shape[0] // self.part

    def forward(self, input: Tensor) -> Tensor:
        """float [B, size] -> float [B, size]."""
        parts = functional.layer_norm(input.unflatten(1, (-1, self.part)), (self.part,), eps=self.eps).flatten(1)
        return parts * self.weight + self.bias


class PixelHeads(nn.Module):
    """A small shared layer, the crisis-type head and the severity head.

    `embedding_size` is the length of the whole input, `part` that of each vector in it that is normalised by itself.
    """

    def __init__(self, embedding_size: int, hidden_size: int, dropout: float, *, part: int = 0) -> None:
        super().__init__()
        self.norm = PartNorm(embedding_size, part or embedding_size)
        self.hidden = nn.Linear(embedding_size, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.crisis_type = nn.Linear(hidden_size, len(CRISIS_TYPES))
        self.severity = OrdinalHead(hidden_size, len(SEVERITIES))

    def forward(self, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """embeddings float [B, E] -> (type logits float [B, 7], severity log probabilities float [B, 5])."""
        shared = self.dropout(functional.gelu(self.hidden(self.norm(embeddings))))
        return self.crisis_type(shared), self.severity(shared)


class PixelModel(nn.Module):
    """Encoder, mean pooling and heads as one graph; what is exported and served.

    Heads of several parts read the states of several layers, heads of one part those of the last.
    """

    def __init__(self, encoder: nn.Module, heads: PixelHeads) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = heads

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """input_ids, attention_mask int64 [B, T] -> (type logits float [B, 7], severity logits float [B, 5])."""
        return self.heads(self.features(input_ids, attention_mask))  # type: ignore[no-any-return]

    def features(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """int64 [B, T] twice -> what the heads read, float [B, E]."""
        features = pooled_layers if self.heads.norm.parts > 1 else pooled
        return features(self.encoder, input_ids, attention_mask)


def pooled(encoder: nn.Module, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Return the mean of the last hidden states over the mask: int64 [B, T] twice -> float [B, E]."""
    hidden = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def pooled_layers(encoder: nn.Module, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Return the means of the word embeddings, the middle layer and the last one side by side: -> float [B, 3 * E]."""
    return read(encoder, input_ids, attention_mask, pooling="mean", layers=True)


def heads_load(path: Path, *, embedding_size: int, dropout: float = 0.0) -> PixelHeads:
    """Return heads with the weights of a safetensors file, in evaluation mode. Raises BundleRefused.

    `embedding_size` is that of one layer's states; how many of them the heads read is seen by the weights.
    """
    try:
        tensors = load_file(path)
        hidden, features = (int(size) for size in tensors["hidden.weight"].shape)
        heads = PixelHeads(features, hidden, dropout, part=embedding_size)
        heads.load_state_dict(tensors, strict=True)
    except (OSError, KeyError, RuntimeError, ValueError, SafetensorError) as problem:
        raise BundleRefused(f"{path.name} does not hold the weights of the heads") from problem
    return heads.eval()
