"""Answers of the exported graph: the bytes that are evaluated and registered are the bytes that are served."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .bundle import MODEL, TOKENIZER, FrozenBundle
from .encoder import padded, tokenizer_load
from .evaluation import Predictions, decide

Floats = NDArray[np.float64]
DYNAMIC_QUANTISATION: Final = b"DynamicQuantizeLinear"


class BundlePredictor:
    """One bundle's tokenizer and ONNX session; `threads` bounds the cores it uses."""

    def __init__(self, folder: Path, *, max_length: int, threads: int = 1) -> None:
        graph = (folder / MODEL).read_bytes()
        # Dynamic INT8 takes its scales over a whole batch, padding included: such a graph answers one text at a time.
        self._alone = DYNAMIC_QUANTISATION in graph
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(graph, sess_options=options, providers=["CPUExecutionProvider"])
        self._tokenizer = tokenizer_load(max_length, path=folder / TOKENIZER)

    def logits(self, texts: Sequence[str], *, batch_size: int = 16) -> tuple[Floats, Floats]:
        """Return (type logits [N, 7], severity logits [N, 5]) in the order of the texts."""
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(encodings)), key=lambda index: len(encodings[index].ids))
        types, severities = np.empty((len(texts), 7)), np.empty((len(texts), 5))
        batch_size = 1 if self._alone else batch_size
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            ids, mask = padded([encodings[row] for row in rows])
            types[rows], severities[rows] = self._session.run(
                ["type_logits", "severity_logits"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
            )
        return types, severities


class Answers(Protocol):
    """What answers conversations: an ONNX session or a torch model."""

    def logits(self, texts: Sequence[str], *, batch_size: int = 16) -> tuple[Floats, Floats]:
        """Return (type logits [N, 7], severity logits [N, 5]) in the order of the texts."""


def answers_open(bundle: FrozenBundle, *, threads: int = 1) -> Answers:
    """Return what answers for a bundle of either format. Raises BundleRefused when its backbone is not here."""
    if bundle.is_torch:
        # Imported when it is needed: what runs a backbone in torch takes seconds to import.
        module = import_module(f"{__package__}.torch_predict")
        found: Answers = module.TorchPredictor(bundle, threads=threads)
        return found
    return BundlePredictor(bundle.folder, max_length=int(bundle.document["max_length"]), threads=threads)


class Predictor:
    """The served decisions of one bundle, its session opened once."""

    def __init__(self, bundle: FrozenBundle, *, threads: int = 1) -> None:
        self._bundle = bundle
        self._answers = answers_open(bundle, threads=threads)

    def __call__(self, texts: Sequence[str]) -> Predictions:
        """Return the decisions on rendered conversations, in their order."""
        types, severities = self._answers.logits(texts)
        return decide(types, severities, temperature=self._bundle.temperature, threshold=self._bundle.threshold)


def predict(bundle: FrozenBundle, texts: Sequence[str], *, threads: int = 1) -> Predictions:
    """Return the served decisions of a bundle on rendered conversations."""
    return Predictor(bundle, threads=threads)(texts)
