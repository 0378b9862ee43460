"""`build_stages`: shares, validators, copies, quarantine, manifest; the same bytes again, and after a kill."""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command

from datasets_app.corpus.__main__ import main
from datasets_app.corpus.engine import CompileCancelled, CompileError, Input, make_executor
from datasets_app.corpus.stages import FOUR_STAGES, MANIFEST, SEVEN_STAGES, BuildSettings, StageManifest, build_stages

from .making import read, record, records, reply, write

STAGE_NAMES = [rung.name for rung in FOUR_STAGES.rungs]


def described(address: Path, **fields: Any) -> Input:
    return Input(**({"address": str(address), "family": "mental_health_datasets"} | fields))


def built(folder: Path, source: Path, **fields: Any) -> tuple[Path, StageManifest]:
    """A ladder and its manifest, as it was written."""
    output = folder / "ladder"
    build_stages([described(source)], output, BuildSettings(**fields), workdir=folder / "work")
    return output, msgspec.json.decode((output / MANIFEST).read_bytes(), type=StageManifest)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four thousand records, and two rows that are none."""
    made = tmp_path_factory.mktemp("pool") / "pool.jsonl"
    return write(made, [*records(4_000), b"{broken\n", b'{"nothing": 1}\n'])


@pytest.fixture(scope="module")
def ladder(pool: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StageManifest]:
    return built(tmp_path_factory.mktemp("ladder"), pool)


def test_shares_hold_and_every_number_adds_up(pool: Path, ladder: tuple[Path, StageManifest]) -> None:
    folder, manifest = ladder
    rows = len(pool.read_bytes().splitlines())
    assert manifest.read == rows > 4_000
    assert (manifest.refused, manifest.refused_reasons) == (2, {"invalid_json": 1, "unknown_format": 1})
    assert manifest.adds_up and manifest.ratios_hold
    parts = manifest.refused + manifest.rejected + manifest.copies + manifest.left_out + manifest.total
    assert parts == rows
    assert manifest.rejected > 100 and manifest.copies > 50 and manifest.left_out > 100
    held = read(folder / "QUARANTINE.jsonl")
    assert len(held) == manifest.refused + manifest.rejected
    for rung in FOUR_STAGES.rungs:
        stage = manifest.stage_metrics[rung.name]
        lines = (folder / rung.file).read_bytes()
        assert manifest.files[rung.file].sha256 == hashlib.sha256(lines).hexdigest()
        assert len(lines.splitlines()) == stage.records == manifest.files[rung.file].records
        assert abs(100 * (stage.records / manifest.total - rung.share)) <= 0.5
        assert stage.seen == stage.rejected + stage.copies + stage.left_out + stage.records
        assert stage.rejected == sum(stage.reasons.values())
        assert sum(entry["stage"] == rung.name for entry in held) == stage.rejected


def test_no_edge_case_is_lost(pool: Path, ladder: tuple[Path, StageManifest]) -> None:
    folder, manifest = ladder
    wanted = {row["messages"][0]["content"] for row in read_sound(pool) if row.get("is_edge_case")}
    written = [row for rung in FOUR_STAGES.rungs for row in read(folder / rung.file)]
    kept = {row["messages"][0]["content"] for row in written if row["metadata"]["is_training_edge_case"]}
    assert kept == wanted and len(wanted) > 200
    assert sum(stage.edge_cases for stage in manifest.stage_metrics.values()) == len(wanted)
    bypassed = sum(sum(stage.bypassed.values()) for stage in manifest.stage_metrics.values())
    assert bypassed > 0, "some edge case would have failed a validator"


def read_sound(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines() if not line.startswith((b"{broken", b'{"noth'))]


def test_of_copies_the_highest_stage_stays(ladder: tuple[Path, StageManifest]) -> None:
    folder, manifest = ladder
    assert manifest.conflict_order == [4, 3, 2, 1]
    hashes = [row["metadata"]["content_hash"] for rung in FOUR_STAGES.rungs for row in read(folder / rung.file)]
    assert len(set(hashes)) == len(hashes) == manifest.total


def test_records_are_in_training_form(ladder: tuple[Path, StageManifest]) -> None:
    folder, _ = ladder
    for rung in FOUR_STAGES.rungs:
        found = read(folder / rung.file)[0]
        metadata = found["metadata"]
        assert [turn["role"] for turn in found["messages"]] == ["user", "assistant"]
        assert (metadata["stage"], metadata["stage_name"]) == (rung.number, rung.name)
        assert metadata["source"] == "synthetic" and metadata["quality_profile"] == rung.slug
        assert metadata["provenance"]["raw_sha256"] and metadata["record_hash"]
        assert ("voice_signature" in metadata) == (rung.number == 4)


def test_same_seed_same_bytes_whatever_the_order_units_and_workers(
    pool: Path, ladder: tuple[Path, StageManifest], tmp_path: Path
) -> None:
    expected = {name: data for name, data in bytes_of(ladder[0]).items() if name.startswith("MASTER")}
    lines = pool.read_bytes().splitlines(keepends=True)
    turned = write(tmp_path / "turned.jsonl", reversed(lines))
    executor = make_executor("pool", workers=2)
    try:
        build_stages(
            [described(turned)], tmp_path / "again", BuildSettings(unit_bytes=200_000), workdir=tmp_path / "w",
            executor=executor,
        )  # fmt: skip
    finally:
        executor.close()
    again = bytes_of(tmp_path / "again")
    assert {name: again[name] for name in expected} == expected
    other, _ = built(tmp_path / "other", pool, seed=2)
    assert {name: bytes_of(other)[name] for name in expected} != expected


def test_a_build_that_was_stopped_goes_on(pool: Path, ladder: tuple[Path, StageManifest], tmp_path: Path) -> None:
    told: list[Any] = []
    settings = BuildSettings(unit_bytes=200_000)
    with pytest.raises(CompileCancelled):
        build_stages(
            [described(pool)], tmp_path / "out", settings, workdir=tmp_path / "work", progress=told.append,
            cancelled=lambda: len(told) > 3,
        )  # fmt: skip
    assert not (tmp_path / "out").exists()
    report = build_stages([described(pool)], tmp_path / "out", settings, workdir=tmp_path / "work")
    assert 2 <= report.units_resumed < report.units
    again = bytes_of(tmp_path / "out")
    assert {name: data for name, data in again.items() if name != MANIFEST} == {
        name: data for name, data in bytes_of(ladder[0]).items() if name != MANIFEST
    }


@pytest.mark.parametrize(
    ("made", "reasons"),
    [
        (reply(record(1, 1), "curt"), "empathy_below"),
        (reply(record(1, 1), "none"), "no_reply"),
        (record(1, 2, messages=record(1, 1)["messages"]), "reasoning_below"),
        (record(1, 3, messages=reply(record(1, 3), "harsh")["messages"]), "safety_below"),
        (record(1, 4, metadata={"persona_id": ""}), "no_persona_id"),
        (record(1, 4, metadata={"voice_signature": None}), "no_voice_signature"),
        (reply(record(1, 4), "harsh"), "empathy_below, safety_below"),
        (record(1, 1, metadata={"scores": {"empathy": 0.54}}), "empathy_below"),
        (record(1, 1, metadata={"pii": "pending"}, is_edge_case=True), "pii_pending"),
    ],
)
def test_each_validator_rejects_with_its_reason(made: dict[str, Any], reasons: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [*(record(number, 1) for number in range(50, 60)), made])
    folder, manifest = built(tmp_path, source, without_empty_stages=True)
    (held,) = read(folder / "QUARANTINE.jsonl")
    assert (held["detail"], held["line"], json.loads(held["raw"])) == (reasons, 11, made)
    assert (manifest.rejected, manifest.adds_up) == (1, True)


@pytest.mark.parametrize(
    "made",
    [
        reply(record(1, 1), "curt") | {"is_edge_case": True},
        reply(record(1, 4), "harsh") | {"is_edge_case": True},
        record(1, 3, messages=reply(record(1, 3), "harsh")["messages"], crisis_type="self_harm", severity=4),
        record(1, 2, messages=record(1, 1)["messages"], metadata={"scores": {"reasoning": 0.65}}),
        record(1, 1, is_edge_case=True, messages=[{"role": "user", "content": "it is coming " * 30}]),
    ],
    ids=["edge case", "edge case of stage 4", "crisis override", "given score", "edge case in pieces"],
)
def test_what_is_let_through(made: dict[str, Any], tmp_path: Path) -> None:
    folder, manifest = built(tmp_path, write(tmp_path / "in.jsonl", [made]), without_empty_stages=True)
    assert (manifest.total, manifest.rejected) == (1, 0)
    assert read(folder / "QUARANTINE.jsonl") == []
    assert sum(stage.crisis_overrides for stage in manifest.stage_metrics.values()) == (made["severity"] == 4)


def test_bias_is_watched_and_rejects_nothing(tmp_path: Path) -> None:
    made = record(1, 2)
    made["messages"][1]["content"] += " Women are always like that."
    _, manifest = built(tmp_path, write(tmp_path / "in.jsonl", [made]), without_empty_stages=True)
    stage = manifest.stage_metrics["stage2_therapeutic_expertise"]
    assert (stage.bias_seen, stage.bias_flagged, stage.records) == ({"gender": 1}, 1, 1)


def test_an_edge_case_copied_to_a_higher_stage_stays_an_edge_case(tmp_path: Path) -> None:
    low = record(1, 1, is_edge_case=True, edge_case_kind="sarcasm")
    high = record(1, 4, messages=low["messages"])
    folder, _ = built(tmp_path, write(tmp_path / "in.jsonl", [low, high]), without_empty_stages=True)
    (kept,) = read(folder / "MASTER_stage4_voice_persona.jsonl")
    assert kept["metadata"]["is_training_edge_case"] is True
    assert kept["metadata"]["edge_case_kind"] == "sarcasm"


def test_too_many_edge_cases_are_all_kept_and_the_manifest_says_so(tmp_path: Path) -> None:
    rows = [record(n, stage) for stage in (1, 2, 3, 4) for n in range(stage * 100, stage * 100 + 20)]
    rows += [record(n, 3, is_edge_case=True, crisis_type="panic", severity=4) for n in range(900, 960)]
    _, manifest = built(tmp_path, write(tmp_path / "in.jsonl", rows))
    stage = manifest.stage_metrics["stage3_edge_stress_test"]
    assert (stage.records, stage.edge_cases, manifest.ratios_hold, manifest.adds_up) == (60, 60, False, True)


def test_empty_stage_is_an_error_unless_said(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [record(number, 1) for number in range(5)])
    with pytest.raises(CompileError, match="“Expertise and reasoning”"):
        built(tmp_path, source)
    _, manifest = built(tmp_path, source, without_empty_stages=True)
    assert manifest.total == 5 and len(manifest.empty_stages) == 3


def test_validation_and_test_splits_of_a_release_are_never_read(tmp_path: Path) -> None:
    for split, number in (("train", 1), ("val", 2), ("test", 3)):
        write(tmp_path / "release" / "shards" / split / "0.jsonl", [record(number, 1)])
    folder, manifest = built(tmp_path, tmp_path / "release", without_empty_stages=True)
    assert (manifest.read, manifest.held_back_objects) == (1, 2)
    assert [row["id"] for row in read(folder / "MASTER_stage1_foundation.jsonl")] == ["r1"]


def test_paths_name_family_and_stage_and_seven_stages_use_the_family(tmp_path: Path) -> None:
    long = record(1, 1)
    long["messages"] = long["messages"] * 10
    bare = {"messages": record(2, 1)["messages"], "is_edge_case": True}
    write(tmp_path / "s" / "gdrive" / "processed" / "cptsd" / "a.jsonl", [bare])
    write(tmp_path / "s" / "long_running_therapy" / "b.jsonl", [{"messages": long["messages"]}])
    write(tmp_path / "s" / "rest.jsonl", [record(3, 1), record(4, 3, metadata={"roleplay_style": "therapeutic"})])
    folder, manifest = built(tmp_path, tmp_path / "s", ladder="seven", without_empty_stages=True)
    found = {name: stage.seen - stage.rejected for name, stage in manifest.stage_metrics.items() if stage.seen}
    assert found == {
        "stage1_foundation_dialogue": 1,
        "stage5_long_running_therapy": 1,
        "stage6_specialised_domains": 1,
        "stage7_simulator_tasks": 1,
    }
    (kept,) = read(folder / "MASTER_stage6_specialised_domains.jsonl")
    assert kept["metadata"]["source_family"] == "cptsd"
    assert [rung.share for rung in SEVEN_STAGES.rungs] == [0.25, 0.2, 0.15, 0.15, 0.1, 0.1, 0.05]


def test_commands_print_the_manifest_and_say_by_their_exit_code(
    pool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stages", str(pool), "--dry-run", "--total", "1500", "--json"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert (manifest["total"], manifest["files"], manifest["quarantine"]) == (1500, {}, None)
    call_command("build_stages", str(pool), "--output", str(tmp_path / "out"), "--total", "1400")
    said = capsys.readouterr().out
    assert "the shares hold" in said and "1,400 in the ladder" in said
    with pytest.raises(SystemExit) as ended:
        call_command("build_stages", str(pool), "--output", str(tmp_path / "out"))
    assert ended.value.code == 1
    assert main(["stages", str(tmp_path / "nowhere.jsonl"), "--dry-run"]) == 2
