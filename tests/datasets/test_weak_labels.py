"""Weak labels: what a rule says, how it is told apart in snapshots, releases and datasheets, and that people win."""

import json
from pathlib import Path

import pytest

from datasets_app.corpus.datasheet import datasheet
from datasets_app.corpus.weak import excerpt_label, excerpt_of, rule_sha256, weak_label
from datasets_app.models import ImportBatch, LabelSnapshot, Record, Release
from datasets_app.services import (
    SnapshotLabelInput,
    SnapshotRefused,
    import_start,
    release_create,
    snapshot_publish,
    snapshot_publish_generated,
    snapshot_publish_weak,
)
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.personas import World

CALM, SAD, PLAN = "I baked bread with my sister", "everything is grey and heavy", "I am going to kill myself tonight"


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("text", "among", "expected"),
    [
        (PLAN, True, ("immediate_harm", "place_and_screening", False)),
        (SAD, True, ("passive_ideation", "place_alone", False)),
        (CALM, False, ("none", "elsewhere", False)),
        # The words outweigh the place, and a person should look: it is an edge case, never left out.
        (PLAN, False, ("immediate_harm", "screening_over_place", True)),
    ],
)
def test_rules_of_place_and_words(text: str, among: bool, expected: tuple[str, str, bool]) -> None:
    found = weak_label(said(text), among_crises=among)
    assert (found.crisis_type, found.rule, found.is_edge_case) == expected
    assert (found.severity is None) == (found.crisis_type == "none")
    assert len(rule_sha256(found.rule)) == 64


def test_an_excerpt_is_a_sentence_that_bears_its_label_alone() -> None:
    filler = "We went to the lake with all of our friends and it rained the whole day long. " * 4
    post = f"{filler}I want to die. {filler}"
    assert excerpt_of(post, among_crises=True, seed=3) == "I want to die."
    assert excerpt_label("I want to die.").crisis_type == "passive_ideation"
    assert excerpt_of(filler, among_crises=True, seed=3) == ""
    assert excerpt_of(filler, among_crises=False, seed=3) in filler
    assert excerpt_of("I want to die.", among_crises=True, seed=3) == ""


def brought_in(world: World, tmp_path: Path, name: str, rows: list[dict[str, object]], source: str) -> ImportBatch:
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    batch = import_start(
        project=world.project,
        source=source,
        family="mental_health_datasets",
        file=path,
        file_name=name,
        actor=world.user("data_engineer"),
    )
    assert batch.job is not None
    run_inline(batch.job)
    batch.refresh_from_db()
    assert batch.accepted == len(rows)
    return batch


def test_weak_labels_are_told_apart_from_click_to_datasheet(world: World, tmp_path: Path) -> None:
    actor = world.user("data_engineer")
    posts = [{"id": f"p{n}", "text": f"{text}, number {n}"} for n, text in enumerate([PLAN, SAD, CALM] * 8)]
    real = brought_in(world, tmp_path, "posts.jsonl", posts, "real")
    made_up = [
        {"id": f"g{n}", "text": f"Leg day is killing me, week {n} of it", "crisis_type": "none"} for n in range(12)
    ]
    generated = brought_in(world, tmp_path, "generated.jsonl", made_up, "synthetic")

    weak = snapshot_publish_weak(
        project=world.project,
        records=Record.objects.filter(import_batch=real),
        label_of=lambda record: weak_label(record.messages, among_crises=True),
        name="Posts",
        actor=actor,
    )
    assert weak.made_by == LabelSnapshot.MadeBy.RULES
    assert weak.origin["rules"]["place_and_screening"] >= 8
    with pytest.raises(SnapshotRefused, match="only what a generator wrote"):
        snapshot_publish_generated(
            project=world.project, records=Record.objects.filter(import_batch=real), name="No", actor=actor
        )
    snapshot_publish_generated(
        project=world.project, records=Record.objects.filter(import_batch=generated), name="Generated", actor=actor
    )
    # A person's label of one of the posts, published before or after, stands.
    read = Record.objects.get(external_id="p2")
    by_person = SnapshotLabelInput(
        record_id=read.pk,
        crisis_type="panic",
        severity=3,
        confidence=0.9,
        is_edge_case=False,
        edge_case_kind="",
        decided_by="unanimous",
        annotators=["A-1"],
        annotations=[{"id": 1, "sha256": "0" * 64, "annotator": "A-1"}],
    )
    with pytest.raises(SnapshotRefused, match="never mixed"):
        snapshot_publish(
            project=world.project,
            name="Mixed",
            labels=[by_person],
            origin={},
            simulated=False,
            actor=actor,
            made_by=LabelSnapshot.MadeBy.RULES,
        )
    snapshot_publish(project=world.project, name="People", labels=[by_person], origin={}, simulated=False, actor=actor)
    snapshot_publish_weak(
        project=world.project,
        records=Record.objects.filter(pk=read.pk),
        label_of=lambda record: weak_label(record.messages, among_crises=True),
        name="Posts again",
        actor=actor,
    )

    release = release_create(project=world.project, version="1.0.0", actor=actor)
    assert release.job is not None
    run_inline(release.job)
    release = Release.objects.get(pk=release.pk)
    assert release.state == Release.State.PUBLISHED, release.error
    assert release.counts["label_sources"] == {"annotators": 1, "generator": 12, "weak": 23}
    store = get_store()
    with store.open(f"{release.object_prefix}manifest.json") as stream:
        manifest = json.loads(stream.read())
    assert "**23 of 36 labels are weak" in datasheet(manifest)
    lines = [
        json.loads(line)
        for entry in manifest["files"]
        if entry["split"]
        for line in store.open(release.object_prefix + entry["path"]).read().splitlines()
    ]
    labels = {line["id"]: line for line in lines}
    assert (labels["p2"]["crisis_type"], labels["p2"]["label_source"]) == ("panic", "annotators")
    assert labels["p0"]["label_source"] == "weak"
    assert labels["p0"]["metadata"]["provenance"]["annotations"][0]["id"] == "place_and_screening"

    client = world.client("data_engineer")
    assert "rules: weak labels" in client.get("/datasets/snapshots/").content.decode()
    page = client.get(f"/datasets/releases/{release.pk}/").content.decode()
    assert "23 of 36 labels are weak" in page
