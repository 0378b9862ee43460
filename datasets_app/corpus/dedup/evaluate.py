"""How well near-duplicates are found: edited copies of known likeness, and files against a comparison of all pairs."""

from __future__ import annotations

import math
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from datasets_app.corpus.intake import prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import read_rows

from . import minhash
from .finder import NO_IDENTITY, Entry, Finder

_SYLLABLES: Final = ("ba", "de", "ki", "lo", "mu", "ra", "so", "ti", "we", "hal", "nor", "fin", "gu", "pe", "sta")
_STEPS: Final = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
_SEED: Final = 7


def generated_figures(texts: int = 4_000, seed: int = _SEED) -> list[dict[str, Any]]:
    """Copy made-up texts with edits and say, by true similarity, how many share a band with the original."""
    rng = random.Random(seed)  # noqa: S311  (made-up texts)
    rows: dict[float, Counter[str]] = defaultdict(Counter)
    for _ in range(texts):
        words = ["".join(rng.choices(_SYLLABLES, k=3)) for _ in range(rng.randint(20, 250))]
        copy = _edited(rng, words, rng.uniform(0.0, 0.15))
        first, second = " ".join(words), " ".join(copy)
        similarity = minhash.jaccard(first, second)
        step = max((step for step in _STEPS if step <= similarity), default=0.0)
        mine, theirs = (np.frombuffer(minhash.bands(text), dtype="<u8") for text in (first, second))
        rows[step].update(pairs=1, found=int((mine == theirs).any()))
    return [
        {"from": step, "pairs": count["pairs"], "found": count["found"], "recall": count["found"] / count["pairs"]}
        for step, count in sorted(rows.items())
    ]


def file_figures(path: Path, threshold: float = minhash.DEFAULT_THRESHOLD) -> dict[str, Any]:
    """Search one file and compare with all pairs that are truly alike; for files of some 10,000 rows."""
    texts = list(dict.fromkeys(_texts(path)))
    sets = [np.unique(minhash.shingles(text)) for text in texts]
    true = pairs_alike([found.tolist() for found in sets], threshold)
    with (
        tempfile.TemporaryDirectory(prefix="duplicates-") as folder,
        Finder(Path(folder), threshold=threshold) as finder,
    ):
        finder.add([_entry(number, text) for number, text in enumerate(texts)])
        found = finder.finish(lambda keys: ((int(key), texts[int(key)]) for key in keys))
        copies = [(copy, kept) for copy, kept, _ in found.copies()]
    wrong = sum(1 for pair in copies if (min(pair), max(pair)) not in true)
    gone = {copy for copy, _ in copies}
    left = {pair for pair in true if gone.isdisjoint(pair)}
    return {
        "file": path.name,
        "texts": len(texts),
        "true_pairs": len(true),
        "copies": len(copies),
        "wrong": wrong,
        "pairs_left": len(left),
        "share_left": len({max(pair) for pair in left}) / len(texts) if texts else 0.0,
    }


def pairs_alike(sets: Sequence[Sequence[int]], threshold: float) -> set[tuple[int, int]]:
    """Return every pair of sets whose Jaccard similarity reaches the threshold.

    Two such sets must share one of their rarest members, so only those are looked up; no pair is missed.
    """
    counts = Counter(member for found in sets for member in found)
    holders: dict[int, list[int]] = defaultdict(list)
    pairs = set()
    for number, found in enumerate(sets):
        ordered = sorted(found, key=lambda member: (counts[member], member))
        rarest = ordered[: len(ordered) - math.ceil(threshold * len(ordered)) + 1]
        for other in {other for member in rarest for other in holders[member]}:
            shared = len(set(found).intersection(sets[other]))
            if shared >= threshold * (len(found) + len(sets[other]) - shared):
                pairs.add((other, number))
        for member in rarest:
            holders[member].append(number)
    return pairs


def _edited(rng: random.Random, words: Sequence[str], share: float) -> list[str]:
    """Replace, drop or add words, each with this probability in all."""
    copy = []
    for word in words:
        act = rng.random() / share if share else 1.0
        if act >= 1.0:
            copy.append(word)
        elif act < 0.6:
            copy.append("".join(rng.choices(_SYLLABLES, k=4)))
        elif act < 0.8:
            copy += [word, "".join(rng.choices(_SYLLABLES, k=4))]
    return copy or list(words)


def _texts(path: Path) -> list[str]:
    found = []
    for raw in read_rows(path, path.name):
        try:
            found.append(minhash.text_of(prepare(raw).converted.messages))
        except RowRejected:
            continue
    return found


def _entry(number: int, text: str) -> Entry:
    digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
    return Entry(number, digest[:16], NO_IDENTITY, digest[16:], False, text)
