"""Export of encoder, pooling and heads as one ONNX graph; parity with torch checked, latency measured."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from scipy.special import softmax
from torch import nn
from torch.export import Dim

from .bundle import MODEL, TOKENIZER
from .config import MAX_TOKENS
from .encoder import padded, tokenizer_load
from .errors import ParityFailed
from .files import bytes_write
from .predict import BundlePredictor

PARITY_TOLERANCE: Final = 1e-4
PARITY_TEXTS: Final = 32
OPSET: Final = 20
LATENCY_RUNS: Final = 20


def export_model(
    model: nn.Module, folder: Path, *, outputs: Sequence[str] = ("type_logits", "severity_logits")
) -> None:
    """Write model.onnx: int64 input_ids and attention_mask [batch, tokens] -> `outputs`.

    The bytes depend on the weights alone: traces of where and how the graph was made are taken out, so the same
    training gives the same hash on another machine. Raises ParityFailed for a model in training mode.
    """
    _refuse_training_mode(model)
    ids = torch.ones((2, 8), dtype=torch.int64)
    batch, tokens = Dim("batch", min=1, max=4096), Dim("tokens", min=2, max=MAX_TOKENS)
    shapes = {0: batch, 1: tokens}
    exporter_log = logging.getLogger("torch.onnx")
    level = exporter_log.level
    exporter_log.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            (ids, torch.ones_like(ids)),
            dynamo=True,
            opset_version=OPSET,
            input_names=["input_ids", "attention_mask"],
            output_names=list(outputs),
            dynamic_shapes={"input_ids": shapes, "attention_mask": dict(shapes)},
            verbose=False,
        )
    exporter_log.setLevel(level)
    _refuse_training_mode(model)
    if program is None:
        raise ParityFailed("the exporter returned no graph")
    bytes_write(_without_traces(program.model_proto).SerializeToString(deterministic=True), folder / MODEL)


def export_tokenizer(folder: Path, *, max_length: int, source: Path | None = None) -> None:
    """Write tokenizer.json with its cutting built in (on the left, at max_length), so serving cannot differ.

    `source` is the backbone's own tokenizer.json; without it the embedded encoder's is written.
    """
    bytes_write(tokenizer_load(max_length, path=source).to_str().encode(), folder / TOKENIZER)


def check_parity(model: nn.Module, folder: Path, texts: Sequence[str], *, max_length: int) -> dict[str, float]:
    """Return the largest differences between torch and the exported graph, of any probability and of any logit.

    Raises ParityFailed when a probability differs by more than PARITY_TOLERANCE or a label differs at all. Logits
    are recorded, not judged: far from 0 their rounding grows while the probability does not move.
    """
    tokenizer = tokenizer_load(max_length, path=folder / TOKENIZER)
    sample = list(texts[:PARITY_TEXTS]) or ["User: hello"]
    exported = BundlePredictor(folder, max_length=max_length).logits(sample)
    probability, logit, labels = 0.0, 0.0, 0
    with torch.inference_mode():
        for row, encoding in enumerate(tokenizer.encode_batch(sample)):
            for expected, found in zip(model(*padded([encoding])), exported, strict=True):
                reference = expected.numpy()[0].astype(np.float64)
                logit = max(logit, float(np.abs(reference - found[row]).max()))
                probability = max(probability, float(np.abs(softmax(reference) - softmax(found[row])).max()))
                labels += int(reference.argmax() != found[row].argmax())
    if labels or not probability <= PARITY_TOLERANCE:
        raise ParityFailed(
            f"the exported graph differs from the model: {labels} labels, probabilities by {probability:.2e} "
            f"(at most {PARITY_TOLERANCE})"
        )
    return {"texts": len(sample), "max_probability_difference": probability, "max_logit_difference": logit}


def measure_latency(folder: Path, texts: Sequence[str], *, max_length: int) -> dict[str, float]:
    """Return p50 and p95 of one conversation at a time on one thread, tokenisation included, in milliseconds."""
    return latency_of(BundlePredictor(folder, max_length=max_length).logits, texts)


def latency_of(answer: Callable[[Sequence[str]], object], texts: Sequence[str]) -> dict[str, float]:
    """Return p50 and p95 of answering one conversation at a time, in milliseconds."""
    sample = list(texts[:PARITY_TEXTS]) or ["User: hello"]
    answer(sample[:1])
    seconds = []
    for run in range(LATENCY_RUNS):
        start = time.perf_counter()
        answer([sample[run % len(sample)]])
        seconds.append(time.perf_counter() - start)
    p50, p95 = np.quantile(seconds, [0.5, 0.95])
    return {"p50_ms": round(float(p50) * 1000, 2), "p95_ms": round(float(p95) * 1000, 2), "runs": LATENCY_RUNS}


def _refuse_training_mode(model: nn.Module) -> None:
    # An exporter can put a model back into training mode; its dropout would then be part of what is served.
    if model.training:
        raise ParityFailed("the model is in training mode")


def _without_traces(proto: onnx.ModelProto) -> onnx.ModelProto:
    graph = proto.graph
    # Stale shape notes also make dynamic quantisation of this graph fail (design/training.md, ONNX and INT8).
    del graph.value_info[:]
    del proto.metadata_props[:]
    del graph.metadata_props[:]
    for node in graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*graph.input, *graph.output, *graph.initializer):
        value.doc_string = ""
        del value.metadata_props[:]
    return proto
