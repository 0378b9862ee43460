"""Answers of a torch bundle: a model that is too large or too quantised to be one ONNX graph."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from pixelhub.canonical import sha256_file

from .backbone import Backbone, backbone_load, backbone_open
from .bundle import HEAD, TOKENIZER, TORCH_FORMAT, WEIGHTS, FrozenBundle, bundle_write
from .compute import DTYPES, Precision, machine_detect
from .config import EMBEDDED_BACKBONE, ModelConfig
from .encoder import padded, tokenizer_load
from .errors import BundleRefused, EncoderRefused
from .export import export_tokenizer
from .multihead import HEADS_MODULE, heads_of, learning_parameters, model_build
from .tensors import tensors_write

Floats = NDArray[np.float64]
# Folders with models, as the hub's setting of the same name: each one itself, or those inside it.
MODEL_DIRS_VARIABLE: Final = "PIXELHUB_MODEL_DIRS"


class TorchPredictor:
    """One torch bundle on its backbone; answers as BundlePredictor does.

    Raises BundleRefused when the backbone is not on this machine or the tensors do not fit it.
    """

    def __init__(self, bundle: FrozenBundle, *, threads: int = 1, backbone: Backbone | None = None) -> None:
        torch.set_num_threads(threads)
        document = bundle.document
        self._device = device_here()
        backbone = backbone or backbone_find(document["encoder"])
        tensors = {name: (bundle.folder / name).read_bytes() for name in (HEAD, WEIGHTS)}
        self._model = torch_model(document, tensors, backbone=backbone, device=self._device)
        self._tokenizer = tokenizer_load(int(document["max_length"]), path=bundle.folder / TOKENIZER)

    def logits(self, texts: Sequence[str], *, batch_size: int = 16) -> tuple[Floats, Floats]:
        """Return (type logits [N, 7], severity logits [N, 5]) in the order of the texts."""
        found = self.outputs(texts, batch_size=batch_size)
        return found["crisis_type"], found["severity"]

    def outputs(self, texts: Sequence[str], *, batch_size: int = 16) -> dict[str, Floats]:
        """Return what every head says, by its name, in the order of the texts (shapes: MultiHeads.outputs)."""
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(encodings)), key=lambda index: len(encodings[index].ids))
        parts: list[dict[str, Tensor]] = []
        with torch.no_grad():
            for start in range(0, len(order), batch_size):
                ids, mask = padded([encodings[row] for row in order[start : start + batch_size]])
                parts.append(self._model(input_ids=ids.to(self._device), attention_mask=mask.to(self._device)))
        back = np.argsort(order)
        return {head: torch.cat([part[head].double().cpu() for part in parts]).numpy()[back] for head in parts[0]}


def device_here() -> str:
    """Return "cuda" where there is a GPU, else "cpu"."""
    return "cuda" if machine_detect().gpus else "cpu"


def torch_model(
    document: Mapping[str, Any], tensors: Mapping[str, bytes], *, backbone: Backbone, device: str
) -> nn.Module:
    """Return the model of a torch bundle in evaluation mode, from its document and the bytes of its two tensor files.

    Raises BundleRefused when they do not fit each other.
    """
    try:
        config = msgspec.convert(document["model"], ModelConfig)
        dtype = DTYPES[document["weights"]]
        if device == "cpu" and dtype == torch.float16:
            dtype = torch.float32
        loaded = backbone_load(backbone, dtype=dtype, quantised=config.method == "qlora", device=device)
        model = model_build(loaded, config, pooling=backbone.pooling).eval()
        _fill(model, head=load(tensors[HEAD]), learned=load(tensors[WEIGHTS]))
    except (KeyError, TypeError, msgspec.MsgspecError, RuntimeError, EncoderRefused, SafetensorError) as problem:
        raise BundleRefused("the bundle's tensors do not fit the model that it describes") from problem
    return model


def torch_bundle_write(
    folder: Path,
    *,
    head: Mapping[str, Tensor],
    learned: Mapping[str, Tensor],
    model: ModelConfig,
    precision: Precision,
    backbone: Backbone,
    max_length: int,
    last_messages: int,
    point: Mapping[str, float],
    lineage: dict[str, Any],
) -> FrozenBundle:
    """Write a torch bundle: heads, what learned of the backbone or its adapters, the tokenizer, and the document.

    The backbone itself is named by its hash and lies elsewhere: 48 GB are not copied for a megabyte of adapters.
    """
    tensors_write(head, folder / HEAD)
    tensors_write({name: value for name, value in learned.items() if HEADS_MODULE not in name}, folder / WEIGHTS)
    export_tokenizer(folder, max_length=max_length, source=backbone.tokenizer)
    return bundle_write(
        folder,
        max_length=max_length,
        last_messages=last_messages,
        temperature=point["temperature"],
        threshold=point["threshold"],
        encoder={"name": backbone.name, "sha256": backbone.sha256},
        lineage=lineage,
        form=TORCH_FORMAT,
        # A path says nothing elsewhere; the hash above is what finds the backbone.
        more={
            "model": msgspec.to_builtins(msgspec.structs.replace(model, backbone=backbone.name)),
            "weights": precision,
            "tokenizer_sha256": sha256_file(backbone.tokenizer),
        },
    )


def backbone_find(encoder: Mapping[str, str]) -> Backbone:
    """Return the backbone of a bundle: the embedded one, or that folder in PIXELHUB_MODEL_DIRS with its very bytes.

    Raises BundleRefused when it is not there.
    """
    name, sha256 = encoder["name"], encoder["sha256"]
    if name == EMBEDDED_BACKBONE:
        return _same(backbone_open(name), sha256)
    places = [Path(place) for place in os.environ.get(MODEL_DIRS_VARIABLE, "").split(",") if place]
    for place in places:
        for folder in (place, place / name):
            if folder.name == name == Path(name).name and folder.is_dir():
                return _same(backbone_open(str(folder)), sha256)
    raise BundleRefused(
        f"the bundle needs the model {name[:80]!r}; put its folder where {MODEL_DIRS_VARIABLE} of this process points"
    )


def _same(backbone: Backbone, sha256: str) -> Backbone:
    if backbone.sha256 != sha256:
        raise BundleRefused(f"the model {backbone.name} on this machine is not the one that the bundle was trained on")
    return backbone


def _fill(model: nn.Module, *, head: Mapping[str, Tensor], learned: Mapping[str, Tensor]) -> None:
    heads_of(model).load_state_dict(head, strict=True)
    wanted = {name: value for name, value in learning_parameters(model).items() if HEADS_MODULE not in name}
    if set(learned) != set(wanted):
        raise KeyError("other parameters")
    with torch.no_grad():
        for name, parameter in wanted.items():
            parameter.copy_(learned[name])
