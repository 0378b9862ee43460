"""Comparing two releases: added, removed, moved, relabelled, and what was trained on and is now tested."""

from pathlib import Path

import pytest

from datasets_app.corpus.compare import NotARelease, compare_releases
from datasets_app.corpus.verify import FolderReader
from tests.releases.making import line, plain, said, write


def test_every_difference_is_counted_and_named(tmp_path: Path) -> None:
    kept = plain(60)
    gone, fresh = line(said(800)), line(said(801), split="val")
    moved = said(802)
    relabelled = said(803)
    old = [*kept, gone, line(moved, split="train"), line(relabelled, crisis_type="panic")]
    new = [*kept, fresh, line(moved, split="test"), line(relabelled, crisis_type="panic", severity=5)]
    found = compare_releases(
        FolderReader(write(tmp_path / "old", old)), FolderReader(write(tmp_path / "new", new, version="2.0.0"))
    )
    assert (found["old"]["records"], found["new"]["records"], found["kept"]) == (63, 63, 62)
    assert found["new"]["version"] == "2.0.0"
    assert found["removed"] == {"count": 1, "examples": [gone[1]["metadata"]["content_hash"][:39]]}
    assert found["added"] == {"count": 1, "examples": [fresh[1]["metadata"]["content_hash"][:39]]}
    assert (found["moved"]["count"], found["moved"]["ways"]) == (1, {"train → test": 1})
    assert found["relabelled"]["ways"] == {"panic 3 → panic 5": 1}
    assert found["contamination"]["trained_before_tested_now"]["count"] == 1
    changed = [row for row in found["counts"] if row["kind"] == "types"]
    assert changed == [
        {"split": "train", "kind": "types", "name": "none", "old": 2, "new": 0},
        {"split": "val", "kind": "types", "name": "none", "old": 0, "new": 1},
        {"split": "test", "kind": "types", "name": "none", "old": 0, "new": 1},
    ]
    assert all(gate["old"] == gate["new"] for gate in found["gates"])


def test_a_near_duplicate_of_old_training_text_in_the_new_test_is_contamination(tmp_path: Path) -> None:
    words = said(810, 120)
    tested = line(words.replace("810", "eight hundred and ten"), split="test")
    harmless = line(said(811, 120), split="test")
    old = FolderReader(write(tmp_path / "old", [*plain(40), line(words)]))
    new = FolderReader(write(tmp_path / "new", [*plain(40, first=100), tested, harmless]))
    near = compare_releases(old, new)["contamination"]["near_duplicates"]
    assert near == {"pairs": 1, "tested": 1, "examples": [tested[1]["metadata"]["content_hash"]], "complete": True}
    assert compare_releases(old, new, near_duplicates=False)["contamination"]["near_duplicates"] is None
    assert compare_releases(new, new)["contamination"]["near_duplicates"]["pairs"] == 0


def test_a_release_does_not_differ_from_itself(tmp_path: Path) -> None:
    reader = FolderReader(write(tmp_path / "r", plain(60)))
    found = compare_releases(reader, reader)
    assert found["kept"] == 60 and found["counts"] == []
    assert [found[name]["count"] for name in ("added", "removed", "moved", "relabelled")] == [0, 0, 0, 0]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"files": 5}', '{"files": [{"split": "train", "path": "x"}]}'])
def test_what_is_no_release_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    sound = FolderReader(write(tmp_path / "r", plain(20)))
    with pytest.raises(NotARelease):
        compare_releases(sound, FolderReader(tmp_path))
