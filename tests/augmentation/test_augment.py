"""A whole run: what was asked for is made, tied to its parent, unlike all else, and the same again by its seed."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.augmentation import run as running
from datasets_app.corpus.augmentation.report import Report
from datasets_app.corpus.augmentation.run import Settings, Written
from datasets_app.corpus.augmentation.strategies import STRATEGIES, Made
from datasets_app.corpus.dedup.minhash import jaccard, text_of
from datasets_app.corpus.record import AnnotatedSample
from datasets_app.corpus.screening import assess
from datasets_app.corpus.synthesis import generate
from datasets_app.corpus.taxonomy import EDGE_CASE_KINDS
from tests.corpus_engine.making import compiled, described, release_lines

from .making import FAMILY, make, read, write

COUNTS = {name: 12 for name in STRATEGIES} | {"paraphrase": 60}
EDGES = 30


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("originals") / "originals.jsonl", generate(260, 5))


@pytest.fixture(scope="module")
def done(originals: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Written]:
    return make(tmp_path_factory.mktemp("made"), originals, counts=COUNTS, edge_cases=EDGES)


def children(written: Written) -> list[dict[str, Any]]:
    return read(written.children) + read(written.review)


def test_all_are_made_with_their_parent_and_its_label(originals: Path, done: tuple[Report, Written]) -> None:
    report, written = done
    known = {row["id"]: row for row in read(originals)}
    made = children(written)
    assert report.adds_up and not report.short
    strategies = Counter(row["metadata"]["augmentation"]["strategy"] for row in made)
    assert strategies == COUNTS | {"edge_case": EDGES}
    for row in made:
        msgspec.convert(row, AnnotatedSample)
        mother = known[row["parent_id"]]
        assert (row["crisis_type"], row["severity"]) == (mother["crisis_type"], mother["severity"])
        assert row["source"] == "augmented" and row["metadata"]["augmentation"]["parent_id"] == mother["id"]
        assert row["is_edge_case"] >= mother["is_edge_case"], "an edge case stays one"
        assert jaccard(text_of(row["conversation"]), text_of(mother["conversation"])) < 0.8
    assert len({json.dumps(row["conversation"]) for row in made}) == len(made)
    figures = report.as_dict()
    assert figures["ratio"] == round(len(made) / 260, 4)
    by_type = Counter(row["crisis_type"] for row in made)
    of_type = Counter(row["crisis_type"] for row in known.values())
    assert figures["ratio_by_type"] == {kind: round(by_type[kind] / of_type[kind], 4) for kind in sorted(of_type)}


def test_edge_cases_of_all_kinds_wait_and_nothing_else_of_them_is_out(done: tuple[Report, Written]) -> None:
    _, written = done
    waiting = [row for row in read(written.review) if row["metadata"]["augmentation"]["strategy"] == "edge_case"]
    kinds = Counter(row["edge_case_kind"] for row in waiting)
    assert set(kinds) == set(EDGE_CASE_KINDS) and max(kinds.values()) - min(kinds.values()) <= 1
    assert all(row["is_edge_case"] for row in waiting)
    assert all(row["metadata"]["augmentation"]["review"] == "pending" for row in read(written.review))
    out = [row["metadata"]["augmentation"] for row in read(written.children)]
    assert not [one for one in out if one["strategy"] == "edge_case" or "review" in one]


def test_the_same_bytes_again_in_any_order_of_rows(
    originals: Path, done: tuple[Report, Written], tmp_path: Path
) -> None:
    rows = read(originals)
    random.Random(1).shuffle(rows)
    report, written = make(tmp_path / "again", write(tmp_path / "s.jsonl", rows), counts=COUNTS, edge_cases=EDGES)
    assert [path.read_bytes() for path in written[:2]] == [path.read_bytes() for path in done[1][:2]]
    assert report.as_dict() == done[0].as_dict()
    _, other = make(tmp_path / "other", originals, counts={"paraphrase": 5}, seed=43)
    assert not {row["id"] for row in read(other.children)} & {row["id"] for row in children(written)}


def test_a_child_lies_in_the_split_of_its_parent(originals: Path, done: tuple[Report, Written], tmp_path: Path) -> None:
    """With near-duplicates off, so that nothing but the tie holds them; and under another family than the parent's."""
    _, written = done
    inputs = [
        described(originals, family=FAMILY, source="synthetic"),
        described(written.children, family="sarcasm", source="augmented"),
        described(written.review, family="sarcasm", source="augmented"),
    ]
    release, report = compiled(tmp_path, inputs, near_duplicates="off", pii="off")
    placed = release_lines(release)
    split_of = {line["id"]: split for split, line in placed}
    lines = [line for _, line in placed]
    made = [line for line in lines if line["metadata"]["source"] == "augmented"]
    assert len(made) == len(read(written.children)), "what waits for its review is in no release"
    parents = [line["metadata"]["origin"]["input"]["parent_id"] for line in made]
    assert [split_of[line["id"]] for line in made] == [split_of[name] for name in parents]
    assert {split_of[name] for name in parents} == {"train", "val", "test"}, "or the line above proves little"
    assert report.quarantined == len(read(written.review))


def test_a_planted_flip_lies_in_quarantine(originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flipping(parent: Any, found: Any, rng: random.Random) -> Made:
        said = [*parent.messages[:-1], {"role": "user", "content": "Thanks, all is well and I sleep like a baby."}]
        return Made(said, ("planted",))

    monkeypatch.setitem(STRATEGIES, "paraphrase", flipping)
    report, written = make(tmp_path / "m", originals, counts={"paraphrase": 20})
    refused = read(written.quarantine)
    assert {row["reason"] for row in refused} >= {"crisis_word_lost", "signals_changed"}
    assert all(row["row"]["parent_id"] and row["row"]["conversation"] for row in refused)
    assert report.adds_up
    # What passed lost a last message in which nothing stood.
    known = {row["id"]: row["conversation"] for row in read(originals)}
    for row in children(written):
        assert assess(row["conversation"]).crisis_type == assess(known[row["parent_id"]]).crisis_type


def test_near_copies_are_refused(originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "reworded", lambda messages, found, rng: messages)
    monkeypatch.setitem(
        STRATEGIES,
        "paraphrase",
        lambda parent, found, rng: Made(
            [*parent.messages[:-1], {"role": "user", "content": parent.messages[-1]["content"] + " So."}], ("planted",)
        ),
    )
    report, written = make(tmp_path / "m", originals, counts={"paraphrase": 20})
    near = [row for row in read(written.quarantine) if row["reason"] == "near_copy"]
    assert near and all(row["similarity"] >= 0.8 for row in near)
    assert report.refused["paraphrase"]["near_copy"] == len(near)


def test_rows_that_are_no_parents_are_counted(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "I feel lonely on Sundays and the evenings drag on, since we moved here."}]
    good = {"id": "a", "conversation": said, "crisis_type": "none"}
    rows = [
        good,
        {"id": "b", "conversation": [{"role": "user", "content": "Somebody took my bicycle."}]},
        {"conversation": [{"role": "user", "content": "We saw a film."}], "crisis_type": "none"},
        {**good, "id": "d", "source": "augmented"},
        {"id": "e"},
    ]  # fmt: skip
    report, written = make(tmp_path / "m", write(tmp_path / "o.jsonl", rows), counts={"paraphrase": 2})
    assert report.originals == 1 and report.skipped == {
        "unlabelled": 1, "untied": 1, "augmented already": 1, "unreadable": 1
    }  # fmt: skip
    assert {row["parent_id"] for row in read(written.children)} == {"a"}
    assert all(row["metadata"]["group_keys"] == [f"record:{FAMILY}:a"] for row in read(written.children))


def test_the_command(originals: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "o.jsonl"
    asked = [str(originals), "--output", str(out), "--paraphrases", "4", "--edge-cases", "4", "--json"]
    assert main(["augment", *asked, "--strategy", "dialogue_variation=2"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["children"] == 10 and report["stand"] == len(read(out))
    assert main(["augment", *asked, "--strategy", "translation=2"]) == 2
    assert main(["augment", *asked, "--strategy", "paraphrase"]) == 2
    assert main(["augment", str(originals), "--output", str(originals)]) == 2
    assert main(["augment", str(originals), "--output", str(out), "--paraphrases", "5000", "--edge-cases", "0"]) == 1
    assert "fewer than asked: paraphrase by" in capsys.readouterr().out
    with pytest.raises(ValueError, match="negative"):
        Settings(counts={"paraphrase": -1})
