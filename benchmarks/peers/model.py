"""What all peers share: the bundle's tokenizer and graph, and the answer that they make of the logits."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

BUNDLE = Path(os.environ["BENCH_BUNDLE"])
DOCUMENT = json.loads((BUNDLE / "bundle.json").read_bytes())


def tokenizer() -> Tokenizer:
    """The bundle's, cutting on the left as in training."""
    found = Tokenizer.from_file(str(BUNDLE / "tokenizer.json"))
    found.no_padding()
    found.enable_truncation(DOCUMENT["max_length"], direction="left")
    return found


def session() -> ort.InferenceSession:
    """One thread per call: more of them fight for two cores."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(BUNDLE / "model.onnx"), options, providers=["CPUExecutionProvider"])


def text_of(request: dict[str, Any]) -> str:
    """What the model reads of a request."""
    return str(request["metadata"]["text_read"])


def arrays(encodings: list[Any]) -> dict[str, np.ndarray]:
    """Padded to the longest."""
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = np.zeros((len(encodings), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def answer(logits: np.ndarray) -> dict[str, Any]:
    """The model's answer to one text."""
    exponentials = np.exp(logits - logits.max())
    probabilities = exponentials / exponentials.sum()
    score = 1.0 - float(probabilities[DOCUMENT["labels"].index("none")])
    return {
        "score": score,
        "crisis": score >= DOCUMENT["threshold"],
        "probabilities": dict(zip(DOCUMENT["labels"], map(float, probabilities), strict=True)),
    }
