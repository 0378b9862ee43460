"""How the small world of tests/security/place.py is made: by the product's own services where that is quick."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from annotation import services as annotation
from annotation.models import (
    Guideline,
    QualityReview,
    Round,
    RoundItem,
    Slot,
)
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import (
    DuplicateSearch,
    ImportBatch,
    LabelSnapshot,
    Record,
)
from datasets_app.services import import_start
from datasets_app.services.duplicates import duplicates_search
from datasets_app.services.enrichment import enrichment_start
from pixelhub.accounts.models import Membership
from pixelhub.accounts.services import api_key_create
from pixelhub.canonical import sha256_json
from pixelhub.jobs.runner import run_inline
from review import services as review
from tests.annotation.making import NONE, PANIC, label_all, make_records
from tests.personas import World
from tests.review.real_path import compile_release, log_score
from tests.review.staged import Staged, stage_on_release
from tests.security.place import LABELLING, REFUSED_ROW, SAID, Place
from training_app.models import Evaluation, RunMetric


def make_place(world: World) -> Place:
    """Everything from a file of conversations to a score, then one piece of work in each open state."""
    release = compile_release(world)
    staged = stage_on_release(world, release, list(Record.objects.filter(project=world.project)[::4]))
    complete_evaluation(staged)
    staged.approved()
    deployment = review.version_promote(version=staged.version, actor=staged.trainer)
    waiting = stage_on_release(world, release, list(Record.objects.filter(project=world.project)[::3]), seed=2)
    complete_evaluation(waiting)
    campaign = waiting.open_campaign()
    run_inline(enrichment_start(release=release, actor=world.user("data_engineer")).job)
    batch = import_rows(world)
    open_round, disputed = make_rounds(world)
    key, token = api_key_create(
        project=world.project, name=f"{world.project.slug} key", scopes=["score"], actor=world.user("ml_engineer")
    )
    return Place(
        world=world,
        batch=batch,
        record=Record.objects.get(import_batch=batch),
        snapshot=LabelSnapshot.objects.get(project=world.project),
        release=release,
        guideline=open_round.guideline,
        open_round=open_round,
        held_slot=Slot.objects.get(item__round=open_round, state=Slot.State.LEASED),
        disputed_round=disputed,
        disputed_item=RoundItem.objects.get(round=disputed, position=1),
        finding=make_finding(world, disputed),
        run=staged.version.run,
        version=staged.version,
        reviewed_version=waiting.version,
        campaign=campaign,
        case=campaign.cases.order_by("pk")[0],
        deployment=deployment,
        score=log_score(deployment),
        key=key,
        token=token,
        membership=Membership.objects.get(project=world.project, user=world.user("pm")),
        duplicates=search_duplicates(world),
    )


def import_rows(world: World) -> ImportBatch:
    """One good row and one that is refused, through the real import."""
    good = {"conversation": [{"role": "user", "content": f"{SAID} in {world.project.slug}"}], "crisis_type": "none"}
    refused = {"conversation": [{"role": "nobody", "content": f"{REFUSED_ROW} in {world.project.slug}"}]}
    batch = import_start(
        project=world.project,
        source="synthetic",
        family="edge_case_synthetic",
        file=BytesIO(b"\n".join(json.dumps(row).encode() for row in (good, refused))),
        file_name=f"{world.project.slug}-heron.jsonl",
        actor=world.user("data_engineer"),
    )
    run_inline(batch.job)
    batch.refresh_from_db()
    assert (batch.accepted, batch.quarantined) == (1, 1), batch.quarantined_rows.values()
    return batch


def search_duplicates(world: World) -> DuplicateSearch:
    """A finished search with a pair whose words nobody but readers may see."""
    said = [f"{SAID} in {world.project.slug}, and the day went on and on until the {end}" for end in ("night", "end")]
    lines = [json.dumps({"text": text}).encode() for text in said]
    batch = import_start(
        project=world.project,
        source="synthetic",
        family="edge_case_synthetic",
        file=BytesIO(b"\n".join(lines)),
        file_name=f"{world.project.slug}-twice.jsonl",
        actor=world.user("data_engineer"),
    )
    run_inline(batch.job)
    search = duplicates_search(project=world.project, actor=world.user("data_engineer"))
    run_inline(search.job)
    search.refresh_from_db()
    assert search.counts["near"] >= 1, search.counts
    return search


def make_rounds(world: World) -> tuple[Round, Round]:
    """An open round of which the first annotator holds a sample, and a closed one with a disagreement."""
    people = [world.user("annotator", n=n) for n in (LABELLING, LABELLING + 1)]
    guideline = Guideline.objects.get(project=world.project, state=Guideline.State.APPROVED)

    def opened(name: str, samples: int) -> Round:
        batch = make_records(world.project, samples)[0].import_batch
        made = annotation.round_create(
            project=world.project,
            name=f"{world.project.slug} {name}",
            guideline=guideline,
            annotators=people,
            records=Record.objects.filter(import_batch=batch),
            actor=world.user("qa"),
            seed=7,
        )
        return annotation.round_open(round=made, actor=world.user("qa"))

    disputed = opened("disputed", 2)
    label_all(disputed, people[0], {1: PANIC})
    label_all(disputed, people[1], {1: NONE})
    disputed = annotation.round_close(round=disputed, actor=world.user("qa"))
    open_round = opened("open", 3)
    annotation.slot_claim(round=open_round, annotator=people[0], want=1)
    return open_round, disputed


def make_finding(world: World, round: Round) -> QualityReview:
    """A label of the first annotator reviewed by QA, and read by nobody yet."""
    annotation.quality_draw(round=round, actor=world.user("qa"), share=1.0)
    review = QualityReview.objects.filter(annotation__annotator=world.user("annotator", LABELLING)).earliest("pk")
    agreed = annotation.Finding(verdict=QualityReview.Verdict.AGREED)
    return annotation.quality_review(review=review, actor=world.user("qa"), finding=agreed)


def complete_evaluation(staged: Staged) -> None:
    """The staged figures with every part that the version's pages show, and one epoch of curves."""
    evaluation = Evaluation.objects.get(model_version=staged.version)
    cells = [[4 if row == column else 0 for column in range(7)] for row in range(7)]
    metrics: dict[str, Any] = evaluation.metrics | {
        "confusion": {"labels": list(CRISIS_TYPES), "rows": cells},
        "reliability": [{"low": 0.0, "high": 0.5, "n": 4, "mean_score": 0.2, "crisis_share": 0.1}],
        "ppv_at_1_percent": 0.4,
        "curves": {"roc": [{"false_positive_rate": end, "sensitivity": end} for end in (0.0, 1.0)]},
        "slices": [],
        "missed": [row | {"record_id": "r1"} for row in evaluation.metrics["missed"]],
        "per_type": [row | {"precision": 0.9, "recall": 0.9} for row in evaluation.metrics["per_type"]],
    }
    Evaluation.objects.filter(pk=evaluation.pk).update(metrics=metrics, sha256=sha256_json(metrics))
    staged.version.lineage = staged.version.lineage | {"encoder": {"name": "stand-in", "sha256": "0" * 64}}
    staged.version.save(update_fields=["lineage"])
    for name in ("train_loss", "val_loss", "val_macro_f1", "learning_rate", "seconds"):
        RunMetric.objects.create(run=staged.version.run, epoch=1, name=name, value=0.5)
