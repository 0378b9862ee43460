"""What an encoder reads: the sentences of a turn, each once in a batch; a turn is the mean of its sentences.

One reading serves all that embeddings are for: likeness of neighbouring sentences, of a reply to what was said, and
the trained heads. Sentences repeat (generated text more than any), and short ones of one length fill a batch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Sentences read of one turn; a longer turn is judged by its beginning.
MAX_SENTENCES: Final = 20
#: Fewer words are no sentence of their own: they go with the next.
MIN_WORDS: Final = 4
_SENTENCE: Final = re.compile(r"[^.!?\n]+[.!?]*")


class Encoder(Protocol):
    """Gives each text a vector of length 1, the same whatever else is in the call."""

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Return float32 [N, E] in the order of the texts."""


def sentences_of(text: str) -> tuple[str, ...]:
    """Cut a turn into sentences of at least MIN_WORDS words where it has so many; () for a turn without a word."""
    found: list[str] = []
    short = ""
    for part in _SENTENCE.findall(text):
        sentence = f"{short} {part.strip()}".strip()
        if len(sentence.split()) < MIN_WORDS:
            short = sentence
            continue
        found.append(sentence)
        short = ""
        if len(found) == MAX_SENTENCES:
            return tuple(found)
    if short and found:
        found[-1] = f"{found[-1]} {short}"
    elif short:
        found.append(short)
    return tuple(found)


class Turns:
    """The vectors of many turns, read in one call of the encoder. A turn is told by its text."""

    def __init__(self, texts: Sequence[str], encoder: Encoder) -> None:
        self._sentences = {text: sentences_of(text) for text in texts}
        every = list(dict.fromkeys(sentence for found in self._sentences.values() for sentence in found))
        self._place = {sentence: place for place, sentence in enumerate(every)}
        self._vectors = encoder(every) if every else np.empty((0, 0), dtype=np.float32)
        #: How many different sentences the encoder read.
        self.read = len(every)

    def vector(self, text: str) -> Floats | None:
        """Return the turn's vector of length 1, None for a turn without a word."""
        rows = self._rows(text)
        return None if not len(rows) else unit(rows.mean(axis=0))

    def within(self, text: str) -> list[float]:
        """Return the cosine of each two neighbouring sentences of the turn."""
        rows = self._rows(text)
        return [float(value) for value in (rows[:-1] * rows[1:]).sum(axis=1)]

    def _rows(self, text: str) -> Floats:
        return self._vectors[[self._place[sentence] for sentence in self._sentences[text]]]


def unit(vector: Floats) -> Floats:
    """Return the vector at length 1; one of length 0 as it is."""
    length = float(np.linalg.norm(vector))
    return vector if length == 0.0 else (vector / length).astype(np.float32)
