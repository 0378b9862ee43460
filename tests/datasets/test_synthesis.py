"""The generator: seeded, unique, valid, with every type and edge case."""

from collections import Counter

import msgspec

from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.record import AnnotatedSample
from datasets_app.corpus.synthesis import generate
from datasets_app.corpus.taxonomy import CRISIS_TYPES, EDGE_CASE_KINDS


def test_same_seed_same_conversations_other_seed_others() -> None:
    first = list(generate(50, 1))
    assert first == list(generate(50, 1))
    assert first != list(generate(50, 2))
    assert first[:20] == list(generate(20, 1))


def test_fourteen_hundred_are_unique_valid_and_cover_everything() -> None:
    samples = list(generate(1400, 7))
    assert len({content_hash(sample["conversation"]) for sample in samples}) == 1400
    for sample in samples:
        msgspec.convert(sample, AnnotatedSample)
    types = Counter(sample["crisis_type"] for sample in samples)
    assert min(types[kind] for kind in CRISIS_TYPES) > 100
    assert {sample["severity"] for sample in samples} == {None, 1, 2, 3, 4, 5}
    assert {sample["edge_case_kind"] for sample in samples} == {"", *EDGE_CASE_KINDS}
    assert {"idiom", "grief", "third_person"} <= {sample["metadata"]["context"] for sample in samples}
    assert all("{" not in turn["content"] for sample in samples for turn in sample["conversation"])


def test_length_says_nothing_about_the_label() -> None:
    lengths: dict[bool, list[int]] = {True: [], False: []}
    for sample in generate(1400, 3):
        lengths[sample["crisis_type"] == "none"].append(len(sample["conversation"]))
    means = [sum(found) / len(found) for found in lengths.values()]
    assert abs(means[0] - means[1]) < 0.4
