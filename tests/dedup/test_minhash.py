"""Signatures: the same for the same words everywhere, different for different short texts, as datasketch judges."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.dedup import minhash
from tests.dedup.making import LONG, edited, words
from tests.paths import PROJECT_ROOT

REAL = PROJECT_ROOT.parent / "shared" / "data" / "real"
texts = st.text(max_size=60) | st.lists(st.sampled_from(["i", "want", "to", "stay", "ö", "?", "日本語", "don't"])).map(
    " ".join
)

GOLDEN = (
    "2f54bc19ca14a8b42f30d5b819ca17d8701f29f2223be7b5fe6ffbc58f25c6d2"
    "baa1d66cdc80fc0f8fb09634a43f07cff90090a71ea5f050e7eb0d9e17f905b3"
    "f5eba2d47776bcc60918c5de39af936587e4b8eaa39316e6c0382628846b8e44"
    "f57511bca00dda96705fdbfd2f533c707440d88460f5d27e147ed81a2f8b67c4"
)


def test_golden_bands() -> None:
    """Stored bands must match those of another machine and of next year."""
    assert minhash.bands(LONG).hex() == GOLDEN


def test_another_process_makes_the_same_bands() -> None:
    program = "import sys; from datasets_app.corpus.dedup.minhash import bands; print(bands(sys.argv[1]).hex())"
    found = {
        subprocess.run(
            [sys.executable, "-c", program, LONG], check=True, capture_output=True, text=True, cwd=PROJECT_ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": threads},
        ).stdout.strip()
        for seed, threads in (("1", "1"), ("2", "4"))
    }  # fmt: skip
    assert found == {minhash.bands(LONG).hex()}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", "?"), ("?", "!"), ("yes", "no"), ("I am sad", "I am glad"), ("ok", "ok ok"), ("a b", "a c"),
        ("I want to die", "I want to live"), ("i want to die", "i don't want to die"), ("😀", "😭"),
        ("I am fine 😀", "I am fine 😭"), ("help me", "help her"), ("我想死", "我想活"), ("ฉันเศร้า", "ฉันดี"),
    ],
)  # fmt: skip
def test_two_short_texts_do_not_collide(first: str, second: str) -> None:
    mine = np.frombuffer(minhash.bands(first), dtype="<u8")
    theirs = np.frombuffer(minhash.bands(second), dtype="<u8")
    assert not (mine == theirs).any()
    assert minhash.jaccard(first, second) < minhash.DEFAULT_THRESHOLD


def test_all_short_real_sentences_stay_apart() -> None:
    """6,849 sentences of a few words: pairs of one signature are the same words but for case and punctuation."""
    path = REAL / "sad.jsonl"
    if not path.exists():
        pytest.skip("the real files are not here")
    said = {json.loads(line)["text"] for line in path.open(encoding="utf-8")}
    by_bands: dict[bytes, set[bytes]] = {}
    for text, found in zip(said, minhash.bands_of_many(list(said)), strict=True):
        by_bands.setdefault(found, set()).add(b" ".join(minhash.normalise(text).split()) or text.encode())
    assert len(by_bands) > 6_000
    assert [found for found in by_bands.values() if len(found) > 1] == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Work is KILLING me!", "work is killing me"), ("don’t go", "dont go"), ("a  b\n c", "a b c"),
        ("ﬁne, thanks", "fine thanks"), ("well… no", "well no"),
    ],
)  # fmt: skip
def test_layout_case_and_punctuation_do_not_count(first: str, second: str) -> None:
    assert minhash.bands(first) == minhash.bands(second)
    assert minhash.jaccard(first, second) == 1.0


@given(st.lists(texts, max_size=12))
@settings(max_examples=150)
def test_many_at_once_give_what_each_gives(found: list[str]) -> None:
    assert minhash.bands_of_many(found) == [minhash.bands(text) for text in found]


@given(texts, texts)
@settings(max_examples=200)
def test_likeness_is_symmetric_and_one_for_a_text_itself(first: str, second: str) -> None:
    assert minhash.jaccard(first, second) == minhash.jaccard(second, first)
    assert minhash.jaccard(first, first) == 1.0
    assert minhash.estimate(minhash.signature(first), minhash.signature(first)) == 1.0
    assert len(minhash.bands(first)) == minhash.BANDS_BYTES


def test_a_text_longer_than_a_piece_is_hashed_as_one() -> None:
    rng = random.Random(3)
    long = words(rng, 30_000)
    assert len(long) > 65_536
    spoken = long.split()
    runs = {" ".join(spoken[n : n + 3]) for n in range(len(spoken) - 2)}
    assert len(np.unique(minhash.shingles(long))) == len(runs)
    assert minhash.jaccard(long, long + " and one more") > 0.99


def test_jaccard_counts_runs_of_three_words() -> None:
    first, second = "a b c d e", "a b c d f"
    assert minhash.jaccard(first, second) == pytest.approx(2 / 4)


def test_estimates_agree_with_datasketch_and_the_truth() -> None:
    """Both estimators lie within four standard errors of the true similarity, and neither is biased."""
    rng = random.Random(11)
    ours, oracle = [], []
    for n in range(150):
        text = words(rng, 120)
        copy = edited(rng, text, n % 15)
        true = minhash.jaccard(text, copy)
        ours.append(minhash.estimate(minhash.signature(text), minhash.signature(copy)) - true)
        oracle.append(_datasketch(text, copy) - true)
    for errors in (ours, oracle):
        assert np.abs(errors).max() < 4 * 0.5 / np.sqrt(minhash.PERMUTATIONS)
        assert abs(float(np.mean(errors))) < 0.02
    assert np.std(ours) < 1.3 * np.std(oracle)


def _datasketch(first: str, second: str) -> float:
    sketches = []
    for text in (first, second):
        sketch = MinHash(num_perm=minhash.PERMUTATIONS, seed=5)
        spoken = text.split()
        sketch.update_batch([" ".join(spoken[n : n + 3]).encode() for n in range(len(spoken) - 2)])
        sketches.append(sketch)
    return float(sketches[0].jaccard(sketches[1]))


def test_system_prompts_are_not_compared() -> None:
    prompt = {"role": "system", "content": LONG}
    first = minhash.text_of([prompt, {"role": "user", "content": "my brother left"}])
    second = minhash.text_of([prompt, {"role": "user", "content": "the exam went wrong"}])
    assert minhash.jaccard(first, second) == 0.0
    assert minhash.text_of([prompt]) == LONG
