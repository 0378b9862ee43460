"""Annotators, a compile and scoring clients at once on a real hub, short: everything arrives, once, and is right."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import labelling_load
from benchmarks.labelling import Block
from benchmarks.labelling_check import Label
from benchmarks.scoring_load import Tally
from benchmarks.together import Phase, accounts, measure, parser, table
from tests.hubprocess import HubProcess
from tests.inference.tiny import tiny_files
from tests.migrated import copy_sqlite

SHORT = "--minutes 0.06 --alone 1.5 --people 6 --clients 12 --pace 0.3 --records 120"
STORED: dict[str, Any] = {"labels": [["s", "a", "1"]], "scores": 3, "audit_problems": []}


def migrated_hub(folder: Path, _: str) -> HubProcess:
    folder.mkdir()
    hub = HubProcess(folder)
    copy_sqlite(hub.database)
    return hub


@pytest.mark.slow
def test_three_kinds_of_work_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling_load, "THINK_SECONDS", (0.05, 0.4))
    (tmp_path / "bundle").mkdir()
    for name, data in tiny_files().items():
        (tmp_path / "bundle" / name).write_bytes(data)
    options = parser().parse_args([*SHORT.split(), "--bundle", str(tmp_path / "bundle")])
    found = measure(options, tmp_path, migrated_hub)
    assert found["clean"], {key: found[key] for key in ("labels", "scores", "compiles", "faults", "phases")}
    by_name = {phase["phase"]: phase for phase in found["phases"]}
    assert list(by_name) == [
        *("annotators", "scoring", "compile", "annotators + compile", "annotators + compile + scoring")
    ]
    together = by_name["annotators + compile + scoring"]
    assert together["labels"]["count"] > 0 < together["scores"]["requests"]
    assert together["compiles"]["count"] > 0
    assert found["labels"]["acknowledged"] == found["labels"]["stored"] > together["labels"]["count"]
    assert all(phase["phase"] in table(found) for phase in found["phases"])


def phase(**parts: Any) -> Phase:
    return Phase("all", 1.0, **parts)


def test_the_accounts_find_each_fault() -> None:
    tally = Tally(latencies=[0.1])
    tally.statuses[200] += 1
    block = Block(labels=[Label("s", "a", "1")], submit=[0.1])
    compiled = {"seconds": 1.0, "within": True, "state": "published", "records": 5, "sha256": "x", "said": ""}
    fine = [phase(labels=block, scores=tally, compiles=[compiled])]
    assert accounts(fine, STORED, answered=3)["clean"]
    assert accounts(fine, STORED | {"labels": []}, answered=3)["labels"]["lost"] == 1
    for changed, answered, name in (
        (STORED, 4, "scores_not_stored"),
        (STORED, 2, "scores_stored_twice"),
        (STORED | {"audit_problems": ["seq 3"]}, 3, "audit_problems"),
    ):
        found = accounts(fine, changed, answered=answered)
        assert (found["faults"][name], found["clean"]) == (1, False)
    wrong = Tally(differing=0.25, lost=1)
    bad = phase(
        labels=Block(errors=["submit answered 500"]),
        scores=wrong,
        compiles=[compiled | {"sha256": "y"}, compiled | {"state": "failed", "said": "No record can be used."}],
    )
    found = accounts([*fine, bad], STORED, answered=3)
    named = ("label_errors", "score_errors", "scores_differing", "compiles_failed", "compiles_of_other_bytes")
    assert {name: found["faults"][name] for name in named} == dict.fromkeys(named, 1)
    assert not found["clean"] and found["compiles"]["said"] == ["No record can be used."]


def test_a_slow_answer_beside_other_work_misses_the_target() -> None:
    slow = phase(labels=Block(submit=[0.6] * 20), compiles=[])
    assert accounts([slow], STORED | {"labels": []}, answered=3)["submit_target_met"] is False
    alone = phase(labels=Block(submit=[0.6] * 20))
    assert accounts([alone], STORED | {"labels": []}, answered=3)["submit_target_met"] is True
