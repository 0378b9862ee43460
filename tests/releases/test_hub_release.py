"""Releases in the hub: parent, hold-outs, corpus, export, releases made elsewhere."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from datasets_app.corpus.verify import verify_release
from datasets_app.models import ImmutableRow, Record, Release
from datasets_app.services import ReleaseChoices, ReleaseRefused, StoreReader, release_create
from datasets_app.services.publication import release_export_start, release_register
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.datasets.making import compiled, imported, jsonl, published, synthetic
from tests.personas import World
from tests.releases.making import change, line, plain, said, write


def make(world: World, version: str = "1.0.0", **choices: Any) -> Release:
    release = release_create(
        project=world.project, version=version, choices=ReleaseChoices(**choices), actor=world.user("data_engineer")
    )
    run_inline(release.job)
    return Release.objects.get(pk=release.pk)


def splits_of(release: Release) -> dict[str, str]:
    store, found = get_store(), {}
    for stat in store.list(f"{release.object_prefix}shards/"):
        for raw in store.read(stat.key).splitlines():
            found[json.loads(raw)["metadata"]["content_hash"]] = stat.key.split("/")[-2]
    return found


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_records_of_the_parent_keep_their_split_whatever_the_seed(world: World) -> None:
    synthetic(world.project, 120)
    published(world.project)
    parent = make(world, seed=1)
    synthetic(world.project, 60, seed=9)
    published(world.project, name="Round 2")
    child = make(world, "1.1.0", seed=2, parent=parent)
    assert child.state == "published", child.error
    before, after = splits_of(parent), splits_of(child)
    assert len(after) > len(before) and child.parent == parent
    stayed = [content for content in before if after[content] == before[content]]
    moved = {(before[content], after[content]) for content in before if after[content] != before[content]}
    # A new record may tie an old one of train to one of test: then test wins, never the other way round.
    assert {now for _, now in moved} <= {"test", "val"} and len(stayed) >= 0.95 * len(before)
    assert {content for content, split in before.items() if split == "test"} <= {
        content for content, split in after.items() if split == "test"
    }
    manifest = json.loads(get_store().read(f"{child.object_prefix}manifest.json"))
    assert manifest["parent"]["manifest_sha256"] == parent.manifest_sha256
    alone = make(world, "1.2.0", seed=2)
    assert splits_of(alone) != after


def test_hold_out_families_are_in_the_test_split_only(world: World) -> None:
    synthetic(world.project, 60)
    rows = [{"id": f"s{n}", "messages": [{"role": "user", "content": said(n)}]} for n in range(20)]
    imported(world.project, jsonl(rows), family="sarcasm")
    published(world.project)
    release = make(world, holdout_families=["sarcasm"])
    assert release.state == "published", release.error
    counts = release.counts["splits"]
    assert counts["test"]["families"]["sarcasm"] == 20
    assert "sarcasm" not in counts["train"]["families"] and "sarcasm" not in counts["val"]["families"]
    gate = next(gate for gate in release.gates if gate["gate"] == "split")
    assert gate["figures"] == {"holdout_families": 1, "held_out_in_test": 20, "outside_test": 0}


def test_near_duplicates_lie_in_one_split_or_one_of_them_stays(world: World) -> None:
    words = [said(n, 120) for n in range(60)]
    rows = [
        {"id": f"{n}-{copy}", "messages": [{"role": "user", "content": f"{text}{' again' * copy}"}]}
        for n, text in enumerate(words)
        for copy in (0, 1)
    ]
    imported(world.project, jsonl(rows))
    published(world.project)
    grouped, dropped = make(world, near_duplicates="group"), make(world, "1.0.1", near_duplicates="drop")
    assert (grouped.counts["total"], grouped.counts["clusters"]) == (120, 60)
    assert dropped.counts["total"] == 60
    reader = StoreReader(get_store(), grouped.object_prefix)
    assert verify_release(reader, near_duplicates=True).ok


def test_a_corpus_release_needs_no_labels_and_takes_the_types_of_the_input(world: World) -> None:
    synthetic(world.project, 40)
    imported(world.project, jsonl([{"messages": [{"role": "user", "content": said(n)}]} for n in range(30)]))
    with pytest.raises(ReleaseRefused, match="no published label snapshot"):
        make(world)
    release = make(world, kind="corpus")
    assert release.state == "published", release.error
    assert release.counts["label_sources"] == {"input": 40, "none": 30}
    assert release.snapshots.count() == 0
    report = verify_release(StoreReader(get_store(), release.object_prefix))
    assert report.ok, report.reasons


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"kind": "foreign"}, "labels or of the whole corpus"), ({"near_duplicates": "some"}, "Near-duplicates"),
        ({"holdout_families": ["nobody"]}, "Unknown families: nobody"), ({"seed": -1}, "seed"),
        ({"shares": {"train": 1.0, "val": 0.5, "test": 0.5}}, "sum to 1"), ({"kind": "corpus"}, "no usable record"),
    ],
)  # fmt: skip
def test_choices_that_cannot_be_are_refused(world: World, choices: dict[str, Any], message: str) -> None:
    with pytest.raises(ReleaseRefused, match=message):
        make(world, **choices)
    assert not Release.objects.exists()


def test_a_parent_of_another_project_or_unpublished_is_refused(world: World) -> None:
    synthetic(world.other_project, 20)
    published(world.other_project)
    synthetic(world.project, 20)
    published(world.project)
    foreign = compiled(world.other_project)
    unfinished = release_create(project=world.project, version="0.9.0", seed=0, actor=None)
    for parent in (foreign, unfinished):
        with pytest.raises(ReleaseRefused, match="parent must be a published release"):
            make(world, parent=parent)


def test_quality_stands_in_the_row_and_in_the_manifest(world: World) -> None:
    synthetic(world.project, 60)
    published(world.project)
    release = make(world)
    manifest = json.loads(get_store().read(f"{release.object_prefix}manifest.json"))
    assert release.quality["sample"] == 60 and len(release.quality["metrics"]) == 8
    metrics = {metric["name"]: metric["value"] for metric in release.quality["metrics"]}
    assert {name: found["value"] for name, found in manifest["params"]["quality"]["metrics"].items()} == metrics


def test_export_copies_verifies_and_is_done_once(world: World) -> None:
    synthetic(world.project, 40)
    published(world.project)
    release = make(world)
    result = json.loads(run("publish_release", "1.0.0", "--project", "alpha", "--json"))
    assert result["export_prefix"] == "exports/releases/v1.0.0/" and not result["registered"]
    reader = StoreReader(get_store(), "exports/releases/v1.0.0/")
    assert verify_release(reader, manifest_sha256=release.manifest_sha256).ok
    again = json.loads(run("publish_release", "1.0.0", "--project", "alpha", "--json"))
    assert again == result
    assert AuditEvent.objects.filter(action="release.export").count() == 1
    release.refresh_from_db()
    with pytest.raises(ReleaseRefused, match="exported already"):
        release_export_start(release=release, actor=None)
    with pytest.raises(ImmutableRow):
        release.save()


def test_a_damaged_release_is_not_exported_and_another_one_is_not_overwritten(world: World) -> None:
    synthetic(world.project, 40)
    published(world.project)
    store = get_store()
    for version in ("1.0.0", "1.0.1"):
        make(world, version)
    store.put("exports/releases/v1.0.0/manifest.json", b"{}")
    with pytest.raises(CommandError, match="Another release lies under"):
        run("publish_release", "1.0.0", "--project", "alpha")
    assert store.read("exports/releases/v1.0.0/manifest.json") == b"{}"
    store.put("releases/alpha/1.0.1/README.md", b"changed")
    with pytest.raises(CommandError, match=r"does not verify: README\.md"):
        run("publish_release", "1.0.1", "--project", "alpha")
    assert not store.exists("exports/releases/v1.0.1/manifest.json")
    with pytest.raises(CommandError, match="no published release 9"):
        run("publish_release", "9.9.9", "--project", "alpha")


def test_a_release_made_elsewhere_is_registered_after_a_full_verification(world: World, tmp_path: Path) -> None:
    root = write(tmp_path / "theirs", plain(200), version="2.0.0")
    result = json.loads(run("publish_release", str(root), "--project", "alpha", "--json"))
    release = Release.objects.get()
    assert (release.kind, release.state, release.version, result["registered"]) == (
        "foreign",
        "published",
        "2.0.0",
        True,
    )
    assert release.export_prefix == "exports/releases/v2.0.0/"
    assert release.quality["records"] == 200
    assert next(gate for gate in release.gates if gate["gate"] == "leakage")["figures"][
        "near_duplicates_across_splits"
    ] == 0  # fmt: skip
    assert verify_release(StoreReader(get_store(), release.object_prefix)).ok
    with pytest.raises(ReleaseRefused, match="exists already"):
        release_register(project=world.project, place=str(root), actor=None)
    other = release_register(project=world.other_project, place=f"file://{root}", actor=None)
    assert other.manifest_sha256 == release.manifest_sha256


def test_a_foreign_release_with_any_defect_is_refused_and_leaves_nothing(world: World, tmp_path: Path) -> None:
    twin = said(77, 120)
    leaking = write(tmp_path / "leak", [*plain(60), line(twin), line(f"{twin} again", split="test")], version="2.0.0")
    unscreened = write(
        tmp_path / "pii", [*plain(60), line(said(900), source="real", pii="unscanned")], version="2.0.1", pii="off"
    )
    unnamed = write(tmp_path / "name", plain(60), version="2.0.2")
    change(unnamed, lambda manifest: manifest.update(version="../../x"))
    broken = write(tmp_path / "broken", plain(60), version="2.0.3")
    (broken / "README.md").write_text("changed")
    for root, reason in (
        (leaking, "gate leakage"), (unscreened, "gate pii"), (unnamed, "names no version"), (broken, "README.md"),
        (tmp_path / "nowhere", "neither a folder"),
    ):  # fmt: skip
        with pytest.raises(ReleaseRefused, match=reason):
            release_register(project=world.project, place=str(root), actor=None)
    assert not Release.objects.exists()
    assert list(get_store().list("releases/")) == []


def test_records_that_changed_between_two_attempts_do_not_block_the_release(world: World) -> None:
    synthetic(world.project, 40)
    published(world.project)
    store = get_store()
    # As after a kill behind the upload: another manifest lies there, and the row is not published.
    store.put("releases/alpha/1.0.0/manifest.json", b'{"of": "an attempt that was killed"}')
    store.put("releases/alpha/1.0.0/shards/train/part-00009.jsonl", b"old words")
    release = make(world)
    assert release.state == "published", release.error
    assert verify_release(StoreReader(store, release.object_prefix), manifest_sha256=release.manifest_sha256).ok
    assert not any(b"old words" in store.read(stat.key) for stat in store.list("releases/"))


def test_the_command_takes_the_latest_release_as_parent_unless_told_otherwise(world: World) -> None:
    synthetic(world.project, 60)
    published(world.project)
    first = json.loads(run("compile_release", "1.0.0", "--project", "alpha", "--json"))
    second = json.loads(
        run("compile_release", "1.1.0", "--project", "alpha", "--seed", "5", "--json", "--holdout-family", "sarcasm")
    )
    third = json.loads(run("compile_release", "1.2.0", "--project", "alpha", "--no-parent", "--json"))
    assert (first["parent"], second["parent"], third["parent"]) == (None, "1.0.0", None)
    large = json.loads(
        run("compile_release", "2.0.0", "--project", "alpha", "--kind", "corpus", "--shares", "90/5/5", "--json")
    )
    assert large["kind"] == "corpus"
    with pytest.raises(CommandError, match="no published release 7"):
        run("compile_release", "3.0.0", "--project", "alpha", "--parent", "7.0.0")
    with pytest.raises(CommandError, match="90/5/5"):
        run("compile_release", "3.0.0", "--project", "alpha", "--shares", "90/9/9")
    assert Record.objects.count() == 60
    out = run("compare_releases", "1.0.0", "1.1.0", "--project", "alpha")
    assert "the test split is unseen" in out
