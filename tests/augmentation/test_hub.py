"""Augmentation in the hub: from the form to records with labels, and what waits for a person."""

import json

import pytest

from datasets_app.label_readers import LabelReader
from datasets_app.models import Augmentation, ImportBatch, LabelSnapshot, Record, SnapshotLabel, Variation
from datasets_app.services.augmentation import AugmentationChoices, augmentation_start
from datasets_app.services.errors import AugmentationRefused
from datasets_app.services.variations import (
    variation_claim,
    variation_decide,
    variation_pass,
    variations_bring,
)
from pixelhub.accounts.models import Project
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.augmentation.making import augmented
from tests.datasets.making import compiled, published, synthetic
from tests.personas import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]


def test_children_of_a_project_become_records_and_the_rest_waits(world: World) -> None:
    project = world.project
    synthetic(project, 240)
    published(project, simulated=True)
    run = augmented(project, {"paraphrase": 30, "edge_case": 20}, actor=world.user("data_engineer"))
    report = run.report
    assert (run.state, run.error) == ("done", "")
    assert report["adds_up"] and report["children"] == 50 and report["originals"] == 240
    children = Record.objects.filter(project=project, source="augmented")
    assert children.count() == report["stand"] == 50 - report["wait_for_review"] > 0
    assert Variation.objects.filter(augmentation=run).count() == report["wait_for_review"] >= 20
    # The label of a child is its parent's, and worth as much.
    labels = SnapshotLabel.objects.filter(record__in=children).select_related("snapshot", "record")
    assert labels.count() == children.count()
    parents = {record.external_id: record for record in Record.objects.filter(project=project)}
    for label in labels:
        assert (label.decided_by, label.snapshot.made_by, label.snapshot.simulated) == ("parent", "augmentation", True)
        parent = parents[label.record.metadata["input"]["parent_id"]]
        of_parent = parent.snapshot_labels.get()
        assert (label.crisis_type, label.severity) == (of_parent.crisis_type, of_parent.severity)
        assert set(parent.group_keys) <= set(label.record.group_keys)
        assert (label.record.family, label.record.import_batch.licence) == (
            parent.family,
            parent.import_batch.licence,
        )
    batch = run.batches.get()
    assert (batch.origin, batch.accepted, batch.quarantined) == ("augmentation", children.count(), 0)
    # A second delivery of the same job changes nothing.
    before = (
        Record.objects.count(),
        Variation.objects.count(),
        LabelSnapshot.objects.count(),
        ImportBatch.objects.count(),
    )
    Augmentation.objects.filter(pk=run.pk).update(state="running")
    run_inline(run.job)
    after = (
        Record.objects.count(),
        Variation.objects.count(),
        LabelSnapshot.objects.count(),
        ImportBatch.objects.count(),
    )
    assert before == after


def test_a_release_with_children_keeps_them_in_their_parents_split(world: World) -> None:
    project, reviewer = world.project, world.user("clinical_lead")
    synthetic(project, 240)
    published(project)
    first = compiled(project, "1.0.0")
    run = augmented(project, {"paraphrase": 30, "edge_case": 8}, release=first)
    assert run.report["originals"] == first.counts["splits"]["train"]["total"], (
        "only training conversations have children"
    )
    holds, changed, refused = Variation.objects.filter(augmentation=run).order_by("pk")[:3]
    variation_decide(variation=holds, actor=reviewer, answer="holds")
    to = ("none", None) if changed.crisis_type != "none" else ("self_harm", 2)
    variation_decide(
        variation=changed, actor=reviewer, answer="changed", crisis_type=to[0], severity=to[1], reason="a film"
    )
    variation_decide(variation=refused, actor=reviewer, answer="refused", reason="two people speak")
    variations_bring_now(run)
    second = compiled(project, "1.1.0")
    split, parent_of, source = {}, {}, {}
    for name in ("train", "val", "test"):
        for stat in get_store().list(f"{second.object_prefix}shards/{name}/"):
            for raw in get_store().read(stat.key).splitlines():
                line = json.loads(raw)
                split[line["id"]], source[line["id"]] = name, line
    for child in Record.objects.filter(project=project, source="augmented"):
        parent_of[child.external_id] = child.metadata["input"]["parent_id"]
    assert len(parent_of) == run.report["stand"] + 2
    assert {name: split[name] for name in parent_of} == {name: split[parent] for name, parent in parent_of.items()}
    assert source[changed.name]["crisis_type"] == to[0]
    assert source[changed.name]["metadata"]["provenance"]["decided_by"] == "reviewer"
    assert source[holds.name]["label_source"] == "augmented" and source[holds.name]["metadata"]["is_training_edge_case"]
    waiting = set(Variation.objects.filter(augmentation=run, batch=None).values_list("name", flat=True))
    assert refused.name in waiting and not waiting & set(split), "nothing is released that nobody approved"
    with pytest.raises(AugmentationRefused, match="No approved"):
        variations_bring(run=run, actor=None)


def variations_bring_now(run: Augmentation) -> None:
    job = variations_bring(run=run, actor=None)
    assert variations_bring(run=run, actor=None) == job, "asking twice is one job"
    run_inline(job)
    job.refresh_from_db()
    assert job.state == "succeeded", job.error


def test_the_projects_model_reads_every_child_and_a_planted_flip_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthetic(world.project, 240)
    published(world.project)
    of_words = {
        record.messages[0]["content"]: record.proposed_type for record in Record.objects.filter(project=world.project)
    }
    labels = {json.dumps(r.messages): r.proposed_type for r in Record.objects.filter(project=world.project)}
    flipped: list[str] = []

    def reads(messages: list[dict[str, str]]) -> str:
        """Knows every original, and takes each seventh child for something else."""
        known = labels.get(json.dumps(messages))
        if known is not None:
            flipped.append(known)
            return known
        return "panic" if len(flipped) % 7 == 0 and flipped[-1] != "panic" else flipped[-1]

    assert of_words
    monkeypatch.setattr("datasets_app.label_readers._openers", [lambda project: LabelReader("version 7", reads)])
    run = augmented(world.project, {"paraphrase": 30})
    readings = run.report["readings"]
    assert run.reader == "version 7"
    assert readings["disagrees"] == run.report["refused"]["classifier_disagrees"] > 0
    assert run.report["checked_by"] == {"classifier": 30} and readings["agrees"] >= 30
    lines = [json.loads(line) for line in get_store().read(run.quarantine_key).splitlines()]
    caught = [line for line in lines if line["reason"] == "classifier_disagrees"]
    assert len(caught) == readings["disagrees"]


def test_more_children_than_the_cap_allows_are_refused(world: World) -> None:
    project = world.project
    with pytest.raises(AugmentationRefused, match="Nothing here has a label"):
        ask(project, paraphrase=5)
    synthetic(project, 60)
    with pytest.raises(AugmentationRefused, match="at most 30 more"):
        ask(project, paraphrase=31)
    for wrong in ({"paraphrase": 0}, {"poetry": 3}, {"paraphrase": -1}, {"paraphrase": 20_001}):
        with pytest.raises(AugmentationRefused):
            ask(project, **wrong)
    run = ask(project, paraphrase=20)
    with pytest.raises(AugmentationRefused, match="already"):
        ask(project, paraphrase=1)
    run_inline(run.job)
    with pytest.raises(AugmentationRefused, match="at most 10 more"):
        ask(project, paraphrase=11)
    # What only came with an input is a proposal, for the child as for its parent.
    assert not SnapshotLabel.objects.filter(record__source="augmented").exists()
    assert Record.objects.filter(source="augmented", proposed_type="").count() == 0


def ask(project: Project, **counts: int) -> Augmentation:
    return augmentation_start(project=project, choices=AugmentationChoices(counts=counts), actor=None)


def test_a_variation_is_shown_to_one_person_and_decided_once(world: World) -> None:
    synthetic(world.project, 120)
    augmented(world.project, {"edge_case": 8})
    one, two = world.user("clinical_lead"), world.user("qa")
    first = variation_claim(project=world.project, actor=one)
    second = variation_claim(project=world.project, actor=two)
    assert first and second and first.pk != second.pk
    assert variation_claim(project=world.project, actor=one) == first, "what is held comes again"
    variation_pass(variation=first, actor=one)
    assert variation_claim(project=world.project, actor=one, after=[first.pk]) not in (first, second, None)
    decided = variation_decide(variation=first, actor=two, answer="holds")
    assert decided.decided_by == two
    with pytest.raises(AugmentationRefused, match="already"):
        variation_decide(variation=first, actor=one, answer="refused", reason="x")
    label = {"crisis_type": second.crisis_type, "severity": second.severity}
    for wrong in (
        {"answer": "maybe"},
        {"answer": "refused"},
        {"answer": "changed", "reason": "x"},
        {"answer": "changed", "reason": "x", **label},
        {"answer": "changed", "reason": "x", "crisis_type": "panic", "severity": None},
        {"answer": "changed", "reason": "x", "crisis_type": "none", "severity": 2},
        {"answer": "changed", "crisis_type": "panic", "severity": 5},
    ):
        with pytest.raises(AugmentationRefused):
            variation_decide(variation=second, actor=two, **wrong)
    second.refresh_from_db()
    assert second.state == "waiting"
