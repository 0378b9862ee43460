"""Trains the enrichment's heads (D17) on vectors of the embedded encoder, each evaluated once on held-out data.

The encoder stays frozen and is exported first: the heads learn on what the exported graph says, so there is nothing
between learning and serving to differ. Linear layers: a few thousand rows carry no more, and they are read in no time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional

from datasets_app.corpus.enrichment.emotion import emotion_from, emotion_of
from datasets_app.corpus.enrichment.heads import (
    COHERENCE,
    DOCUMENT,
    EMOTION,
    FORMAT,
    NUMBERS,
    REPLY_HEADS,
    Heads,
    Linear,
    pair_features,
)
from datasets_app.corpus.enrichment.units import Turns
from datasets_app.corpus.quality import coherence
from datasets_app.corpus.taxonomy import EMOTIONS
from pixelhub.canonical import canonical_json, sha256_file, sha256_hex

from . import enrichment_data as data
from . import enrichment_figures as figures
from .encoder import EMBEDDING_SIZE, ENCODER_NAME, ENCODER_SHA256, encoder_load
from .export import export_model, export_tokenizer
from .files import bytes_write
from .heads import pooled
from .metrics.ranking import auc
from .sentences import MAX_TOKENS, MODEL, OUTPUT, TOKENIZER, SentenceEncoder

#: A head is made of so many rated replies in train, and judged on so many in test.
ENOUGH_TRAIN, ENOUGH_TEST = 200, 50
_STRENGTHS: Final = (1.0, 10.0)
_ITERATIONS: Final = 200
_SEVERITY_ROWS: Final = 2_000

Emit = Callable[[dict[str, Any]], None]
Rows = NDArray[np.float32]


class SentenceVectors(nn.Module):
    """The frozen encoder, the mean over its tokens, at length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = encoder_load()

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """int64 [B, T] twice -> float [B, E]."""
        return functional.normalize(pooled(self.encoder, input_ids, attention_mask), dim=1)


def train_heads(real: Path, out: Path, *, labels: Path | None = None, emit: Emit) -> dict[str, Any]:
    """Write encoder, heads and their figures to `out`, and return heads.json. Raises FileRefused, EncoderRefused."""
    comments, pairs, severities = data.comments(real), data.pairs(real), data.severities(real)[:_SEVERITY_ROWS]
    ratings = data.rated(labels) if labels else []
    out.mkdir(parents=True, exist_ok=True)
    export_model(SentenceVectors().eval(), out, outputs=(OUTPUT,))
    export_tokenizer(out, max_length=MAX_TOKENS)
    emit({"event": "exported", "file": MODEL})
    texts = [comment.text for comment in comments] + [text for text, _ in severities]
    texts += [text for pair in pairs for text in (pair.said, pair.reply)]
    texts += [text for reply in ratings for text in (reply.said, reply.reply)]
    turns = Turns(texts, SentenceEncoder(out))
    emit({"event": "encoded", "sentences": turns.read})
    emotion, of_emotion = _emotion(comments, severities, turns)
    related, of_related = _coherence(pairs, turns)
    layers, told = {EMOTION: emotion, COHERENCE: related}, {EMOTION: of_emotion, COHERENCE: of_related}
    for name in REPLY_HEADS:
        layer, told[name] = _rated(name, ratings, turns)
        if layer is not None:
            layers[name] = layer
    return _write(out, layers, told)


def _emotion(
    comments: Sequence[data.Comment], severities: Sequence[tuple[str, float]], turns: Turns
) -> tuple[Linear, dict[str, Any]]:
    parts = {split: [row for row in comments if row.split == split and turns.vector(row.text) is not None]
             for split in ("train", "val", "test")}  # fmt: skip
    features = {split: _stack([turns.vector(row.text) for row in rows]) for split, rows in parts.items()}
    true = {split: [data.CLASS_OF[row.label] for row in rows] for split, rows in parts.items()}
    ways = [(strength, balanced) for strength in _STRENGTHS for balanced in (False, True)]
    chosen = max(
        (_fitted(features["train"], true["train"], *way) for way in ways),
        key=lambda model: figures.macro_f1(list(model.predict(features["val"])), true["val"]),
    )  # fmt: skip
    order = [list(chosen.classes_).index(name) for name in EMOTIONS]
    head = Heads({}, {EMOTION: _linear(chosen.coef_[order], chosen.intercept_[order])}, "")

    def by_head(text: str) -> Any:
        vector = turns.vector(text)
        shares = None if vector is None else head.emotion(vector)
        return emotion_of([text]) if shares is None else emotion_from(shares)

    most = max(EMOTIONS, key=true["train"].count)
    found: dict[str, Any] = {"majority": {"emotion": figures.emotion_figures([most] * len(true["test"]), true["test"])}}
    sided = [row for row in parts["test"] if row.label in data.POSITIVE | data.NEGATIVE]
    positive = np.array([row.label in data.POSITIVE for row in sided])
    for method, tell in (("head", by_head), ("rules", lambda text: emotion_of([text]))):
        valence = np.array([tell(row.text).valence for row in sided])
        stressed = np.array([tell(text).valence for text, _ in severities])
        found[method] = {
            "emotion": figures.emotion_figures([tell(row.text).top for row in parts["test"]], true["test"]),
            "valence": figures.valence_figures(valence, positive),
            "stress": figures.severity_figures(stressed, np.array([severity for _, severity in severities])),
        }
    return head.layers[EMOTION], {
        "trained": True,
        "labels": "human: one of GoEmotions' 27 emotions or neutral, mapped to ten classes",
        "rows": {split: len(rows) for split, rows in parts.items()},
        "weak": "valence and arousal follow from the classes' places; arousal was checked against no label",
        "test": found,
    }


def _coherence(pairs: Sequence[data.Pair], turns: Turns) -> tuple[Linear, dict[str, Any]]:
    known = [pair for pair in pairs if turns.vector(pair.said) is not None and turns.vector(pair.reply) is not None]
    parts = {split: [pair for pair in known if pair.split == split] for split in ("train", "val", "test")}
    features = {split: _stack([_pair(turns, pair.said, pair.reply) for pair in rows]) for split, rows in parts.items()}
    belongs = {split: np.array([pair.belongs for pair in rows]) for split, rows in parts.items()}
    chosen = max(
        (_fitted(features["train"], belongs["train"], strength, True) for strength in _STRENGTHS),
        key=lambda model: auc(model.decision_function(features["val"]), belongs["val"]),
    )
    cosines = np.array([float(turns.vector(pair.said) @ turns.vector(pair.reply)) for pair in parts["test"]])  # type: ignore[operator]
    words = np.array([
        coherence([{"role": "user", "content": pair.said}, {"role": "assistant", "content": pair.reply}])
        for pair in parts["test"]
    ])  # fmt: skip
    test: dict[str, Any] = {}
    told = (("head", chosen.decision_function(features["test"])), ("cosine", cosines), ("rules", words))
    for method, scores in told:
        test[method] = {}
        for against in ("same topic", "another topic"):
            rows = [place for place, pair in enumerate(parts["test"])
                    if pair.belongs or pair.hard is (against == "same topic")]  # fmt: skip
            groups = [parts["test"][place].group for place in rows]
            test[method][against] = figures.related_figures(scores[rows], belongs["test"][rows], groups)
    return _linear(chosen.coef_, chosen.intercept_), {
        "trained": True,
        "labels": "by construction: a therapist's answer beside its question, and beside another one",
        "rows": {split: len(rows) for split, rows in parts.items()},
        "weak": "whether a reply belongs to a question, not whether a person finds the talk coherent",
        "test": test,
    }


def _rated(name: str, ratings: Sequence[data.Rated], turns: Turns) -> tuple[Linear | None, dict[str, Any]]:
    """Return a head of ratings 0..1, None where there are too few: its scores then come from the rules."""
    rows = [row for row in ratings if name in row.ratings and turns.vector(row.said) is not None
            and turns.vector(row.reply) is not None]  # fmt: skip
    train, test = ([row for row in rows if (row.split == "test") is held] for held in (False, True))
    if len(train) < ENOUGH_TRAIN or len(test) < ENOUGH_TEST:
        why = "no labelled replies" if not rows else f"{len(train)} and {len(test)} labelled replies are too few"
        return None, {"trained": False, "why": f"{why}: the rules score it"}
    features = _stack([_pair(turns, row.said, row.reply) for row in train])
    share = np.array([row.ratings[name] for row in train])
    # A rating of 0.7 counts as 0.7 of a yes and 0.3 of a no.
    model = LogisticRegression(C=1.0, max_iter=_ITERATIONS).fit(
        np.concatenate([features, features]),
        np.repeat([True, False], len(train)),
        sample_weight=np.concatenate([share, 1 - share]),
    )
    told = model.predict_proba(_stack([_pair(turns, row.said, row.reply) for row in test]))[:, 1]
    return _linear(model.coef_, model.intercept_), {
        "trained": True,
        "labels": "ratings given with --labels",
        "rows": {"train": len(train), "test": len(test)},
        "test": {"head": figures.rating_figures(told, np.array([row.ratings[name] for row in test]))},
    }


def _fitted(features: Rows, labels: Any, strength: float, balanced: bool) -> LogisticRegression:
    weights = "balanced" if balanced else None
    return LogisticRegression(C=strength, class_weight=weights, max_iter=_ITERATIONS).fit(features, labels)


def _pair(turns: Turns, said: str, reply: str) -> Rows:
    return pair_features(turns.vector(said), turns.vector(reply))  # type: ignore[arg-type]


def _stack(vectors: Sequence[Any]) -> Rows:
    return np.stack(vectors)


def _linear(weight: Any, bias: Any) -> Linear:
    return Linear(np.asarray(weight, dtype=np.float32), np.asarray(bias, dtype=np.float32))


def _write(out: Path, layers: dict[str, Linear], told: dict[str, Any]) -> dict[str, Any]:
    numbers = {f"{name}.weight": layer.weight for name, layer in layers.items()}
    numbers |= {f"{name}.bias": layer.bias for name, layer in layers.items()}
    held = io.BytesIO()
    np.savez(held, **numbers)  # type: ignore[arg-type]
    bytes_write(held.getvalue(), out / NUMBERS)
    document = {
        "format": FORMAT,
        "numbers_sha256": sha256_hex(held.getvalue()),
        "encoder": {
            "name": ENCODER_NAME,
            "sha256": ENCODER_SHA256["model.safetensors"],
            "size": EMBEDDING_SIZE,
            MODEL: sha256_file(out / MODEL),
            TOKENIZER: sha256_file(out / TOKENIZER),
        },
        "torch": torch.__version__.split("+")[0],
        "heads": told,
    }
    bytes_write(canonical_json(document) + b"\n", out / DOCUMENT)
    return document
