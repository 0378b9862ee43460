"""Verification of a release by its bytes: what is changed is found and named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.manifest import manifest_digest, write_release
from datasets_app.corpus.splits import SplitItem, assign_splits
from datasets_app.corpus.synthesis import generate
from datasets_app.corpus.verify import FolderReader, VerifyReport, verify_release
from pixelhub.canonical import canonical_json, sha256_file, sha256_hex

SHARD = "shards/train/part-00000.jsonl"


def release_lines(count: int = 60) -> list[tuple[str, dict[str, Any]]]:
    samples = {content_hash(sample["conversation"]): sample for sample in generate(count, 11)}
    items = [
        SplitItem(content, sample["crisis_type"], (f"a:{n % 40}",))
        for n, (content, sample) in enumerate(samples.items())
    ]
    placed = assign_splits(items, seed=4)
    return [
        (placed[content].split, line_of(content, samples[content], placed[content].group))
        for content in sorted(samples)
    ]


def line_of(content: str, sample: dict[str, Any], group: str) -> dict[str, Any]:
    return {
        "id": sample["id"], "messages": sample["conversation"], "crisis_type": sample["crisis_type"],
        "severity": sample["severity"], "confidence": sample["confidence"],
        "metadata": {
            "content_hash": content, "record_hash": "r", "source_family": "sarcasm", "stage": 1, "source": "synthetic",
            "is_training_edge_case": sample["is_edge_case"], "edge_case_kind": sample["edge_case_kind"], "group": group,
            "provenance": {
                "snapshot_sha256": "a" * 64, "snapshot_number": 1, "decided_by": "majority",
                "annotations": [{"id": 1, "sha256": "b" * 64, "annotator": "c"}], "import_batch": 1,
                "import_sha256": "d" * 64, "line": 1, "simulated": True,
            },
        },
    }  # fmt: skip


def write(root: Path, lines: list[tuple[str, dict[str, Any]]] | None = None) -> dict[str, Any]:
    lines = release_lines() if lines is None else lines
    root.mkdir(parents=True)
    return write_release(
        root, lines, project="alpha", version="1.0.0", params={"seed": 4},
        snapshots=[{"number": 1, "labels": 60, "used": 60, "simulated": True, "sha256": "a" * 64}],
        edge_cases_expected=sum(line["metadata"]["is_training_edge_case"] for _, line in lines), shard_lines=20,
    )  # fmt: skip


def resign(root: Path) -> None:
    """What a careful forger does: hashes, sizes and the manifest's own hash set right again."""
    manifest = json.loads((root / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        path = root / entry["path"]
        entry |= {"sha256": sha256_file(path), "bytes": path.stat().st_size}
        if entry["split"]:
            entry["lines"] = path.read_bytes().count(b"\n")
    manifest["sha256"] = manifest_digest(manifest)
    (root / "manifest.json").write_bytes(canonical_json(manifest))


def check(root: Path, **options: Any) -> VerifyReport:
    return verify_release(FolderReader(root), **options)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write(tmp_path / "release")
    return tmp_path / "release"


def test_written_release_verifies_and_is_byte_identical(tmp_path: Path, release: Path) -> None:
    assert check(release).reasons == []
    write(tmp_path / "again")
    names = sorted(path.relative_to(release) for path in release.rglob("*") if path.is_file())
    assert all((tmp_path / "again" / name).read_bytes() == (release / name).read_bytes() for name in names)
    assert len(names) > 5


def test_any_flipped_byte_is_found_in_its_file(release: Path) -> None:
    for path in sorted(release.rglob("*")):
        if path.is_dir():
            continue
        original = path.read_bytes()
        name = path.relative_to(release).as_posix()
        for place in range(0, len(original), max(1, len(original) // 40)):
            damaged = bytearray(original)
            damaged[place] ^= 1
            path.write_bytes(damaged)
            report = check(release)
            assert not report.ok, (name, place)
            assert any(reason.startswith(f"{name}:") for reason in report.reasons), (name, place, report.reasons)
        path.write_bytes(original)
    assert check(release).ok


def damage_missing(root: Path) -> None:
    (root / SHARD).unlink()


def damage_extra(root: Path) -> None:
    (root / "shards/train/extra.jsonl").write_text("{}")


def damage_link(root: Path) -> None:
    shutil.move(root / SHARD, root.parent / "elsewhere")
    (root / SHARD).symlink_to(root.parent / "elsewhere")


def damage_leak(root: Path) -> None:
    line = (root / SHARD).read_bytes().splitlines()[0]
    with (root / "shards/test/part-00000.jsonl").open("ab") as stream:
        stream.write(line + b"\n")
    resign(root)


def damage_group(root: Path) -> None:
    groups = [json.loads(line)["metadata"]["group"] for line in (root / SHARD).read_bytes().splitlines()]
    path = root / "shards/test/part-00000.jsonl"
    first, *rest = path.read_bytes().splitlines()
    line = json.loads(first)
    line["metadata"]["group"] = groups[0]
    path.write_bytes(b"\n".join([canonical_json(line), *rest]) + b"\n")
    resign(root)


def damage_text(root: Path) -> None:
    path = root / SHARD
    first, *rest = path.read_bytes().splitlines()
    line = json.loads(first)
    line["messages"][0]["content"] += " changed"
    path.write_bytes(b"\n".join([canonical_json(line), *rest]) + b"\n")
    resign(root)


def damage_count(root: Path) -> None:
    path = root / SHARD
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[1:]) + b"\n")
    resign(root)


def damage_label(root: Path) -> None:
    path = root / SHARD
    path.write_bytes(path.read_bytes().replace(b'"severity":3', b'"severity":9', 1))
    resign(root)


def damage_split_folder(root: Path) -> None:
    manifest = json.loads((root / "manifest.json").read_bytes())
    entry = next(item for item in manifest["files"] if item["path"] == SHARD)
    entry["split"] = "test"
    manifest["sha256"] = manifest_digest(manifest)
    (root / "manifest.json").write_bytes(canonical_json(manifest))


@pytest.mark.parametrize(
    ("damage", "name", "reason"),
    [
        (damage_missing, SHARD, "is missing"),
        (damage_extra, "shards/train/extra.jsonl", "not in the manifest"),
        (damage_link, SHARD, "is a link"),
        (damage_leak, SHARD, "also in"),
        (damage_group, SHARD, "belongs to group"),
        (damage_text, SHARD, "does not match its content hash"),
        (damage_count, "manifest.json", "counts differ"),
        (damage_label, SHARD, "line"),
        (damage_split_folder, SHARD, "another split"),
    ],
)
def test_damage_is_named(release: Path, damage: Callable[[Path], None], name: str, reason: str) -> None:
    damage(release)
    report = check(release)
    assert not report.ok
    # Where two files disagree either may be the one that is named.
    assert any(reason in found and (found.startswith(name) or "part-" in found) for found in report.reasons), (
        report.reasons
    )


def test_lost_edge_cases_are_named_even_when_all_hashes_are_right(tmp_path: Path) -> None:
    lines = release_lines()
    root = tmp_path / "release"
    manifest = write(root, lines)
    kept = [(split, line) for split, line in lines if not line["metadata"]["is_training_edge_case"]]
    shutil.rmtree(root)
    write(root, kept)
    small = json.loads((root / "manifest.json").read_bytes())
    small["edge_cases"]["in_snapshots"] = manifest["edge_cases"]["in_snapshots"]
    small["sha256"] = manifest_digest(small)
    (root / "manifest.json").write_bytes(canonical_json(small))
    assert any("edge cases were lost" in reason for reason in check(root).reasons)


def test_pinned_hash_finds_a_whole_other_release(release: Path) -> None:
    digest = sha256_hex((release / "manifest.json").read_bytes())
    assert check(release, manifest_sha256=digest).ok
    assert "is not the manifest that was recorded" in check(release, manifest_sha256="0" * 64).reasons[0]


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"format":"pixelhub.release/1","files":[{"path":"../x"}]}',
     b'{"format":"pixelhub.release/1","files":5}', b'{"format":"pixelhub.release/1","files":[]}'],
)  # fmt: skip
def test_hostile_manifest_is_a_reason_and_no_crash(tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)
    report = check(tmp_path)
    assert not report.ok and report.reasons[0].startswith("manifest.json:")


def test_command_without_django_says_what_is_wrong(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(release)]) == 0
    damage_missing(release)
    assert main(["verify", str(release), "--json"]) == 1
    assert f"{SHARD}: is missing" in capsys.readouterr().out
    assert main(["verify", str(release / "nowhere")]) == 2


def test_line_out_of_order_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="order"):
        write(tmp_path / "release", list(reversed(release_lines())))
