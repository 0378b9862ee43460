"""What computes logits: onnxruntime for a graph, PyTorch for a model that is none, behind one interface."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

from inference.engine.bundle import TORCH_FORMAT, Bundle


class Runtime(Protocol):
    """A loaded model. `max_batch` is 1 where batch mates or padding would change a text's scores."""

    max_batch: int

    def logits(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(type logits float [B, 7], severity logits float [B, 5]) of int64 [B, T] twice; thread-safe."""


def runtime_of(bundle: Bundle, *, memory: Path | None = None) -> Runtime:
    """The runtime of a proven bundle; `memory` is the folder of weights that processes share, None for none.

    Raises BundleRefused when the bytes are not a model of the agreed shape.
    """
    # Imported when it is needed: PyTorch takes seconds and some 300 MB that a process with ONNX graphs does without.
    name = "torch_runtime" if bundle.form == TORCH_FORMAT else "onnx_runtime"
    runtime: Runtime = import_module(f"{__package__}.{name}").load(bundle, memory)
    return runtime
