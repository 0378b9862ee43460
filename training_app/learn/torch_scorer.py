"""Scores of a torch bundle for the serving side: arrays in, arrays out, from bytes that were proven by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from .torch_predict import backbone_find, device_here, torch_model

_EXACT: Final = "fp32"


class TorchScorer:
    """One torch bundle on its backbone, which is found by the hash that the bundle names.

    `document` is its bundle.json, `tensors` the bytes of its two tensor files by name. Thread-safe. Raises
    BundleRefused when the backbone is not on this machine or the tensors do not fit it.
    """

    def __init__(self, document: Mapping[str, Any], tensors: Mapping[str, bytes], *, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        self._device = device_here()
        backbone = backbone_find(document["encoder"])
        self._model = torch_model(document, tensors, backbone=backbone, device=self._device)
        #: Whether batch mates and padding leave a text's scores alone: not where weights are rounded or quantised.
        self.batches = document["weights"] == _EXACT and document["model"].get("method") != "qlora"

    def logits(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> tuple[Any, Any]:
        """Return (type logits float32 [B, 7], severity logits float32 [B, 5]) of int64 [B, T], padded on the right."""
        with torch.no_grad():
            ids = torch.from_numpy(input_ids).to(self._device)
            mask = torch.from_numpy(attention_mask).to(self._device)
            found = self._model(input_ids=ids, attention_mask=mask)
        return found["crisis_type"].float().cpu().numpy(), found["severity"].float().cpu().numpy()
