"""PyTorch behind the interface of a runtime. torch itself is imported in training_app.learn alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inference.engine.bundle import BATCH, Bundle
from inference.engine.errors import BundleRefused
from training_app.learn.errors import BundleRefused as TensorsRefused
from training_app.learn.errors import EncoderRefused
from training_app.learn.torch_scorer import TorchScorer


class TorchRuntime:
    """A torch bundle's model on its backbone, whose every byte is hashed when it is found."""

    def __init__(self, bundle: Bundle) -> None:
        try:
            self._scorer = TorchScorer(bundle.document, bundle.contents)
        except (TensorsRefused, EncoderRefused) as refused:
            raise BundleRefused("weights.safetensors", str(refused)) from None
        self.max_batch = BATCH if self._scorer.batches else 1

    def logits(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See Runtime."""
        return self._scorer.logits(input_ids, attention_mask)


def load(bundle: Bundle, memory: Path | None) -> TorchRuntime:
    """The runtime; its memory is not shared."""
    return TorchRuntime(bundle)
