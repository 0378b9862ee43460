"""What a model is made of and what a step of it costs, found without its weights.

The model is built by the very code that trains it, from its config.json, with tensors that have a shape and no bytes.
Parameters are counted, operations and what a forward pass keeps for the backward pass are added up: exact for any
architecture that transformers knows, in seconds for 24 billion parameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from functools import partial
from typing import Any, Final

import msgspec
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count
from transformers import AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_MAPPING

from .backbone import layers_of
from .compute import Device
from .config import ModelConfig
from .errors import EncoderRefused
from .multihead import HEADS_MODULE, embedding_size, heads_of, model_build, plain_model
from .pooling import Pooling

FP32_BYTES: Final = 4
MEASURED_LAYERS: Final = 3
_OF_ROWS: Final = ("kept_bytes", "layer_bytes", "state_bytes", "forward_flops", "backward_flops")


@dataclass(frozen=True)
class Shape:
    """Counts of parameters, bytes and floating-point operations of one batch of `rows` conversations of `tokens`.

    `weight_bytes` are those of the weights as they are held; `quantisable` are the parameters of the backbone's
    linear layers, which QLoRA holds in 4 bits. `cast_bytes` are the copies of weights that mixed precision computes
    with. `kept_bytes` is what else the forward pass keeps for the backward pass, `layer_bytes` one layer's part of it,
    `state_bytes` the hidden states (`width` each) between two layers; `embedding` is the width that heads read.
    """

    rows: int
    tokens: int
    layers: int
    width: int
    embedding: int
    backbone: int
    heads: int
    adapters: int
    learning: int
    quantisable: int
    weight_bytes: int
    cast_bytes: int
    kept_bytes: int
    layer_bytes: int
    state_bytes: int
    forward_flops: int
    backward_flops: int

    @property
    def parameters(self) -> int:
        """All parameters."""
        return self.backbone + self.heads + self.adapters

    def for_rows(self, rows: int) -> Shape:
        """Return the shape of another number of conversations at once: all that belongs to them grows with it."""
        scaled = {name: -(-getattr(self, name) * rows // self.rows) for name in _OF_ROWS}
        return replace(self, rows=rows, **scaled)


def shape_of(
    document: Mapping[str, Any],
    model: ModelConfig,
    *,
    pooling: Pooling,
    rows: int,
    tokens: int,
    weights: torch.dtype,
    compute: torch.dtype,
    device: Device = "cpu",
) -> Shape:
    """Return the shape of a model by the content of its config.json. Raises EncoderRefused, ConfigInvalid.

    `weights` is the type the backbone is held in, `compute` the one that it is computed in, `device` where.
    """
    # 4-bit weights need the real thing; with plain ones everything else is the same.
    structure = msgspec.structs.replace(model, method="lora") if model.method == "qlora" else model
    with torch.device("meta"):
        backbone = backbone_blank(document, weights, model.attention)
        quantisable = sum(m.weight.numel() for m in backbone.modules() if isinstance(m, nn.Linear))
        backbone_parameters = _count(backbone)
        layers = len(layers_of(backbone))
        built = model_build(backbone, structure, pooling=pooling, checkpointing=False)
    with FakeTensorMode():
        _fake(built)
        built.train()
        if device == "cuda":
            _drop_as_gpus_do(built)
        parameters = [(name, p.numel(), p.element_size(), p.requires_grad) for name, p in built.named_parameters()]
        embedding = heads_of(built).hidden.in_features
        measured = _measured(built, rows, tokens, compute)
    return Shape(
        rows=rows,
        tokens=tokens,
        layers=layers,
        width=embedding_size(backbone),
        embedding=embedding,
        backbone=backbone_parameters,
        heads=sum(count for name, count, _, learns in parameters if HEADS_MODULE in name and learns),
        adapters=sum(count for name, count, _, _ in parameters if ".lora_" in name),
        learning=sum(count for _, count, _, learns in parameters if learns),
        quantisable=quantisable,
        weight_bytes=sum(count * size for _, count, size, _ in parameters),
        cast_bytes=measured.cast,
        kept_bytes=measured.kept,
        layer_bytes=-(-measured.kept // layers),
        state_bytes=rows * tokens * embedding_size(backbone) * compute.itemsize,
        forward_flops=measured.forward,
        backward_flops=measured.backward,
    )


@dataclass(frozen=True)
class _Measured:
    kept: int
    cast: int
    forward: int
    backward: int

    def further(self, fewer: _Measured, layers: int) -> _Measured:
        """Return what so many layers more would take, each the difference to a model with one layer fewer."""
        pairs = zip(astuple(self), astuple(fewer), strict=True)
        return _Measured(*(one + (one - other) * layers for one, other in pairs))


def _measured(model: nn.Module, rows: int, tokens: int, compute: torch.dtype) -> _Measured:
    """Measure a batch. Of a deep stack of equal layers two and three are measured, the others are like them."""
    stack = layers_of(plain_model(model).backbone)
    depth = len(stack)
    kinds = {tuple((name, p.shape, p.requires_grad) for name, p in layer.named_parameters()) for layer in stack}
    # Heads that read every layer are as wide as the stack is deep.
    reads_all = heads_of(model).hidden.in_features > embedding_size(plain_model(model).backbone)
    if depth <= MEASURED_LAYERS or len(kinds) > 1 or reads_all:
        return _measure(model, rows, tokens, compute)
    del stack[MEASURED_LAYERS:]
    more = _measure(model, rows, tokens, compute)
    del stack[MEASURED_LAYERS - 1 :]
    return more.further(_measure(model, rows, tokens, compute), depth - MEASURED_LAYERS)


def _measure(model: nn.Module, rows: int, tokens: int, compute: torch.dtype) -> _Measured:
    own = {parameter.untyped_storage()._cdata for parameter in model.parameters()}
    shapes = {tuple(sorted(parameter.shape)) for parameter in model.parameters() if parameter.dtype != compute}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            # The tensor is held on to, so that its storage's address names nothing else meanwhile.
            kept[storage._cdata] = tensor
        return tensor

    def is_cast(tensor: Tensor) -> bool:
        return tensor.dtype == compute and tensor.dim() == 2 and tuple(sorted(tensor.shape)) in shapes

    ids = torch.zeros((rows, tokens), dtype=torch.int64)
    mask = torch.ones_like(ids)
    counter = FlopCounterMode(display=False, custom_mapping=_ATTENTION)
    with counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        with torch.autocast("cpu", dtype=compute, enabled=compute != torch.float32):
            outputs = model(input_ids=ids, attention_mask=mask)
            loss = torch.stack([value.float().sum() for value in outputs.values()]).sum()
        forward = counter.get_total_flops()
        sizes = {True: 0, False: 0}
        for tensor in kept.values():
            sizes[is_cast(tensor)] += tensor.untyped_storage().nbytes()
        loss.backward()
    total = counter.get_total_flops()
    return _Measured(sizes[False], sizes[True], forward, total - forward)


def backbone_blank(document: Mapping[str, Any], dtype: torch.dtype, attention: str) -> Any:
    """Return the backbone of a config.json on the current device, its weights not set. Raises EncoderRefused."""
    kind = str(document.get("model_type"))
    if kind not in CONFIG_MAPPING or CONFIG_MAPPING[kind] not in MODEL_MAPPING:
        raise EncoderRefused(f"config.json names the model_type {kind[:60]!r}, which transformers does not know")
    try:
        config = CONFIG_MAPPING[kind].from_dict(dict(document))
        found: Any = MODEL_MAPPING[type(config)]
        kind_of_model = found[0] if isinstance(found, tuple | list) else found
        more = {}
        if "add_pooling_layer" in inspect.signature(kind_of_model.__init__).parameters:
            more["add_pooling_layer"] = False
        # Flash attention is a kernel of a GPU; what it keeps and computes is what sdpa keeps and computes.
        shown = "eager" if attention == "eager" else "sdpa"
        backbone = AutoModel.from_config(config, dtype=dtype, attn_implementation=shown, **more)
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as problem:
        raise EncoderRefused(f"config.json does not describe a model: {type(problem).__name__}") from problem
    backbone.config.use_cache = False
    return backbone


def _fake(model: nn.Module) -> None:
    """Give every tensor a device that computes, still without bytes: on "meta" a model cannot look at its mask."""
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                empty = torch.empty(parameter.shape, dtype=parameter.dtype)
                module._parameters[name] = nn.Parameter(empty, requires_grad=parameter.requires_grad)
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype)


def _drop_as_gpus_do(model: nn.Module) -> None:
    """Let dropout keep its mask in bytes, as kernels of a GPU do; a CPU keeps it in the type of what is dropped.

    Of adapters, which drop in 32 bits what each linear layer reads, that was half of all that is kept.
    """
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.forward = partial(_dropped, module)  # type: ignore[method-assign]


def _dropped(module: nn.Dropout, values: Tensor) -> Tensor:
    found: Tensor = torch.native_dropout(values, module.p, module.training)[0]
    return found


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _flash_flops(query: Any, key: Any, value: Any, *rest: Any, out_shape: Any = None, **more: Any) -> int:
    return int(sdpa_flop_count(query, key, value))


def _flash_backward_flops(gradient: Any, query: Any, key: Any, value: Any, *rest: Any, **more: Any) -> int:
    # Four products where the forward pass has two, and the scores once more.
    return int(sdpa_flop_count(query, key, value) * 5 // 2)


_ATTENTION: Final[dict[Any, Any]] = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _flash_flops,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _flash_backward_flops,
}
