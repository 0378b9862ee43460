"""A model over proven bytes: tokenise, run, turn logits into a prediction.

One session serves several lanes: `run` may be called from several threads at once, and the weights lie in memory once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from datasets_app.corpus.taxonomy import NONE_TYPE, SEVERITIES
from inference.engine.bundle import Bundle
from inference.engine.errors import BundleRefused
from inference.engine.runtime import runtime_of

#: Texts are padded to a multiple of this length whoever their batch mates are, so the same text meets the same shape;
#: not those of a model whose scores padding would change.
LENGTH_STEP = 16


@dataclass(frozen=True)
class Encoded:
    """One tokenised text: `ids` has 1..max_length entries; `bucket` is the padded length."""

    ids: tuple[int, ...]
    bucket: int


@dataclass(frozen=True)
class Prediction:
    """What the model alone says.

    `probabilities` has one entry per label and sums to 1; `score` = 1 - P(none); `severity` 1-5 is the median of its
    distribution. The same decisions as those of the evaluation in training (tests/inference/test_parity.py).
    """

    probabilities: dict[str, float]
    score: float
    crisis: bool
    crisis_type: str
    severity: int


class ModelSession:
    """A loaded model; `bundle` keeps its settings without the bytes.

    Raises BundleRefused when the bytes are not a model of the agreed shape.
    """

    def __init__(self, bundle: Bundle, *, memory: Path | None = None) -> None:
        """`memory` is the folder of weights that processes share; without it this session holds its own."""
        self._tokenizer = _tokenizer(bundle)
        self._runtime = runtime_of(bundle, memory=memory)
        self.max_batch = self._runtime.max_batch
        self._none = bundle.labels.index(NONE_TYPE)
        # The runtime holds the weights now.
        self.bundle = replace(bundle, contents={})

    def encode(self, text: str) -> Encoded:
        """Tokenise, keeping the end of an over-long text: the last turns decide."""
        ids = self._tokenizer.encode(text).ids
        if self.max_batch == 1:
            # The scales of dynamic INT8 are taken over the padding, too: such a model gets the text and nothing else.
            return Encoded(tuple(ids), len(ids))
        bucket = min(-(-len(ids) // LENGTH_STEP) * LENGTH_STEP, self.bundle.max_length)
        return Encoded(tuple(ids), max(bucket, 1))

    def run(self, batch: Sequence[Encoded]) -> list[Prediction]:
        """Score texts of one bucket; thread-safe. Raises ValueError when the model returns something unusable."""
        width = max(item.bucket for item in batch)
        input_ids = np.zeros((len(batch), width), dtype=np.int64)
        attention_mask = np.zeros_like(input_ids)
        for row, item in enumerate(batch):
            input_ids[row, : len(item.ids)] = item.ids
            attention_mask[row, : len(item.ids)] = 1
        type_logits, severity_logits = self._runtime.logits(input_ids, attention_mask)
        if type_logits.shape != (len(batch), len(self.bundle.labels)) or not (
            np.isfinite(type_logits).all() and np.isfinite(severity_logits).all()
        ):
            raise ValueError("the model returned logits of a wrong shape or not finite")
        probabilities = softmax(type_logits / self.bundle.temperature)
        severities = median_severity(severity_logits)
        return [self.decided(row, level) for row, level in zip(probabilities, severities, strict=True)]

    def warm_up(self) -> None:
        """Run every bucket once, alone and in a full batch, so that no request pays for first-time allocation."""
        for bucket in range(LENGTH_STEP, self.bundle.max_length + 1, LENGTH_STEP):
            self.run([Encoded((0,) * bucket, bucket)])
        short = Encoded((0,) * min(LENGTH_STEP, self.bundle.max_length), LENGTH_STEP)
        self.run([short] * self.max_batch)

    def decided(self, row: np.ndarray | Sequence[float], severity: int) -> Prediction:
        """The decision on one text's probabilities, in the order of the labels."""
        probabilities = {label: float(p) for label, p in zip(self.bundle.labels, row, strict=True)}
        score = min(1.0, max(0.0, 1.0 - float(row[self._none])))
        crisis = score >= self.bundle.threshold
        crisis_labels = {label: p for label, p in probabilities.items() if label != NONE_TYPE}
        return Prediction(
            probabilities=probabilities,
            score=score,
            crisis=crisis,
            crisis_type=max(crisis_labels, key=crisis_labels.__getitem__) if crisis else NONE_TYPE,
            severity=severity,
        )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Row-wise softmax in float64: [B, C] -> [B, C]."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def median_severity(logits: np.ndarray) -> list[int]:
    """The median of each row's distribution: [B, 5] -> B severities 1-5."""
    below_half = (softmax(logits).cumsum(axis=1) < 0.5).sum(axis=1)
    return [SEVERITIES[min(int(index), len(SEVERITIES) - 1)] for index in below_half]


def _tokenizer(bundle: Bundle) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_buffer(bundle.contents["tokenizer.json"])
    except Exception:  # the Rust parser raises bare Exception; whatever it says, these bytes are no tokenizer
        raise BundleRefused("tokenizer.json", "is not a tokenizer") from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(bundle.max_length, direction="left")
    return tokenizer
