"""Every gate passes on a sound release and fails, with the offending ids, on one that breaks it."""

from pathlib import Path
from typing import Any

import pytest

from datasets_app.corpus.gates import GATES, REQUIRED, failed_required
from datasets_app.corpus.near import BandSpill
from datasets_app.corpus.taxonomy import FAMILIES
from datasets_app.corpus.verify import FolderReader, VerifyReport, verify_release
from tests.releases.making import change, gates_of, line, plain, said, write


def verified(root: Path, **options: Any) -> VerifyReport:
    return verify_release(FolderReader(root), **options)


def content(item: tuple[str, dict[str, Any]]) -> str:
    return str(item[1]["metadata"]["content_hash"])


def test_a_sound_release_passes_all_gates_in_their_order(tmp_path: Path) -> None:
    root = write(tmp_path / "r", plain(420), near_duplicates="group")
    report = verified(root, near_duplicates=True)
    assert report.reasons == []
    assert tuple(gate["gate"] for gate in report.gates) == GATES
    assert {gate["gate"] for gate in report.gates if not gate["passed"]} == set()
    assert {gate["gate"] for gate in report.gates if gate["required"]} == REQUIRED
    found = gates_of(report)
    assert found["coverage"]["figures"] == {"families": 14, "of": 14}
    assert found["leakage"]["figures"]["near_duplicates_across_splits"] == 0
    assert found["distribution"]["figures"] == {"train": 0.7, "val": 0.15, "test": 0.15, "wanted": "70/15/15"}
    assert found["pii"]["figures"] == {"checked": 420, "unsettled": 0}


def test_without_the_search_the_gate_says_that_nobody_searched(tmp_path: Path) -> None:
    found = gates_of(verified(write(tmp_path / "r", plain(60))))
    assert found["leakage"]["figures"]["near_duplicates_across_splits"] == "not searched"
    kept = gates_of(verified(write(tmp_path / "grouped", plain(60), near_duplicates="group")))
    assert kept["leakage"]["figures"]["near_duplicates_across_splits"] == "by cluster"


def test_coverage_names_the_missing_families(tmp_path: Path) -> None:
    found = gates_of(verified(write(tmp_path / "r", plain(60, source_family="cptsd"))))["coverage"]
    assert not found["passed"] and not found["required"]
    assert found["offending"] == sorted(set(FAMILIES) - {"cptsd"})


def test_a_cluster_in_two_splits_is_leakage(tmp_path: Path) -> None:
    trained = line(said(901), split="train", cluster="n:" + "1" * 24)
    tested = line(said(902), split="test", cluster="n:" + "1" * 24)
    report = verified(write(tmp_path / "r", [*plain(60), trained, tested]))
    found = gates_of(report)["leakage"]
    assert found["figures"]["clusters_across_splits"] == 1
    assert found["offending"][0][:39] in {content(trained)[:39], content(tested)[:39]}
    assert not report.ok and "manifest.json: the release fails the gate leakage" in report.reasons


def test_near_duplicates_across_splits_are_found_by_their_words(tmp_path: Path) -> None:
    words = said(77, 120)
    trained, tested = line(words, split="train"), line(words.replace("77", "seventy-seven"), split="test")
    within = line(words + " once more", split="train")
    root = write(tmp_path / "r", [*plain(60), trained, tested, within])
    assert gates_of(verified(root))["leakage"]["passed"], "the bytes alone say nothing of it"
    found = gates_of(verified(root, near_duplicates=True))["leakage"]
    assert not found["passed"]
    assert found["figures"]["near_duplicates_across_splits"] == 2, "the pair within train is no leak"
    assert all(content(tested)[:39] in pair for pair in found["offending"])


def test_a_search_that_stopped_early_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = said(77, 120)
    pair = [line(words, split="train"), line(words.replace("77", "seventy-seven"), split="test")]
    root = write(tmp_path / "r", [*plain(60), *pair])
    monkeypatch.setattr(BandSpill.candidates, "__defaults__", (1,))
    found = gates_of(verified(root, near_duplicates=True))["leakage"]
    assert found["figures"]["near_duplicates_across_splits"] == "at least 1"


@pytest.mark.parametrize(("shares", "passes"), [({"train": 0.9, "val": 0.05, "test": 0.05}, False), ({}, True)])
def test_distribution_is_judged_by_the_shares_of_the_release(tmp_path: Path, shares: Any, passes: bool) -> None:
    params = {"shares": shares} if shares else {}
    found = gates_of(verified(write(tmp_path / "r", plain(200), **params)))["distribution"]
    assert found["passed"] is passes
    assert found["figures"]["wanted"] == ("90/5/5" if shares else "70/15/15")
    assert found["offending"] == ([] if passes else ["test", "train", "val"])


@pytest.mark.parametrize(
    ("source", "pii", "passes"),
    [("real", "reviewed", True), ("real", "clean", True), ("real", "redacted", True), ("real", "unscanned", False),
     ("real", "pending", False), ("augmented", "unscanned", False), ("synthetic", "unscanned", True),
     ("synthetic", "pending", False)],
)  # fmt: skip
def test_nothing_may_wait_for_review(tmp_path: Path, source: str, pii: str, passes: bool) -> None:
    odd = line(said(500), source=source, pii=pii)
    report = verified(write(tmp_path / "r", [*plain(40), odd]))
    found = gates_of(report)["pii"]
    assert (found["passed"], report.ok) == (passes, passes)
    assert found["figures"]["unsettled"] == int(not passes)
    assert found["offending"] == ([] if passes else [content(odd)])


def test_screening_switched_off_is_shown_as_failed_but_refuses_nothing(tmp_path: Path) -> None:
    report = verified(write(tmp_path / "r", [*plain(40), line(said(500), source="real", pii="unscanned")], pii="off"))
    assert report.ok and not gates_of(report)["pii"]["passed"]


def test_a_record_from_nowhere_fails_provenance(tmp_path: Path) -> None:
    odd = line(said(500), provenance={"import_sha256": ""})
    report = verified(write(tmp_path / "r", [*plain(40), odd]))
    assert gates_of(report)["provenance"]["offending"] == [content(odd)]
    assert failed_required(report.gates) == ["provenance"]


def test_a_corpus_row_is_traced_by_its_raw_row(tmp_path: Path) -> None:
    origin = {"raw_sha256": "e" * 64, "input": "sad", "licence": "MIT"}
    rows = [line(said(n), crisis_type=None, provenance=origin) for n in range(40)]
    report = verified(write(tmp_path / "r", rows))
    assert report.ok, report.reasons
    assert gates_of(report)["stats"]["figures"]["unlabelled"] == 40


def test_hold_out_families_outside_the_test_split_are_named(tmp_path: Path) -> None:
    held = [line(said(n), split="test", source_family="cptsd") for n in range(600, 606)]
    lines = [*plain(60, source_family="addiction"), *held]
    sound = verified(write(tmp_path / "a", lines, holdout_families=["cptsd"]))
    assert gates_of(sound)["split"]["figures"] == {"holdout_families": 1, "held_out_in_test": 6, "outside_test": 0}
    assert sound.ok
    leaked = line(said(700), split="train", source_family="cptsd")
    report = verified(write(tmp_path / "b", [*lines, leaked], holdout_families=["cptsd"]))
    found = gates_of(report)["split"]
    assert found["offending"] == ["cptsd in train", content(leaked)]
    assert not report.ok


def test_a_held_out_record_outside_the_test_split_is_named(tmp_path: Path) -> None:
    trained, tested = line(said(700), split="train"), line(said(701), split="test")
    report = verified(
        write(tmp_path / "r", [*plain(40), trained, tested], held_out=[content(trained), content(tested)])
    )
    found = gates_of(report)["split"]
    assert (found["passed"], found["offending"]) == (False, [content(trained)])
    assert (found["figures"]["held_out_records"], found["figures"]["held_out_records_outside_test"]) == (2, 1)
    assert not report.ok


def test_a_text_that_was_changed_fails_the_hash_gate(tmp_path: Path) -> None:
    item = line(said(500))
    item[1]["messages"][0]["content"] += " and something else"
    report = verified(write(tmp_path / "r", [*plain(40), item]))
    assert gates_of(report)["hash"]["offending"] == [content(item)]
    assert any("does not match its content hash" in reason for reason in report.reasons)


def test_a_lost_edge_case_fails_whatever_the_manifest_says(tmp_path: Path) -> None:
    root = write(tmp_path / "r", [*plain(40), line(said(500), is_training_edge_case=True)])
    change(root, lambda manifest: manifest["edge_cases"].update(in_snapshots=2))
    report = verified(root)
    assert gates_of(report)["edge_cases"]["figures"] == {"expected": 2, "in_release": 1}
    assert "edge_cases" in failed_required(report.gates)


def test_verdicts_that_the_manifest_claims_are_not_believed(tmp_path: Path) -> None:
    root = write(tmp_path / "r", [*plain(40), line(said(500), source="real", pii="pending")])
    change(root, lambda manifest: [gate.update(passed=True) for gate in manifest["gates"]])
    assert not verified(root).ok


@pytest.mark.parametrize(
    "params", [{"shares": 5}, {"shares": {"train": "x"}}, {"holdout_families": 7, "held_out": 7}, {"pii": []}]
)
def test_strange_parameters_of_a_foreign_release_are_no_crash(tmp_path: Path, params: dict[str, Any]) -> None:
    root = write(tmp_path / "r", plain(40))
    change(root, lambda manifest: manifest["params"].update(params, threshold="x"))
    assert verified(root, near_duplicates=True).ok
