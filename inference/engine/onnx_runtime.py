"""onnxruntime over proven bytes, its large weights in memory that all processes of the machine share.

One session serves several lanes: each call runs with one intra-op thread, so two lanes on two cores do not fight for
cores.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort

from inference.engine.bundle import BATCH, Bundle
from inference.engine.errors import BundleRefused
from inference.engine.onnx_weights import GraphUnreadable, Split, split_weights
from inference.engine.shared_weights import SharedWeights

#: Dynamic INT8 quantisation takes its scale over the whole batch: batch mates would change each other's scores.
_DYNAMIC_QUANTISATION: Final = b"DynamicQuantizeLinear"
_INPUTS: Final = {"input_ids", "attention_mask"}
_OUTPUTS: Final = ("type_logits", "severity_logits")


class OnnxRuntime:
    """A graph's session. Raises BundleRefused when the bytes are no graph of the agreed shape."""

    def __init__(self, model: bytes, *, memory: Path | None, name: str) -> None:
        self.max_batch = 1 if _DYNAMIC_QUANTISATION in model else BATCH
        try:
            split = split_weights(model)
        except GraphUnreadable:
            raise BundleRefused("model.onnx", "onnxruntime can not load it") from None
        # Held for as long as the session: it computes with these very pages.
        self._shared = SharedWeights(split, model, folder=memory, name=name)
        self._session = _session(split, self._shared)
        self._shared.forget_pages()

    def logits(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See Runtime."""
        found = self._session.run(list(_OUTPUTS), {"input_ids": input_ids, "attention_mask": attention_mask})
        return found[0], found[1]


def load(bundle: Bundle, memory: Path | None) -> OnnxRuntime:
    """The runtime of a bundle with a graph."""
    return OnnxRuntime(bundle.contents["model.onnx"], memory=memory, name=bundle.sha256)


def _session(split: Split, shared: SharedWeights) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        if split.weights:
            values = {
                weight.name: ort.OrtValue.ortvalue_from_numpy(weight.array(shared.view)) for weight in split.weights
            }
            # As external they are there for the optimisers, as initialisers of the session they are not copied.
            options.add_external_initializers(list(values), list(values.values()))
            for weight_name, value in values.items():
                options.add_initializer(weight_name, value)
            shared.keep(values)
        session = ort.InferenceSession(split.graph, options, providers=["CPUExecutionProvider"])
    except Exception:  # onnxruntime has a class per failure and no common base
        raise BundleRefused("model.onnx", "onnxruntime can not load it") from None
    inputs = {entry.name for entry in session.get_inputs()}
    outputs = {entry.name for entry in session.get_outputs()}
    if inputs != _INPUTS or not outputs.issuperset(_OUTPUTS):
        raise BundleRefused("model.onnx", "its inputs or outputs are not the agreed ones")
    return session
