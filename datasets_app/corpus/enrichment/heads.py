"""Trained heads as they are served: linear layers over turn vectors, a few kilobytes of numbers and their figures.

`heads.json` says which heads there are, what each learned from and how it did on held-out data; `heads.npz` holds the
numbers (no pickles). A head that had no labels to learn from is not there, and its scores come from the rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from datasets_app.corpus.taxonomy import EMOTIONS
from pixelhub.canonical import sha256_file

from .units import Floats

FORMAT: Final = "pixelhub.enrichment-heads/1"
DOCUMENT, NUMBERS = "heads.json", "heads.npz"
EMOTION: Final = "emotion"
COHERENCE: Final = "coherence"
BIAS_HEADS: Final = ("gender", "racial", "cultural")
QUALITY_HEADS: Final = ("effectiveness", "safety", "cultural")
#: Heads that read a reply beside what was said: bias.gender … quality.safety …, each 0..1.
REPLY_HEADS: Final = (*(f"bias.{name}" for name in BIAS_HEADS), *(f"quality.{name}" for name in QUALITY_HEADS))
HEADS: Final = (EMOTION, COHERENCE, *REPLY_HEADS)


class HeadsRefused(ValueError):
    """The folder does not hold heads that this version can use."""


@dataclass(frozen=True)
class Linear:
    """weight float [K, F], bias float [K]."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __call__(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """features float [N, F] -> logits float [N, K]."""
        return features.astype(np.float64) @ self.weight.T.astype(np.float64) + self.bias


@dataclass(frozen=True)
class Heads:
    """The heads of a folder; `document` is heads.json."""

    document: Mapping[str, Any]
    layers: Mapping[str, Linear]
    sha256: str

    def emotion(self, vector: Floats) -> dict[str, float] | None:
        """Return the shares of the ten classes, None without that head."""
        if EMOTION not in self.layers:
            return None
        logits = self.layers[EMOTION](vector[None])[0]
        shares = np.exp(logits - logits.max())
        return dict(zip(EMOTIONS, (shares / shares.sum()).tolist(), strict=True))

    def reply(self, name: str, said: Floats, reply: Floats) -> float | None:
        """Return what a head says of a reply to what was said, 0..1, None without that head."""
        if name not in self.layers:
            return None
        return float(1.0 / (1.0 + np.exp(-self.layers[name](pair_features(said, reply)[None])[0, 0])))


def pair_features(said: Floats, reply: Floats) -> NDArray[np.float32]:
    """Return what a head reads of a reply beside what was said: both, where they meet and where they part.

    float32 [E] twice -> float32 [4 * E].
    """
    return np.concatenate([said, reply, said * reply, np.abs(said - reply)])


def heads_open(folder: Path) -> Heads:
    """Read the heads of a folder. Raises HeadsRefused with what is wrong."""
    try:
        document = json.loads((folder / DOCUMENT).read_bytes())
        numbers_sha256 = sha256_file(folder / NUMBERS)
    except (OSError, ValueError) as error:
        raise HeadsRefused(f"{folder} holds no readable heads: {type(error).__name__}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise HeadsRefused(f"{DOCUMENT} is not of the format {FORMAT}")
    if document.get("numbers_sha256") != numbers_sha256:
        raise HeadsRefused(f"{NUMBERS} is not the file that {DOCUMENT} names")
    try:
        with np.load(folder / NUMBERS, allow_pickle=False) as numbers:
            layers = {
                name: Linear(numbers[f"{name}.weight"], numbers[f"{name}.bias"])
                for name in HEADS
                if f"{name}.weight" in numbers
            }
    except (KeyError, ValueError, OSError) as error:
        raise HeadsRefused(f"{NUMBERS} cannot be read: {type(error).__name__}") from None
    for name, layer in layers.items():
        outputs = len(EMOTIONS) if name == EMOTION else 1
        if layer.weight.ndim != 2 or layer.weight.shape[0] != outputs or layer.bias.shape != (outputs,):
            raise HeadsRefused(f"{NUMBERS}: {name} is not of the agreed shape")
    return Heads(document, layers, sha256_file(folder / DOCUMENT))
