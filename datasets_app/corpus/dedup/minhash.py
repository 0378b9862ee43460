"""MinHash signatures of what was said: the same bytes for the same words, in any process and on any machine.

A text becomes lower-case words without punctuation, the words become runs of three ("shingles"), and rensa keeps
the smallest of 128 permuted hashes of them. The signature is cut into 16 bands of 8; two texts that share a band
are candidates, and `jaccard` decides. The shingles' hashes come from prefix sums over the bytes, because joining
words in Python costs more than all the rest.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

PERMUTATIONS: Final = 128
BANDS: Final = 16
ROWS: Final = PERMUTATIONS // BANDS
SHINGLE_WORDS: Final = 3
BAND_BYTES: Final = 8
BANDS_BYTES: Final = BANDS * BAND_BYTES
DEFAULT_THRESHOLD: Final = 0.8
# Part of every stored band: another seed makes bands that match none of the old ones.
SEED: Final = 20_170_401

Hashes = npt.NDArray[np.uint64]

# A text is hashed in pieces, so that the arrays of a very long one stay small.
_PIECE_BYTES: Final = 1 << 16
_SPACE: Final = 32
_APOSTROPHES: Final = re.compile("['\u2018\u2019\u02bc\uff07]")
# Punctuation beyond ASCII. Emoji and other signs are kept: they say something.
_PUNCTUATION: Final = re.compile("[\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2000-\u206f\u3000-\u303f]+")
# Scripts written without spaces between words: every character stands for a word.
_UNSPACED: Final = re.compile("([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
_WORD_BYTES: Final = bytes(
    byte if byte >= 128 or chr(byte).isalnum() else _SPACE for byte in (bytes(range(256)).lower())
)


def _constants(name: str, count: int) -> Hashes:
    """Fixed odd 64-bit numbers; numpy's generators do not promise the same stream for ever, hashes do."""
    drawn = b"".join(blake2b(f"{SEED}:{name}:{i}".encode(), digest_size=8).digest() for i in range(count))
    return np.frombuffer(drawn, dtype="<u8").astype(np.uint64) | np.uint64(1)


def _powers(base: int) -> Hashes:
    return np.cumprod(np.full(_PIECE_BYTES + 1, base, dtype=np.uint64), dtype=np.uint64)


_BYTE_VALUES: Final = _constants("byte", 256)
_BASE: Final = int(_constants("base", 1)[0])
_POWERS: Final = _powers(_BASE)
_INVERSE_POWERS: Final = _powers(pow(_BASE, -1, 1 << 64))
_WORD_FACTORS: Final = _constants("word", SHINGLE_WORDS)
_BAND_FACTORS: Final = _constants("band", PERMUTATIONS).reshape(BANDS, ROWS)
_MIX: Final = _constants("mix", 2)
_HALF: Final = np.uint64(32)


def text_of(messages: Sequence[Mapping[str, str]]) -> str:
    """Return the words that are compared: all turns but the system's, which is the same for thousands of records."""
    spoken = [message["content"] for message in messages if message["role"] != "system"]
    return "\n".join(spoken or [message["content"] for message in messages])


def normalise(text: str) -> bytes:
    """Return lower-case words as UTF-8 with white space for punctuation; apostrophes vanish ("don't" = "dont")."""
    if text.isascii():
        return text.encode("ascii").translate(_WORD_BYTES, b"'")
    folded = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).lower())
    spaced = _UNSPACED.sub(r" \1 ", _PUNCTUATION.sub(" ", folded))
    return spaced.encode("utf-8", "surrogatepass").translate(_WORD_BYTES)


def shingles(text: str) -> Hashes:
    """Return the hashes of the text's runs of three words, unsorted and with repeats; never empty.

    A text of one or two words is one shingle of its own. A text without any word (only punctuation) is its own
    characters, so that "?" and "!" are two texts.
    """
    data = normalise(text)
    words = _word_hashes(data)
    return _runs(words) if len(words) >= SHINGLE_WORDS else _whole(text, data)


def signature(text: str) -> npt.NDArray[np.uint32]:
    """Return the 128 smallest permuted hashes of the text's shingles."""
    return _signature(shingles(text))


def bands(text: str) -> bytes:
    """Return 16 band hashes of 8 bytes each; texts that share one of them (at its place) are candidates.

    The band's number is part of its hash, so equal bytes at different places mean nothing and do not occur.
    """
    return bands_of_signature(signature(text))


def bands_of_many(texts: Sequence[str]) -> list[bytes]:
    """Return `bands` of every text. Some 60 texts at once cost less than half of what they cost one by one."""
    found: list[bytes] = []
    batch: list[tuple[str, bytes]] = []
    size = 0
    for text in texts:
        data = normalise(text)
        if batch and size + len(data) + 1 > _PIECE_BYTES - 2:
            found += _bands_of_batch(batch)
            batch, size = [], 0
        batch.append((text, data))
        size += len(data) + 1
    return found + _bands_of_batch(batch) if batch else found


def bands_of_signature(found: npt.NDArray[np.uint32]) -> bytes:
    """Return the band hashes of a signature, see `bands`."""
    return _band_hashes(found.reshape(1, PERMUTATIONS)).tobytes()


def estimate(first: npt.NDArray[np.uint32], second: npt.NDArray[np.uint32]) -> float:
    """Return the estimated Jaccard similarity of two signatures, 0 to 1, with a standard error of about 0.04."""
    return float(np.count_nonzero(first == second)) / PERMUTATIONS


def jaccard(first: str, second: str) -> float:
    """Return the exact Jaccard similarity of two texts' shingles, 0 to 1."""
    return jaccard_of(np.unique(shingles(first)), np.unique(shingles(second)))


def jaccard_of(first: Hashes, second: Hashes) -> float:
    """Return the Jaccard similarity of two sorted arrays of distinct shingles."""
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


def _signature(hashes: Hashes) -> npt.NDArray[np.uint32]:
    return _signatures(hashes, (0, len(hashes)))[0]


def _signatures(hashes: Hashes, offsets: Sequence[int]) -> npt.NDArray[np.uint32]:
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, PERMUTATIONS, SEED)
    packed = b"".join([array("I", row).tobytes() for row in matrix.to_rows()])
    return np.frombuffer(packed, dtype=np.uint32).reshape(-1, PERMUTATIONS)


def _band_hashes(signatures: npt.NDArray[np.uint32]) -> Hashes:
    rows = signatures.astype(np.uint64).reshape(-1, BANDS, ROWS)
    rows += _HALF
    rows *= _BAND_FACTORS
    rows ^= rows >> _HALF
    return _mixed(rows.sum(axis=2, dtype=np.uint64)).astype("<u8")


def _bands_of_batch(batch: Sequence[tuple[str, bytes]]) -> list[bytes]:
    """Hash the words of all texts in one pass; runs over the border of two texts are left out."""
    if len(batch) == 1:
        return [bands(batch[0][0])]
    lengths = np.fromiter((len(data) + 1 for _, data in batch), dtype=np.int64, count=len(batch))
    words, starts = _piece_hashes(b" ".join([data for _, data in batch]))
    ends = np.searchsorted(starts, np.cumsum(lengths))
    counts = np.diff(ends, prepend=0)
    if len(words) < SHINGLE_WORDS:
        return [bands(text) for text, _ in batch]
    inside = np.ones(len(words), dtype=bool)
    for back in range(1, SHINGLE_WORDS):
        inside[(ends - back)[counts >= back]] = False
    offsets = np.concatenate(([0], np.cumsum(np.maximum(counts - SHINGLE_WORDS + 1, 0))))
    runs = _runs(words)[inside[: 1 - SHINGLE_WORDS]]
    packed = _band_hashes(_signatures(runs, offsets.tolist())).tobytes()
    found = [packed[place : place + BANDS_BYTES] for place in range(0, len(packed), BANDS_BYTES)]
    for place in np.flatnonzero(counts < SHINGLE_WORDS).tolist():
        found[place] = bands(batch[place][0])
    return found


def _runs(words: Hashes) -> Hashes:
    last = len(words) - SHINGLE_WORDS + 1
    runs = words[:last] * _WORD_FACTORS[0]
    for place in range(1, SHINGLE_WORDS):
        runs ^= runs >> _HALF
        runs += words[place : last + place]
        runs *= _WORD_FACTORS[place]
    return _mixed(runs)


def _whole(text: str, data: bytes) -> Hashes:
    """The one shingle of a text of fewer than three words."""
    parts = data.split() or ["".join(text.split()).encode("utf-8", "surrogatepass"), b"no words"]
    digest = blake2b(b" ".join(parts), digest_size=8).digest()
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


def _mixed(values: Hashes) -> Hashes:
    """Spread the bits in place, so that near values end far apart."""
    for factor in _MIX:
        values ^= values >> _HALF
        values *= factor
    values ^= values >> _HALF
    return values


def _word_hashes(data: bytes) -> Hashes:
    if len(data) <= _PIECE_BYTES - 2:
        return _piece_hashes(data)[0]
    found, start = [], 0
    while start < len(data):
        end = start + _PIECE_BYTES - 2
        if end < len(data):
            cut = data.rfind(b" ", start, end)
            end = cut if cut > start else end
        found.append(_piece_hashes(data[start:end])[0])
        start = end
    return np.concatenate(found)


def _piece_hashes(data: bytes) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Hash every word of at most 64 KiB: the sum of its bytes' values times powers, moved to the word's start.

    Returns the hashes and where in `data` the words start.
    """
    letters = np.frombuffer(b" %b " % data, dtype=np.uint8)
    edges = np.flatnonzero(np.diff(letters == _SPACE))
    starts, ends = edges[::2], edges[1::2]
    sums = _BYTE_VALUES[letters]
    sums *= _POWERS[: len(letters)]
    np.cumsum(sums, out=sums)
    words = sums[ends] - sums[starts]
    words *= _INVERSE_POWERS[starts]
    return words, starts
