"""Sentence vectors by the exported encoder: the graph that the enrichment's heads learned on is the one that scores.

No torch here: a worker of the bulk job starts fast and stays small.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from datasets_app.corpus.enrichment.bulk import Part, scored_part
from datasets_app.corpus.enrichment.heads import Heads, HeadsRefused, heads_open
from datasets_app.corpus.enrichment.units import Floats
from pixelhub.canonical import sha256_file

MODEL, TOKENIZER, OUTPUT = "model.onnx", "tokenizer.json", "sentence_vectors"
#: The worker of releases that are scored with heads.
BY_HEADS: Final = "training_app.learn.sentences:heads_part"
#: A longer sentence is cut: few have more.
MAX_TOKENS: Final = 64
BATCH: Final = 32


class SentenceEncoder:
    """The embedded encoder as an ONNX graph on one thread; texts are read in batches of one length."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self.size = int(self._session.get_outputs()[0].shape[1])

    def __call__(self, texts: Sequence[str]) -> Floats:
        """See datasets_app.corpus.enrichment.units.Encoder."""
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(encodings)), key=lambda place: len(encodings[place].ids))
        found = np.empty((len(encodings), self.size), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            longest = len(encodings[rows[-1]].ids)
            ids = np.zeros((len(rows), longest), dtype=np.int64)
            mask = np.zeros_like(ids)
            for place, row in enumerate(rows):
                ids[place, : len(encodings[row].ids)] = encodings[row].ids
                mask[place, : len(encodings[row].ids)] = 1
            found[rows] = self._session.run([OUTPUT], {"input_ids": ids, "attention_mask": mask})[0]
        return found


def opened(folder: Path) -> tuple[SentenceEncoder, Heads]:
    """Open encoder and heads of a folder, proven against heads.json. Raises HeadsRefused."""
    heads = heads_open(folder)
    named: dict[str, Any] = heads.document["encoder"]
    for name in (MODEL, TOKENIZER):
        if not (folder / name).is_file() or sha256_file(folder / name) != named[name]:
            raise HeadsRefused(f"{name} is not the file that the heads learned on")
    return SentenceEncoder(folder), heads


def heads_part(task: bytes) -> bytes:
    """Score a part with the heads of its folder, which a worker opens once."""
    return scored_part(task, *_opened_once(msgspec.json.decode(task, type=Part).heads))


@cache
def _opened_once(folder: str) -> tuple[SentenceEncoder, Heads]:
    return opened(Path(folder))
