"""A compile: what is in the release, what is in the report, and that both add up."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from datasets_app.corpus.engine import CompileError, compile_corpus
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.reading import UnreadableFile
from datasets_app.corpus.verify import FolderReader, verify_release

from .making import compiled, described, near_copy, release_lines, report_lines, row, rows, settings, write


def by_id(release: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    return {line["id"]: (split, line) for split, line in release_lines(release)}


def test_release_verifies_and_its_numbers_add_up(tmp_path: Path) -> None:
    damaged = [b"{not json}\n", b"\n", json.dumps({"nothing": "here"}).encode() + b"\n"]
    source = write(tmp_path / "in.jsonl", [*rows(200), *damaged])
    release, report = compiled(tmp_path, source)
    found = verify_release(FolderReader(release))
    assert found.reasons == []
    assert report.read == report.accepted + report.duplicates + report.quarantined
    assert (report.quarantined, report.reasons) == (2, {"invalid_json": 1, "unknown_format": 1})
    assert report.duplicates == 15
    assert report.splits == {
        "train": math.floor(0.7 * report.accepted),
        "val": math.floor(0.15 * report.accepted),
        "test": report.accepted - math.floor(0.7 * report.accepted) - math.floor(0.15 * report.accepted),
    }
    manifest = json.loads((release / "manifest.json").read_bytes())
    assert manifest["intake"]["read"] == report.read
    assert manifest["edge_cases"]["in_release"] == manifest["edge_cases"]["in_snapshots"] > 0
    assert sum(entry["lines"] for entry in manifest["files"]) == report.accepted


def test_provenance_names_the_input_and_never_its_place(tmp_path: Path) -> None:
    release, _ = compiled(tmp_path, [described(write(tmp_path / "private" / "in.jsonl", rows(30)), name="forum posts")])
    for _, line in release_lines(release):
        assert set(line["metadata"]["provenance"]) == {"consent", "input", "licence", "raw_sha256"}
        assert line["metadata"]["provenance"]["input"] == "forum posts"
        assert line["label_source"] == "input"
    assert not any(b"private" in path.read_bytes() for path in release.rglob("*") if path.is_file())


def test_unknown_fields_survive(tmp_path: Path) -> None:
    release, _ = compiled(tmp_path, write(tmp_path / "in.jsonl", [row(n, mood={"score": n}) for n in range(20)]))
    assert {line["metadata"]["origin"]["input"]["mood"]["score"] for _, line in release_lines(release)} == set(
        range(20)
    )


def test_report_names_line_and_byte_of_refused_rows_and_copies_across_units(tmp_path: Path) -> None:
    given = [json.dumps(row(n)).encode() + b"\n" for n in range(40)]
    given[17] = b"{broken\n"
    given.insert(20, b"\n\n")
    given.append(given[3])
    source = write(tmp_path / "in.jsonl", given)
    _, report = compiled(tmp_path, source, unit_bytes=700)
    assert report.units > 10
    refused = report_lines(report, "quarantine.jsonl")
    assert [(entry["line"], entry["reason"], entry["raw"]) for entry in refused] == [(18, "invalid_json", "{broken")]
    assert source.read_bytes()[refused[0]["byte_offset"] :].startswith(b"{broken")
    copies = report_lines(report, "duplicates.jsonl")
    assert len(copies) == 1
    assert {copies[0]["line"], copies[0]["kept"]["line"]} == {4, 43}
    content = source.read_bytes()
    assert content[copies[0]["byte_offset"] :].startswith(given[3])
    assert content[copies[0]["kept"]["byte_offset"] :].startswith(given[3])


def test_later_stage_then_labelled_then_real_wins_among_copies(tmp_path: Path) -> None:
    plain = {key: value for key, value in row(1).items() if key not in ("crisis_type", "severity")}
    inputs = [
        described(write(tmp_path / "a.jsonl", [row(1, id="stage1"), *rows(20)[3:]]), stage=1),
        described(write(tmp_path / "b.jsonl", [{**plain, "id": "stage3"}]), stage=3),
        described(write(tmp_path / "c.jsonl", [row(1, id="labelled")]), stage=3),
        described(write(tmp_path / "d.jsonl", [row(1, id="real")]), stage=3, source="real"),
    ]
    release, _ = compiled(tmp_path, inputs)
    assert {"real"} == by_id(release).keys() & {"stage1", "stage3", "labelled", "real"}
    release, _ = compiled(tmp_path, inputs[:2])
    assert {"stage3"} == by_id(release).keys() & {"stage1", "stage3"}


def test_edge_case_flag_of_a_copy_is_never_lost(tmp_path: Path) -> None:
    flagged = row(1, id="low", is_edge_case=True, edge_case_kind="metaphor")
    inputs = [
        described(write(tmp_path / "a.jsonl", [flagged, *(row(n) for n in range(2, 30))]), stage=1),
        described(write(tmp_path / "b.jsonl", [row(1, id="high")]), stage=4),
    ]
    release, _ = compiled(tmp_path, inputs)
    _, line = by_id(release)["high"]
    assert line["metadata"]["is_training_edge_case"] is True
    assert line["metadata"]["edge_case_kind"] == "metaphor"
    assert verify_release(FolderReader(release)).ok


def test_group_keys_of_all_copies_are_joined(tmp_path: Path) -> None:
    given = [row(1, author_id="x"), row(1, id="copy", author_id="y"), row(2, author_id="x"), row(3, author_id="y")]
    release, _ = compiled(tmp_path, write(tmp_path / "in.jsonl", [*given, *(row(n) for n in range(10, 40))]))
    found = by_id(release)
    tied = [found[name] for name in found if name in ("r1", "copy", "r2", "r3")]
    assert len(tied) == 3
    assert len({(split, line["metadata"]["group"]) for split, line in tied}) == 1


def test_near_duplicates_share_cluster_and_split(tmp_path: Path) -> None:
    given = [row(n) for n in range(60)]
    release, report = compiled(tmp_path, write(tmp_path / "in.jsonl", [*given, near_copy(given[5], "near")]))
    found = by_id(release)
    (split, line), (other_split, other) = found["r5"], found["near"]
    assert line["metadata"]["cluster"] == other["metadata"]["cluster"] != ""
    assert (split, line["metadata"]["group"]) == (other_split, other["metadata"]["group"])
    assert report.clusters == 1
    assert sum(bool(line["metadata"]["cluster"]) for _, line in release_lines(release)) == 2


def test_dropping_near_duplicates_spares_edge_cases(tmp_path: Path) -> None:
    given = [row(n) for n in range(60)]
    copies = [near_copy(given[5], "plain"), {**near_copy(given[6], "edge"), "is_edge_case": True}]
    release, report = compiled(tmp_path, write(tmp_path / "in.jsonl", [*given, *copies]), near_duplicates="drop")
    kept = by_id(release).keys()
    assert len(kept & {"r5", "plain"}) == 1
    assert "edge" in kept
    assert report.near_duplicates_dropped == report.duplicates == 62 - len(kept)
    assert [entry["why"] for entry in report_lines(report, "duplicates.jsonl")] == ["near"] * report.duplicates
    assert verify_release(FolderReader(release)).reasons == []


def test_holdout_families_lie_in_test_only(tmp_path: Path) -> None:
    inputs = [
        described(write(tmp_path / "a.jsonl", [row(n) for n in range(80)])),
        described(write(tmp_path / "b.jsonl", [row(n) for n in range(100, 110)]), family="cptsd"),
    ]
    release, report = compiled(tmp_path, inputs, holdout_families=("cptsd",))
    held = [split for split, line in release_lines(release) if line["metadata"]["source_family"] == "cptsd"]
    assert held == ["test"] * 10
    assert report.splits == {"train": 63, "val": 13, "test": 14}


def test_records_of_the_parent_release_keep_their_split(tmp_path: Path) -> None:
    old = [row(n) for n in range(60)]
    first, _ = compiled(tmp_path, write(tmp_path / "old.jsonl", old), seed=5)
    second, _ = compiled(
        tmp_path, write(tmp_path / "new.jsonl", old + [row(n) for n in range(60, 120)]), seed=6, parent=str(first)
    )
    before, after = by_id(first), by_id(second)
    assert {name: before[name][0] for name in before} == {name: after[name][0] for name in before}
    manifest = json.loads((second / "manifest.json").read_bytes())
    assert manifest["parent"]["version"] == "1.0.0"
    assert manifest["counts"]["splits"]["train"]["total"] == 84


def test_where_new_ties_join_pinned_records_test_wins(tmp_path: Path) -> None:
    old = [row(n, author_id=f"a{n}") for n in range(60)]
    first, _ = compiled(tmp_path, write(tmp_path / "old.jsonl", old))
    before = by_id(first)
    train = next(name for name in before if before[name][0] == "train")
    test = next(name for name in before if before[name][0] == "test")
    bridge = [
        row(200, conversation_id="c", author_id=f"a{train[1:]}"),
        row(201, conversation_id="c", author_id=f"a{test[1:]}"),
    ]
    second, _ = compiled(tmp_path, write(tmp_path / "new.jsonl", [*old, *bridge]), parent=str(first))
    after = by_id(second)
    assert {after[name][0] for name in (train, test, "r200", "r201")} == {"test"}


@pytest.mark.parametrize("mode", ["group", "drop"])
def test_a_held_out_record_and_its_near_copies_are_in_the_test_split_or_gone(tmp_path: Path, mode: str) -> None:
    old = [row(n) for n in range(60)]
    plain, _ = compiled(tmp_path, write(tmp_path / "old.jsonl", old), seed=5)
    trained = [name for name, (split, _) in by_id(plain).items() if split == "train"][:4]
    held = tuple(by_id(plain)[name][1]["metadata"]["content_hash"] for name in trained)
    copies = [near_copy(old[int(name[1:])], f"copy-of-{name}") for name in trained]
    # The copies are of a later stage: where near-copies are dropped they stay and what was held out goes.
    inputs = [
        described(write(tmp_path / "old.jsonl", old)),
        described(write(tmp_path / "copies.jsonl", copies), name="copies", stage=3),
    ]
    folder, _ = compiled(tmp_path, inputs, seed=5, near_duplicates=mode, held_out=held)
    found = by_id(folder)
    about = {name: split for name, (split, _) in found.items() if name.removeprefix("copy-of-") in trained}
    assert set(about.values()) == {"test"} and len(about) == (8 if mode == "group" else 4)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["params"]["held_out"] == sorted(held)
    gate = next(gate for gate in manifest["gates"] if gate["gate"] == "split")
    assert gate["passed"] and gate["figures"]["held_out_records"] == 4


def test_real_words_are_redacted_and_synthetic_ones_only_checked(tmp_path: Path) -> None:
    given = [row(n) for n in range(30)]
    given[4]["messages"][0]["content"] += " Write to anna.miller@example.org please."
    given[4]["note"] = "seen in a mail of anna.miller@example.org"
    source = write(tmp_path / "in.jsonl", given)
    real, report = compiled(tmp_path, [described(source, source="real")])
    assert report.pii_findings["email"] >= 1
    assert not any(b"anna.miller" in path.read_bytes() for path in real.rglob("*") if path.is_file())
    _, line = by_id(real)["r4"]
    assert line["metadata"]["pii"] == "redacted"
    assert content_hash(line["messages"]) == line["metadata"]["content_hash"]
    assert "[EMAIL_1]" in line["messages"][0]["content"]
    assert "[EMAIL_1]" in line["metadata"]["origin"]["input"]["note"]
    assert by_id(real)["r5"][1]["metadata"]["pii"] == "clean"
    made_up, _ = compiled(tmp_path, source)
    assert by_id(made_up)["r4"][1]["metadata"]["pii"] == "checked"
    assert "anna.miller" in by_id(made_up)["r4"][1]["messages"][0]["content"]
    assert verify_release(FolderReader(real)).reasons == []


def prepared(number: int, **metadata: Any) -> dict[str, Any]:
    given = row(number)
    return {
        "id": f"p{number}", "messages": given["messages"], "crisis_type": given["crisis_type"],
        "severity": given["severity"], "confidence": 0.75, "label_source": "annotators",
        "group_keys": [f"author:{number // 2}"],
        "metadata": {
            "content_hash": content_hash(given["messages"]), "record_hash": "r", "source_family": "sarcasm", "stage": 2,
            "source": "real", "is_training_edge_case": number % 5 == 0, "edge_case_kind": "", "pii": "reviewed",
            "provenance": {
                "snapshot_sha256": "a" * 64, "snapshot_number": 1, "decided_by": "majority",
                "annotations": [{"id": 1, "sha256": "b" * 64, "annotator": "c"}], "import_batch": 1,
                "import_sha256": "d" * 64, "line": number, "simulated": True,
            },
            **metadata,
        },
    }  # fmt: skip


def test_prepared_lines_of_the_hub_pass_through(tmp_path: Path) -> None:
    broken = {**prepared(90), "severity": 9, "crisis_type": "panic"}
    forged = prepared(91, content_hash="sha256:" + "0" * 64)
    source = write(tmp_path / "in.jsonl", [*(prepared(n) for n in range(40)), broken, forged])
    release, report = compiled(tmp_path, [described(source, prepared=True)])
    assert verify_release(FolderReader(release)).reasons == []
    assert report.reasons == {"hash_mismatch": 1, "not_prepared": 1}
    found = by_id(release)
    for number in range(40):
        expected = prepared(number)
        split, line = found[f"p{number}"]
        assert "group_keys" not in line
        assert line["metadata"]["group"] == found[f"p{number ^ 1}"][1]["metadata"]["group"]
        assert split == found[f"p{number ^ 1}"][0]
        assert {**line["metadata"], "group": "", "cluster": ""} == {**expected["metadata"], "group": "", "cluster": ""}
        assert (line["messages"], line["severity"]) == (expected["messages"], expected["severity"])
    manifest = json.loads((release / "manifest.json").read_bytes())
    assert manifest["counts"]["simulated_labels"] == 40
    assert manifest["counts"]["label_sources"] == {"annotators": 40}


def test_shards_are_cut_and_sorted_by_content_hash(tmp_path: Path) -> None:
    release, _ = compiled(tmp_path, write(tmp_path / "in.jsonl", rows(100)), shard_lines=9)
    sizes = Counter()
    for split in ("train", "val", "test"):
        names = sorted((release / "shards" / split).iterdir())
        lines = [json.loads(line) for name in names for line in name.read_bytes().splitlines()]
        hashes = [line["metadata"]["content_hash"] for line in lines]
        assert hashes == sorted(hashes)
        sizes.update(len(name.read_bytes().splitlines()) for name in names[:-1])
    assert set(sizes) == {9}


def test_shares_may_be_others(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [row(n) for n in range(100)])
    _, report = compiled(tmp_path, source, shares={"train": 0.9, "val": 0.05, "test": 0.05})
    assert report.splits == {"train": 90, "val": 5, "test": 5}


def test_release_is_never_overwritten(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", rows(20))
    release, _ = compiled(tmp_path, source)
    before = (release / "manifest.json").read_bytes()
    with pytest.raises(CompileError, match="not empty"):
        compile_corpus([described(source)], release, settings(), workdir=tmp_path / "w")
    assert (release / "manifest.json").read_bytes() == before


def test_input_without_a_single_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="no row"):
        compiled(tmp_path, write(tmp_path / "in.jsonl", [b"{}\n"]))
    with pytest.raises(UnreadableFile):
        compiled(tmp_path, tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize("wrong", [{"threshold": 0.0}, {"shard_lines": 0}, {"shares": {"train": 1.0}}])
def test_senseless_settings_are_refused_before_anything_is_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"threshold|shard|shares"):
        settings(**wrong)


def test_unknown_family_and_stage_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="family"):
        described(tmp_path, family="no such family")
    with pytest.raises(ValueError, match="stage"):
        described(tmp_path, stage=7)
