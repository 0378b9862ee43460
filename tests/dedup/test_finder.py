"""Finding pairs: recall and precision against the truth, and laws that hold for any input."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.corpus.dedup import minhash
from datasets_app.corpus.dedup.finder import Entry, Finder
from datasets_app.corpus.dedup.priority import rank
from datasets_app.corpus.dedup.union import Union
from tests.dedup.making import LONG, WORDS, edited, entry, words
from tests.paths import PROJECT_ROOT

REAL = PROJECT_ROOT.parent / "shared" / "data" / "real"


def find(folder: Path, entries: Sequence[Entry], **options: Any) -> dict[str, Any]:
    texts = {one.key: one.text for one in entries}
    with Finder(folder, **options) as finder:
        for start in range(0, len(entries), 100):
            finder.add(entries[start : start + 100])
        found = finder.finish(lambda keys: ((int(key), texts[int(key)]) for key in keys))
        return {
            "exact": sorted(found.exact_copies()),
            "copies": {(copy, kept): pair for copy, kept, pair in found.copies()},
            "clusters": found.clusters,
            "near": found.near,
            "protected": found.protected,
            "record_hash": found.record_hash,
            "flagged": list(found.flagged),
        }


def test_near_copies_are_found_and_others_are_not(tmp_path: Path) -> None:
    """2,000 texts with 600 edited copies: recall 0.99 from 0.85 on, and every pair reported is truly alike."""
    rng = random.Random(7)
    texts = [words(rng, rng.randint(40, 160)) for _ in range(2_000)]
    copies = [(n, edited(rng, texts[n], rng.randint(1, 4))) for n in range(600)]
    entries = [entry(n, text) for n, text in enumerate([*texts, *(text for _, text in copies)])]
    found = {frozenset(pair) for pair in find(tmp_path, entries)["copies"]}
    alike = {frozenset((n, 2_000 + place)): minhash.jaccard(texts[n], text) for place, (n, text) in enumerate(copies)}
    wanted = {pair for pair, similarity in alike.items() if similarity >= 0.8}
    sure = {pair for pair, similarity in alike.items() if similarity >= 0.85}
    assert found <= wanted
    assert len(sure) > 300
    assert len(found & sure) / len(sure) >= 0.99
    assert len(found) / len(wanted) >= 0.97


def test_real_sentences_against_all_pairs(tmp_path: Path) -> None:
    """On 928 real tweets and 2,000 short sentences: what a comparison of every pair with every other finds."""
    path = REAL / "imhi_t_sid.jsonl"
    if not path.exists():
        pytest.skip("the real files are not here")
    lines = [*path.open(encoding="utf-8"), *itertools.islice((REAL / "sad.jsonl").open(encoding="utf-8"), 2_000)]
    texts = list({json.loads(line)["text"].lower() for line in lines})
    sets = [set(minhash.shingles(text).tolist()) for text in texts]
    holders: dict[int, list[int]] = {}
    for number, runs in enumerate(sets):
        for run in runs:
            holders.setdefault(run, []).append(number)
    close = {pair for members in holders.values() for pair in itertools.combinations(members, 2)}
    true = {pair for pair in close if len(sets[pair[0]] & sets[pair[1]]) >= 0.8 * len(sets[pair[0]] | sets[pair[1]])}
    found = find(tmp_path, [entry(n, text) for n, text in enumerate(texts)])["copies"]
    reported = {tuple(sorted(pair)) for pair in found}
    assert len(true) > 30
    assert reported <= true
    # A copy is reported once, beside the one that stays; so copies are counted, not pairs.
    parts = Union(len(texts))
    for first, second in true:
        parts.join(first, second)
    members = {number for pair in true for number in pair}
    needed = len(members) - len({parts.find(number) for number in members})
    assert len(found) / needed >= 0.95


@given(st.integers(0, 2**32), st.integers(2, 40), st.sampled_from([1_500, 10_000, 1 << 24]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_neither_order_nor_parts_change_the_result(tmp_path: Path, seed: int, count: int, part_bytes: int) -> None:
    rng = random.Random(seed)
    entries = some_entries(rng, count)
    first = find(tmp_path, entries)
    rng.shuffle(entries)
    assert find(tmp_path, entries, part_bytes=part_bytes) == first


@given(st.integers(0, 2**32), st.integers(2, 40))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_after_the_copies_went_there_are_none(tmp_path: Path, seed: int, count: int) -> None:
    """Idempotent; what goes has something like it that stays; edge cases all stay."""
    entries = some_entries(random.Random(seed), count)
    found = find(tmp_path, entries)
    gone = {copy for copy, _ in found["exact"]} | {
        copy for (copy, _), pair in found["copies"].items() if not pair.protected
    }
    # As whoever acts must do: the row that stays carries the flag of its byte-identical copies.
    staying = [
        msgspec.structs.replace(one, protected=one.protected or one.key in found["flagged"])
        for one in entries
        if one.key not in gone
    ]
    kept = {one.key for one in staying}
    assert all(stays in kept for _, stays in found["copies"])
    alike = {copy for copy, _ in found["copies"]}
    assert all(stays in kept | alike for _, stays in found["exact"])
    assert {one.digest for one in entries if one.protected} <= {one.digest for one in staying}
    again = find(tmp_path, staying)
    assert again["exact"] == []
    assert [pair for pair in again["copies"].values() if not pair.protected] == []


def some_entries(rng: random.Random, count: int) -> list[Entry]:
    """Texts of a small vocabulary, many of them alike or the same."""
    texts: list[str] = []
    for _ in range(count):
        if texts and rng.random() < 0.6:
            text = rng.choice(texts)
            texts.append(edited(rng, text, min(rng.randint(0, 2), len(text.split()))))
        else:
            texts.append(" ".join(rng.choices(WORDS[:60], k=rng.randint(1, 40))))
    return [
        entry(n, text, rank=rng.randbytes(16), protected=rng.random() < 0.2, identity=bytes(15) + rng.randbytes(1))
        for n, text in enumerate(texts)
    ]


def test_a_phrase_of_half_the_corpus_costs_no_square(tmp_path: Path) -> None:
    """1,500 texts that are all alike: one stays, though each was compared with few."""
    rng = random.Random(2)
    common = words(rng, 200)
    entries = [entry(n, f"{common} number{n}") for n in range(1_500)]
    found = find(tmp_path, entries)
    assert found["clusters"] == 1
    assert found["near"] == 1_499
    assert len({kept for _, kept in found["copies"]}) == 1


def test_a_chain_keeps_both_ends(tmp_path: Path) -> None:
    """A like B, B like C, A unlike C: dropping C for being like B, which is dropped itself, would lose its words."""
    spoken = words(random.Random(5), 60).split()
    first = " ".join(spoken)
    middle = " ".join([*spoken[6:], *(f"new{n}" for n in range(6))])
    last = " ".join([*spoken[12:], *(f"new{n}" for n in range(12))])
    assert minhash.jaccard(first, last) < 0.75 < min(minhash.jaccard(first, middle), minhash.jaccard(middle, last))
    entries = [entry(n, text, rank=bytes([n]) + bytes(15)) for n, text in enumerate((first, middle, last))]
    assert set(find(tmp_path, entries, threshold=0.75)["copies"]) == {(1, 0)}


def test_an_edge_case_is_reported_but_protected(tmp_path: Path) -> None:
    low, high = bytes(16), bytes([9]) + bytes(15)
    entries = [entry(1, LONG, rank=low), entry(2, LONG + " today", rank=high, protected=True)]
    found = find(tmp_path, entries)
    assert found["copies"][2, 1].protected
    assert (found["near"], found["protected"]) == (0, 1)


def test_a_flag_of_a_byte_identical_copy_reaches_the_one_that_stays(tmp_path: Path) -> None:
    low, high = bytes(16), bytes([9]) + bytes(15)
    found = find(tmp_path, [entry(1, LONG, rank=high, protected=True), entry(2, LONG, rank=low)])
    assert found["exact"] == [(1, 2)]
    assert found["flagged"] == [2]


def test_one_record_hash_with_other_words_is_reported_as_such(tmp_path: Path) -> None:
    name = bytes(15) + b"7"
    entries = [entry(1, LONG, identity=name), entry(2, "my brother left", identity=name), entry(3, "my sister left")]
    found = find(tmp_path, entries)
    [pair] = found["copies"].values()
    assert (pair.kind, pair.similarity, found["record_hash"], found["near"]) == ("record_hash", 0.0, 1, 0)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"stage": 4, "labelled": False, "source": "synthetic"}, {"stage": 3, "labelled": True, "source": "real"}),
        ({"stage": 2, "labelled": True, "source": "synthetic"}, {"stage": 2, "labelled": False, "source": "real"}),
        ({"stage": 2, "labelled": True, "source": "real"}, {"stage": 2, "labelled": True, "source": "augmented"}),
        ({"stage": 1, "labelled": True, "source": "augmented"}, {"stage": 1, "labelled": True, "source": "synthetic"}),
    ],
)
def test_priority(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert rank(**better, raw_sha256="f" * 64) < rank(**worse, raw_sha256="0" * 64)
    assert rank(**better, raw_sha256="0" * 64) < rank(**better, raw_sha256="1" * 64)


@pytest.mark.parametrize("threshold", [0.4, 1.1])
def test_a_threshold_out_of_range_is_refused(tmp_path: Path, threshold: float) -> None:
    with pytest.raises(ValueError, match="between"):
        Finder(tmp_path, threshold=threshold)


def test_nothing_to_search(tmp_path: Path) -> None:
    assert find(tmp_path, [])["copies"] == {}
