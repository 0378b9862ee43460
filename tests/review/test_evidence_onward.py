"""From an annotation, a label, a record, a release, a run, a version to all that rests on it; and who may follow."""

from __future__ import annotations

import json
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.models import Annotation, Round, RoundAnnotator
from datasets_app.models import LabelSnapshot, Record, Release, SnapshotLabel
from datasets_app.services import SnapshotLabelInput, snapshot_publish
from inference.models import ScoreLog
from pixelhub.canonical import canonical_json
from pixelhub.objects import get_store
from review import onward
from review.onward.placement import Shard, find_line, placements
from review.search import search_evidence
from tests.personas import World
from tests.review.real_path import log_score, walk
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db


def told(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("evidence", *arguments, "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert isinstance(found, dict)
    return found


def in_split(split: str) -> SnapshotLabel:
    """A label whose record lies in this split of the release, found by reading every line."""
    release, store = Release.objects.get(), get_store()
    for stat in store.list(f"{release.object_prefix}shards/{split}/"):
        for raw in store.read(stat.key).splitlines():
            return SnapshotLabel.objects.get(record__content_hash=json.loads(raw)["metadata"]["content_hash"])
    raise AssertionError(f"nothing in {split}")


def test_everything_that_rests_on_a_click_is_followed_to_the_scores(world: World) -> None:
    staged, score = walk(world)
    assert score.deployment is not None
    log_score(score.deployment)
    label = in_split("train")
    annotation = Annotation.objects.get(pk=label.annotations[0]["id"])
    release, run, version = staged.version.release, staged.version.run, staged.version

    for kind, name in [
        ("annotation", str(annotation.pk)),
        ("annotation", annotation.sha256),
        ("label", str(label.pk)),
        ("sample", str(label.record_id)),
        ("record", label.record.content_hash),
    ]:
        found = told(kind, name)
        assert found["counts"] == {
            "snapshots": 1,
            "releases": 1,
            "runs": 1,
            "versions": 1,
            "production": 1,
            "scores": 2,
        }, (kind, found)
        assert found["snapshots"][0]["sha256"] == label.snapshot.sha256
        assert found["releases"] == [
            {"version": release.version, "split": "train", "manifest_sha256": release.manifest_sha256}
        ]
        assert found["runs"][0] == {"id": run.pk, "name": run.name, "uses": "learned from it"}
        assert found["versions"][0]["bundle_sha256"] == version.bundle_sha256
        assert found["production"][0]["scores"] == 2
        assert found["notes"] == []
    tested = told("record", str(in_split("test").record_id))
    assert (tested["releases"][0]["split"], tested["runs"][0]["uses"]) == ("test", "was measured with it")
    counted = {"runs": 1, "versions": 1, "production": 1, "scores": 2}
    assert told("release", release.version)["counts"] == counted
    assert told("release", str(release.pk), "--project", staged.project.slug)["counts"] == counted
    assert told("run", str(run.pk))["counts"] == {"versions": 1, "production": 1, "scores": 2}
    assert told("version", version.version)["counts"] == {"versions": 1, "production": 1, "scores": 2}
    assert told("snapshot", "1")["counts"]["scores"] == 2
    assert told("score", str(score.pk))["ok"] is True

    pages_and_people(world, label, annotation, version.pk)
    the_search(world, label, annotation, staged, score)
    what_the_release_left_out(label, release)


def pages_and_people(world: World, label: SnapshotLabel, annotation: Annotation, version: int) -> None:
    keys = {"annotation": annotation.pk, "label": label.pk, "record": label.record_id, "snapshot": label.snapshot_id}
    keys |= {"release": Release.objects.get().pk, "run": Release.objects.get().training_runs.get().pk}
    urls = {kind: reverse(f"review:evidence_{kind}", args=[pk]) for kind, pk in (keys | {"version": version}).items()}
    words = [message["content"] for message in label.record.messages]
    for kind, url in urls.items():
        page = world.client("pm").get(url).content.decode()
        assert "Scores served" in page and f"evidence {kind}" in page, kind
        assert not any(word in page for word in words), kind
        assert world.outsider_client("pm").get(url).status_code == 404, kind
        assert world.anonymous().get(url).status_code == 302, kind
        own = world.client("annotator", n=1).get(url)
        assert own.status_code == (
            200 if kind == "annotation" and annotation.annotator == own.wsgi_request.user else 403
        )

    mine = Annotation.objects.filter(annotator=world.user("annotator")).first()
    others = Annotation.objects.exclude(annotator=world.user("annotator")).first()
    assert mine and others
    page = world.client("annotator").get(reverse("review:evidence_annotation", args=[mine.pk])).content.decode()
    assert "How far your work has travelled" in page and "Scores served" in page
    assert reverse("review:evidence_version", args=[version]) not in page, "figures only"
    assert Release.objects.get().manifest_sha256 not in page
    url = reverse("review:evidence_annotation", args=[others.pk])
    assert world.client("annotator").get(url).status_code == 403

    # Somebody of QA who labels in an open round sees nothing of what others said in it, here or in the search.
    qa, round = world.user("qa"), others.item.round
    assert world.client("qa").get(url).status_code == 200
    before = round.state
    RoundAnnotator.objects.create(round=round, annotator=qa)
    Round.objects.filter(pk=round.pk).update(state=Round.State.OPEN)
    assert world.client("qa").get(url).status_code == 403
    assert search_evidence(qa, others.sha256) == []
    assert search_evidence(world.user("annotator"), others.sha256) == []
    Round.objects.filter(pk=round.pk).update(state=before)
    assert [hit.kind for hit in search_evidence(qa, others.sha256)] == ["Annotation"]


def the_search(world: World, label: SnapshotLabel, annotation: Annotation, staged: Staged, score: ScoreLog) -> None:
    pm, version = world.client("pm"), staged.version
    search = reverse("review:evidence_search")

    def leads_to(text: str) -> str:
        answer = pm.get(search, {"q": text})
        return str(answer.get("Location", "")) if answer.status_code == 302 else answer.content.decode()

    content = label.record.content_hash
    for text, name, pk in [
        (str(score.pk), "evidence", score.pk),
        (annotation.sha256[:16], "evidence_annotation", annotation.pk),
        (f"annotation {annotation.pk}", "evidence_annotation", annotation.pk),
        (content, "evidence_record", label.record_id),
        (content.removeprefix("sha256:")[:12].upper(), "evidence_record", label.record_id),
        (f"record {label.record_id}", "evidence_record", label.record_id),
        (label.label_sha256[:20], "evidence_label", label.pk),
        (version.bundle_sha256[:10], "evidence_version", version.pk),
        (version.release.manifest_sha256[:10], "evidence_release", version.release_id),
        (label.snapshot.sha256[:10], "evidence_snapshot", label.snapshot_id),
        (version.run.config_sha256[:10], "evidence_run", version.run_id),
        (f"version {version.version}", "", 0),
        (label.record.external_id, "evidence_record", label.record_id),
    ]:
        answer = leads_to(text)
        if name:
            assert answer == reverse(f"review:{name}", args=[pk]), text
        else:
            assert reverse("review:evidence_version", args=[version.pk]) in answer, "release and version of one number"
    page = leads_to(str(label.record_id))
    assert reverse("review:evidence_record", args=[label.record_id]) in page, "a bare number is of any kind"
    scores = pm.get(search, {"q": score.content_hash}).content.decode()
    assert all(str(pk) in scores for pk in ScoreLog.objects.values_list("pk", flat=True))
    for text in ["", "nothing", "\x00", "' OR 1=1", "9" * 40, "sha256:", "ab"]:
        assert search_evidence(world.user("pm"), text) == [], text
    assert "Nothing of that name" in leads_to("nothing")
    assert search_evidence(world.outsider("pm"), content) == []
    assert search_evidence(world.user("annotator"), content) == [], "records are not an annotator's to find"
    assert {hit.kind for hit in search_evidence(world.user("administrator"), str(score.pk))} == {"Score"}


def what_the_release_left_out(label: SnapshotLabel, release: Release) -> None:
    """A later snapshot that no release was compiled from; one whose label a release passed over; a lost manifest."""
    later = SnapshotLabel.objects.get(pk=label.pk)
    snapshot = LabelSnapshot.objects.get(pk=label.snapshot_id)
    snapshot.pk, snapshot.number, snapshot.sha256 = None, 2, "e" * 64
    snapshot._state.adding = True
    snapshot.save()
    later.pk, later.snapshot, later.annotations = None, snapshot, []
    later._state.adding = True
    later.save()
    assert onward.onward_of_label(later).counts["releases"] == 0
    release.snapshots.add(snapshot)
    passed_over = onward.onward_of_label(later)
    assert passed_over.counts["releases"] == 0
    assert f"without it ({release.version})" in passed_over.notes[0]
    assert onward.onward_of_label(label).counts["releases"] == 1, "the release carries the first snapshot's"
    get_store().delete(f"{release.object_prefix}manifest.json")
    assert "cannot be read as they were published" in onward.onward_of_label(label).notes[0]


def test_children_of_a_label_are_followed_to_releases_that_hold_only_them(staged: Staged) -> None:
    """And children of children; a label that names another digest is no child."""
    first, second, third, other = Record.objects.filter(project=staged.project)[:4]
    label = published(staged, first, [{"id": 1, "sha256": "1" * 64, "annotator": "A"}], "adjudicated")
    child = published(staged, second, [reference(label)], "parent")
    grandchild = published(staged, third, [reference(child)], "reviewer")
    published(staged, other, [reference(label) | {"sha256": "2" * 64}], "parent")
    assert onward.onward_of_label(label).counts["releases"] == 0
    for number, one in enumerate([child, grandchild]):
        add_release(staged, one.record, number, one.snapshot)
    for found in (onward.onward_of_label(label), onward.onward_of_record(first)):
        assert [held.release.version for held in found.releases] == ["9.0.0", "9.0.1"]
        assert {held.split for held in found.releases} == {"train"}
        assert "2 labels of children made of it. Releases by these alone: 9.0.0, 9.0.1." in found.notes
        assert {each.number for each in found.snapshots} == {
            each.snapshot.number for each in (label, child, grandchild)
        }
    assert [held.release.version for held in onward.onward_of_label(child).releases] == ["9.0.0", "9.0.1"]
    assert [held.release.version for held in onward.onward_of_label(grandchild).releases] == ["9.0.1"]


def published(staged: Staged, record: Record, annotations: list[dict[str, Any]], decided_by: str) -> SnapshotLabel:
    """A snapshot of one label."""
    snapshot = snapshot_publish(
        project=staged.project,
        actor=None,
        name="One label",
        labels=[
            SnapshotLabelInput(
                record_id=record.pk,
                crisis_type="none",
                severity=None,
                confidence=1.0,
                is_edge_case=False,
                edge_case_kind="",
                decided_by=decided_by,
                annotators=[],
                annotations=annotations,
            )
        ],
        origin={},
        simulated=True,
        made_by=LabelSnapshot.MadeBy.ANNOTATORS if decided_by == "adjudicated" else LabelSnapshot.MadeBy.AUGMENTATION,
    )
    return snapshot.labels.get()


def reference(label: SnapshotLabel) -> dict[str, Any]:
    return {"id": f"record-{label.record_id}", "sha256": label.label_sha256, "annotator": "parent"}


@pytest.mark.parametrize(
    "arguments", [("record", "999999"), ("nonsense", "1"), ("version", "9.9.9"), ("record", "x\x00")]
)
def test_the_command_refuses_what_is_not_there(arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("evidence", *arguments)


def test_a_record_in_fifty_releases_takes_as_many_queries_as_one_in_one(staged: Staged) -> None:
    """And opens two or three pieces of each release's files, not the files."""
    record = Record.objects.filter(project=staged.project).first()
    assert record is not None
    add_release(staged, record, 0)
    with CaptureQueriesContext(connection) as before:
        assert onward.onward_of_record(record).counts["releases"] == 1
    for number in range(1, 50):
        add_release(staged, record, number)
    with CaptureQueriesContext(connection) as after:
        assert onward.onward_of_record(record).counts["releases"] == 50
    assert len(after) == len(before)


def add_release(staged: Staged, record: Record, number: int, snapshot: LabelSnapshot | None = None) -> None:
    """A published release of forty lines and this record's, in one file; with its label in a snapshot, if given."""
    store, prefix = get_store(), f"releases/fifty/{number}/"
    others = [line(f"sha256:{key:064x}") for key in range(number, 2**256, 2**256 // 40)]
    shard = b"".join(sorted([*others, line(record.content_hash, said=snapshot)]))
    store.put(f"{prefix}shards/train/part-00000.jsonl", shard)
    entry = {"path": "shards/train/part-00000.jsonl", "split": "train", "bytes": len(shard)}
    store.put(f"{prefix}manifest.json", canonical_json({"files": [entry]}))
    release = Release.objects.create(
        project=staged.project,
        version=f"9.0.{number}",
        state=Release.State.PUBLISHED,
        object_prefix=prefix,
        manifest_sha256="d" * 64,
    )
    if snapshot is not None:
        release.snapshots.add(snapshot)


def line(content_hash: str, filling: int = 0, said: LabelSnapshot | None = None) -> bytes:
    """A line as a release has it, of whatever length, with the label of a snapshot or none."""
    provenance = {"provenance": {"snapshot_sha256": said.sha256}} if said else {}
    return canonical_json({"metadata": {"content_hash": content_hash} | provenance, "text": "x" * filling}) + b"\n"


@settings(max_examples=60)
@given(
    hashes=st.sets(st.integers(0, 2**256 - 1), min_size=2, max_size=60),
    filling=st.lists(st.sampled_from([0, 3, 70, 700]), min_size=60, max_size=60),
    cut=st.integers(1, 59),
    piece=st.sampled_from([64, 200, 4096]),
)
def test_every_line_is_found_whatever_its_length_and_nothing_else(
    hashes: set[int], filling: list[int], cut: int, piece: int
) -> None:
    store = get_store()
    names = sorted(f"sha256:{value:064x}" for value in hashes)
    absent = names.pop(len(names) // 2)
    lines = [line(name, size) for name, size in zip(names, filling, strict=False)]
    parts = [b"".join(lines[:cut]), b"".join(lines[cut:])]
    shards = []
    for number, data in enumerate(parts):
        key = f"found/part-{number:05d}.jsonl"
        store.put(key, data)
        shards.append(Shard(key, len(data)))
    for name in names:
        found = find_line(store, shards, name, piece=piece)
        assert found is not None and found["metadata"]["content_hash"] == name
    assert find_line(store, shards, absent, piece=piece) is None


def test_a_line_among_many_is_found_in_three_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 lines of a kilobyte: 10 MB, of which 200 KB are read at the most."""
    names = sorted(f"sha256:{sha256(str(number).encode()).hexdigest()}" for number in range(10_000))
    store, data = get_store(), b"".join(line(name, 1_000) for name in names)
    store.put("many/part-00000.jsonl", data)
    opened: list[int] = []
    real = type(store).open_range

    def counted(self: Any, key: str, start: int = 0, end: int | None = None, **kwargs: Any) -> Any:
        opened.append((end or 0) - start)
        return real(self, key, start, end, **kwargs)

    monkeypatch.setattr(type(store), "open_range", counted)
    shards = [Shard("many/part-00000.jsonl", len(data))]
    for name in names[::500]:
        opened.clear()
        found = find_line(store, shards, name)
        assert found is not None and found["metadata"]["content_hash"] == name
        assert len(opened) <= 5 and sum(opened) <= 5 * 64 * 1024
    assert placements([], names[0]) == {}
