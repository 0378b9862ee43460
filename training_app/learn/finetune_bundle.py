"""The bundle of a fine-tuned model: an ONNX graph where it can be one, else tensors for a backbone elsewhere."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from torch import Tensor, nn

from .backbone import Backbone
from .bundle import HEAD, FrozenBundle, bundle_write
from .compute import Precision
from .config import TrainingConfig
from .errors import ParityFailed
from .export import PARITY_TEXTS, check_parity, export_model, export_tokenizer, latency_of
from .failures import failure_of
from .multihead import ServedModel, heads_of, learning_parameters, served_model
from .predict import BundlePredictor
from .sharding import is_sharded, whole
from .tensors import tensors_write
from .torch_predict import TorchPredictor, torch_bundle_write
from .training import BUNDLE_DIR, Training

Floats = NDArray[np.float64]
# A protobuf ends at 2 GB; the graph itself takes some of it.
MAX_ONNX_BYTES: Final = 1_900_000_000
# Of any probability, between the loop's answers and the reloaded bundle's: batches are cut differently there.
TORCH_TOLERANCE: Final = {"fp32": 1e-4, "bf16": 0.05, "fp16": 0.02}


@dataclass(frozen=True)
class Parts:
    """What is kept of a trained model: tensors on the CPU, and the graph to be, or the reason why there is none."""

    head: dict[str, Tensor]
    learned: dict[str, Tensor]
    served: ServedModel | None
    reason: str


def taken_apart(config: TrainingConfig, model: nn.Module) -> Parts:
    """Return what is kept of a trained model; adapters are merged into it, so it cannot be trained any further.

    All processes of a sharded one must call it.
    """
    head = {name: whole(tensor) for name, tensor in heads_of(model).state_dict().items()}
    learned = {name: whole(tensor) for name, tensor in learning_parameters(model).items()}
    reason = _why_no_graph(config, model)
    return Parts(head, learned, None if reason else served_model(model), reason)


def finetuned_bundle(
    training: Training,
    backbone: Backbone,
    parts: Parts,
    held: Precision,
    point: dict[str, Any],
    logits: Floats,
    tolerance: float,
) -> tuple[FrozenBundle, dict[str, Any]]:
    """Write the bundle: an ONNX graph where the model can be one, else a torch bundle with the reason why.

    The reloaded torch bundle may differ from the loop's `logits` by `tolerance` of any probability.
    """
    config, reason = training.config, parts.reason
    folder = training.out / BUNDLE_DIR
    samples = training.release.stream("val", last_messages=config.data.last_messages)
    texts = [sample.text for sample in islice(samples, PARITY_TEXTS)]
    _emptied(folder)
    if parts.served is not None:
        try:
            return _graph_bundle(training, backbone, parts.served, parts.head, point, texts, folder)
        except Exception as problem:
            # The exporter fails in as many ways as there are architectures; what is no failure of the machine leads
            # to the other form.
            if failure_of(problem).kind != "unexpected":
                raise
            reason = _told(problem)
            _emptied(folder)
    bundle = torch_bundle_write(
        folder,
        head=parts.head,
        learned=parts.learned,
        model=config.model,
        precision=held,
        backbone=backbone,
        max_length=config.data.max_length,
        last_messages=config.data.last_messages,
        point=point,
        lineage=training.lineage,
    )
    predictor = TorchPredictor(bundle, threads=config.compute.threads, backbone=backbone)
    checks = {
        "served_by": "torch",
        "why_no_graph": reason,
        "parity": _torch_parity(predictor, texts, logits, tolerance),
        "latency": latency_of(predictor.logits, texts),
    }
    return bundle, checks


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _graph_bundle(
    training: Training,
    backbone: Backbone,
    served: nn.Module,
    head: dict[str, Tensor],
    point: dict[str, Any],
    texts: list[str],
    folder: Path,
) -> tuple[FrozenBundle, dict[str, Any]]:
    data = training.config.data
    export_model(served, folder)
    export_tokenizer(folder, max_length=data.max_length, source=backbone.tokenizer)
    tensors_write(head, folder / HEAD)
    predictor = BundlePredictor(folder, max_length=data.max_length)
    checks = {
        "served_by": "onnx",
        "parity": check_parity(served, folder, texts, max_length=data.max_length),
        "latency": latency_of(predictor.logits, texts),
    }
    bundle = bundle_write(
        folder,
        max_length=data.max_length,
        last_messages=data.last_messages,
        temperature=point["temperature"],
        threshold=point["threshold"],
        encoder={"name": backbone.name, "sha256": backbone.sha256},
        lineage=training.lineage,
    )
    return bundle, checks


def _why_no_graph(config: TrainingConfig, model: nn.Module) -> str:
    if config.model.method == "qlora":
        return "a quantised backbone is no ONNX graph"
    if is_sharded(model):
        return "the model was spread over several GPUs"
    held = sum(parameter.numel() for parameter in model.parameters()) * 4
    if held > MAX_ONNX_BYTES:
        return f"{held / 1e9:.1f} GB of weights do not fit into one ONNX file"
    return ""


def _told(problem: Exception) -> str:
    if isinstance(problem, ParityFailed):
        return str(problem)
    return f"the exporter cannot write this architecture ({type(problem).__name__})"


def _torch_parity(predictor: TorchPredictor, texts: list[str], logits: Floats, tolerance: float) -> dict[str, float]:
    """Return how far the reloaded bundle's answers are from the loop's. Raises ParityFailed beyond the tolerance."""
    found, expected = predictor.logits(texts)[0], logits[: len(texts)]
    probability = float(np.abs(softmax(found, axis=1) - softmax(expected, axis=1)).max())
    if not probability <= tolerance:
        raise ParityFailed(f"the reloaded bundle differs from the model: probabilities by {probability:.2e}")
    logit = float(np.abs(found - expected).max())
    return {"texts": len(texts), "max_probability_difference": probability, "max_logit_difference": logit}
