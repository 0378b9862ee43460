"""One small world with a row of every kind in alpha, made by the product's own services where that is quick."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from annotation import services as annotation
from annotation.models import Flag, GoldLabel, Guideline, LabelImport, QualityReview, Round, RoundItem, Slot
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import DuplicateSearch, ImportBatch, LabelSnapshot, Record, Release, StoreWork
from datasets_app.services import import_start
from datasets_app.services.duplicates import duplicates_search
from inference.models import Case, ConversationSession, Deployment, HandOver, ScoreLog
from inference.services import session_open, session_turns_add
from pixelhub.accounts.models import ApiKey, Membership
from pixelhub.accounts.services import api_key_create
from pixelhub.canonical import sha256_json
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from review import services as review
from review.models import Campaign, ReviewCase
from tests.annotation.making import NONE, PANIC, label_all, make_records
from tests.inference.alarming import alarm
from tests.inference.rows import turn_row
from tests.personas import World
from tests.review.real_path import compile_release, log_score
from tests.review.staged import Staged, stage_on_release
from training_app import services as training
from training_app.learn.config import TrainingConfig
from training_app.models import Evaluation, ModelVersion, RunMetric, Study, TrainingRun, Trial

# Only people who may read raw text may ever be sent these words.
SAID = "heron-at-the-window"
REFUSED_ROW = "heron-in-the-refused-row"
LABELLING = 3  # annotators 1 and 2 are simulated ones


@dataclass
class Place:
    """The world and its rows."""

    world: World
    batch: ImportBatch
    record: Record
    snapshot: LabelSnapshot
    release: Release
    guideline: Guideline
    open_round: Round
    held_slot: Slot
    disputed_round: Round
    disputed_item: RoundItem
    finding: QualityReview
    run: TrainingRun
    version: ModelVersion
    reviewed_version: ModelVersion
    campaign: Campaign
    case: ReviewCase
    deployment: Deployment
    score: ScoreLog
    key: ApiKey
    token: str
    membership: Membership
    duplicates: DuplicateSearch

    @property
    def job(self) -> Job:
        return self.batch.job

    @property
    def gold(self) -> GoldLabel:
        """An expert label in force."""
        values = {"crisis_type": "none", "guideline": self.guideline, "guideline_section": "none", "use": "hidden"}
        record = {"project": self.world.project, "record": self.record, "retired_at": None}
        return GoldLabel.objects.get_or_create(**record, defaults=values)[0]

    @property
    def store_work(self) -> StoreWork:
        """A snapshot of the store that alpha's people started."""
        values = {"target": "daily/", "source": "releases/", "job": self.job}
        return StoreWork.objects.get_or_create(kind="snapshot", name="2026-01-01T000000Z", defaults=values)[0]

    @property
    def flag(self) -> Flag:
        """Personal data that one of alpha's annotators saw; data engineer, QA and clinical lead look into it."""
        annotator = self.world.user("annotator", LABELLING)
        return Flag.objects.get_or_create(item=self.disputed_item, annotator=annotator, kind=Flag.Kind.PII)[0]

    @property
    def alarm_case(self) -> Case:
        """An open case of a conversation that alpha's client calls by a name of its own."""
        project, name = self.world.project, f"{self.world.project.slug}-heron-chat"
        # Not just any: a score of the place may have opened one without a name.
        found = Case.objects.filter(project=project, conversation_id=name).exclude(state="closed").first()
        return found or alarm(project, conversation=name, api_key=self.key)

    @property
    def handover(self) -> HandOver:
        """A hand-over of that case."""
        values = {"receiver": "clinician", "handed_by": self.world.user("qa")}
        return HandOver.objects.get_or_create(case=self.alarm_case, defaults=values)[0]

    @property
    def label_import(self) -> LabelImport:
        """A file of labels of which one row was refused."""
        found = LabelImport.objects.filter(project=self.world.project).first()
        return found or annotation.labels_import(
            project=self.world.project,
            actor=self.world.user("qa"),
            file=BytesIO(f'{{"accept": [], "text": "{REFUSED_ROW}"}}'.encode()),
            file_name="labels.jsonl",
            name="pilot",
        )

    @property
    def session(self) -> ConversationSession:
        """A try-out of the clinical lead's; others see its figures."""
        lead = self.world.user("clinical_lead")
        found = ConversationSession.objects.filter(project=self.world.project, opened_by=lead).first()
        if found is None:
            found = session_open(project=self.world.project, person=lead).session
            session_turns_add(session_id=found.pk, seen=0, rows=[turn_row(found, 1, content=SAID)])
        return found

    @property
    def study(self) -> Study:
        """A study of which one trial went through."""
        found = Study.objects.filter(project=self.world.project).first()
        if found is None:
            found = training.study_start(
                project=self.world.project,
                release=self.release,
                config=TrainingConfig(),
                method="grid",
                space={"optimisation.epochs": [3, 4]},
                max_trials=1,
                actor=self.world.user("ml_engineer"),
            )
            curve = [{"epoch": 1, "val_macro_f1": 0.5}]
            values = {
                "params": {"optimisation.epochs": 3},
                "config_sha256": "0" * 64,
                "state": "complete",
                "value": 0.5,
            }
            Trial.objects.create(study=found, number=0, curve=curve, **values)
        return found

    @property
    def shard(self) -> str:
        """A file of the release that holds conversations."""
        manifest = json.loads(get_store().read(f"{self.release.object_prefix}manifest.json"))
        return str(next(file["path"] for file in manifest["files"] if file["path"].endswith(".jsonl")))


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
