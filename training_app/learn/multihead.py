"""The Pixel model: all heads on one backbone, and which of its parameters a method lets learn."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from .backbone import layers_of
from .config import ModelConfig
from .errors import ConfigInvalid
from .heads import PixelHeads
from .labels import CLASS_HEADS, SCORE_HEADS
from .pooling import LAYERS_READ, Pooling, read

HEADS_MODULE: Final = "pixel_heads"
ADAPTER_METHODS: Final = frozenset({"lora", "qlora"})
FINAL_NORMS: Final = ("norm", "final_norm", "final_layer_norm", "ln_f")


class MultiHeads(PixelHeads):
    """The crisis-type and severity heads and any of the optional ones, all on the same shared layer.

    Its weights lie in 32 bits and are computed with in 32 bits, whatever the backbone is held in.
    """

    def __init__(
        self, embedding_size: int, hidden_size: int, dropout: float, heads: tuple[str, ...], *, part: int = 0
    ) -> None:
        super().__init__(embedding_size, hidden_size, dropout, part=part)
        self.optional = tuple(head for head in heads if head in CLASS_HEADS or head in SCORE_HEADS)
        for head in self.optional:
            self.add_module(head, nn.Linear(hidden_size, len(CLASS_HEADS[head]) if head in CLASS_HEADS else 1))

    def outputs(self, embeddings: Tensor) -> dict[str, Tensor]:
        """Return by head, from float [B, E]: type logits [B, 7], log probabilities of severity [B, 5], class logits
        [B, C], and the logits of scores [B] (a sigmoid makes them 0..1)."""
        shared = self.dropout(functional.gelu(self.hidden(self.norm(embeddings))))
        found = {"crisis_type": self.crisis_type(shared), "severity": self.severity(shared)}
        for head in self.optional:
            logits = self.get_submodule(head)(shared)
            found[head] = logits if head in CLASS_HEADS else logits.squeeze(-1)
        return found


class PixelForCrisis(PreTrainedModel):
    """A backbone with MultiHeads; a PreTrainedModel, so that adapters are put around the whole of it."""

    base_model_prefix = "backbone"
    main_input_name = "input_ids"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_flash_attn = True

    def __init__(self, backbone: PreTrainedModel, heads: MultiHeads, pooling: Pooling) -> None:
        """Heads of several parts read several layers, heads of one part the last."""
        super().__init__(backbone.config)
        self.backbone = backbone
        self.pixel_heads = heads
        self.pooling: Pooling = pooling
        self.layers = heads.norm.parts > 1
        # A backbone that learns nothing is read without dropout and keeps nothing for a backward pass.
        self.backbone_learns = True

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """input_ids, attention_mask int64 [B, T], padded on the right -> the outputs of MultiHeads."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.backbone_learns):
            embedding = read(self.backbone, input_ids, attention_mask, pooling=self.pooling, layers=self.layers)
        with torch.autocast(embedding.device.type, enabled=False):
            return self.pixel_heads(embedding)  # type: ignore[no-any-return]

    def train(self, mode: bool = True) -> PixelForCrisis:
        """Set the mode of everything that learns."""
        super().train(mode)
        if not self.backbone_learns:
            self.backbone.eval()
        return self


class OutputHeads(MultiHeads):
    """MultiHeads whose call gives every head: what is trained, and what an adapter's checkpoint keeps whole."""

    def forward(self, embeddings: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        """float [B, E] -> the outputs by head."""
        return self.outputs(embeddings)


class ServedModel(nn.Module):
    """Tokens to the two served heads, as one graph: what is exported."""

    def __init__(self, backbone: nn.Module, heads: PixelHeads, pooling: Pooling) -> None:
        super().__init__()
        self.backbone = backbone
        self.heads = heads
        self.pooling: Pooling = pooling

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """input_ids, attention_mask int64 [B, T] -> (type logits float [B, 7], severity logits float [B, 5])."""
        layers = self.heads.norm.parts > 1
        embedding = read(self.backbone, input_ids, attention_mask, pooling=self.pooling, layers=layers)
        return self.heads(embedding)  # type: ignore[no-any-return]


def embedding_size(backbone: PreTrainedModel) -> int:
    """Return the width of the hidden states."""
    return int(backbone.config.get_text_config().hidden_size)


def reads_layers(config: ModelConfig, pooling: Pooling) -> bool:
    """Whether the heads read every layer: of encoders alone, a large decoder's would be hundreds of thousands wide."""
    return config.features == "layers" and pooling == "mean"


def model_build(
    backbone: PreTrainedModel, config: ModelConfig, *, pooling: Pooling, checkpointing: bool = False
) -> nn.Module:
    """Return heads on the backbone with exactly those parameters learning that the method names.

    Raises ConfigInvalid for layers that the backbone does not have.
    """
    size = embedding_size(backbone)
    parts = LAYERS_READ if reads_layers(config, pooling) else 1
    heads = OutputHeads(size * parts, config.hidden_size, config.dropout, config.heads, part=size)
    if checkpointing:
        backbone.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    model = PixelForCrisis(backbone, heads.to(backbone.device), pooling)
    if config.method in ADAPTER_METHODS:
        return adapters().adapted(model, config.adapter)
    if config.method in ("frozen", "top_layers"):
        backbone.requires_grad_(False)
        model.backbone_learns = config.method == "top_layers"
    if config.method == "top_layers":
        _open_top(backbone, config.top_layers)
    return model


def plain_model(model: nn.Module) -> PixelForCrisis:
    """Return the PixelForCrisis inside of adapters, if any are around it."""
    outermost: Any = model
    inner = outermost.base_model.model if is_adapted(model) else model
    assert isinstance(inner, PixelForCrisis)
    return inner


def heads_of(model: nn.Module) -> MultiHeads:
    """Return the heads that learn; beside adapters there is a second, untouched copy of them."""
    heads: Any = plain_model(model).pixel_heads
    found: MultiHeads = heads.modules_to_save["default"] if is_adapted(model) else heads
    return found


def is_adapted(model: nn.Module) -> bool:
    """Whether adapters are around the model."""
    return hasattr(model, "peft_config")


def adapters() -> Any:
    """Return the module with peft in it: its import takes seconds that the other methods need not wait for."""
    # bitsandbytes tells at its import which kernels it would fetch from a hub; none are fetched here.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    return import_module(f"{__package__}.adapters")


def learning_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return what learns, by name: all that a checkpoint needs of the model."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def served_model(model: nn.Module) -> ServedModel:
    """Return the graph to be served, in evaluation mode, with adapters merged into the backbone's weights.

    Changes the model: it cannot be trained any further. Quantised backbones cannot be served as one graph.
    """
    # In 32 bits before the adapters go into the weights: what they add is often finer than 16 bits of a weight tell.
    model = model.float()
    inner = plain_model(adapters().merged(model) if is_adapted(model) else model)
    trained = inner.pixel_heads
    heads = MultiHeads(
        *(trained.hidden.in_features, trained.hidden.out_features, trained.dropout.p, trained.optional),
        part=trained.norm.part,
    )
    heads.load_state_dict(trained.state_dict())
    return ServedModel(inner.backbone, heads, inner.pooling).cpu().eval()


def _open_top(backbone: PreTrainedModel, count: int) -> None:
    layers = layers_of(backbone)
    if count > len(layers):
        raise ConfigInvalid(f"model.top_layers is {count}, but the backbone has {len(layers)} layers")
    for layer in layers[len(layers) - count :]:
        layer.requires_grad_(True)
    owner = next(module for module in backbone.modules() if any(child is layers for child in module.children()))
    for name in FINAL_NORMS:
        norm = getattr(owner, name, None)
        if isinstance(norm, nn.Module):
            norm.requires_grad_(True)
