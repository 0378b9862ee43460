"""Tokenised splits made in memory: what kind of conversation a row is shows in its tokens."""

from pathlib import Path

import numpy as np

from training_app.learn.batches import Batch, collate
from training_app.learn.labels import CLASS_HEADS, NO_CLASS, SCORE_HEADS
from training_app.learn.losses import IGNORE_SEVERITY
from training_app.learn.tokens import TokenisedSplit

FIRST_WORD = 10
WORDS = 60


def split_of(rows: int, *, seed: int, labelled_share: float = 0.5) -> TokenisedSplit:
    """Return rows of 4 to 14 tokens, all seven types in turn; half of the rows have labels of the optional heads."""
    chance = np.random.default_rng(seed)
    kinds = np.arange(rows) % 7
    lengths = chance.integers(4, 15, rows)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = chance.integers(FIRST_WORD + 7, WORDS, int(offsets[-1]))
    told = chance.random(len(ids)) < 0.4
    ids[told] = FIRST_WORD + np.repeat(kinds, lengths)[told]
    labels = {
        head: np.where(chance.random(rows) < labelled_share, chance.random(rows), np.nan).astype(np.float32)
        for head in SCORE_HEADS
    }
    for head, names in CLASS_HEADS.items():
        classes = chance.integers(0, len(names), rows)
        labels[head] = np.where(chance.random(rows) < labelled_share, classes, NO_CLASS).astype(np.int16)
    return TokenisedSplit(
        folder=Path(),
        ids=ids.astype(np.uint16),
        offsets=offsets.astype(np.int64),
        crisis_types=kinds.astype(np.int8),
        severities=np.where(kinds == 6, IGNORE_SEVERITY, kinds % 5).astype(np.int8),
        labels=labels,
        document={},
    )


def batch_of(rows: int, *, seed: int, labelled_share: float = 0.5) -> Batch:
    """Return one batch with the labels of all optional heads."""
    split = split_of(rows, seed=seed, labelled_share=labelled_share)
    return collate(split, np.arange(rows), pad_id=0, heads=(*SCORE_HEADS, *CLASS_HEADS))
