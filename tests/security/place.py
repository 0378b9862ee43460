"""One small world with a row of every kind in alpha, made by the product's own services where that is quick."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from django.utils import timezone

from annotation import services as annotation
from annotation.models import (
    Flag,
    GoldLabel,
    Guideline,
    GuidelineNote,
    LabelImport,
    QualityReview,
    Round,
    RoundItem,
    Slot,
)
from datasets_app.models import (
    Augmentation,
    DuplicateSearch,
    ImportBatch,
    LabelSnapshot,
    Record,
    Release,
    StageLadder,
    StoreWork,
    SynthesisBatch,
    SynthesisRow,
    Variation,
)
from datasets_app.services.ladders import LadderChoices, ladder_create
from inference.models import Alert, Case, ConversationSession, Deployment, HandOver, ScoreLog
from inference.services import session_open, session_turns_add
from pixelhub.accounts.models import ApiKey, Membership
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from review.clinical.errors import wrong_decisions
from review.models import (
    Absence,
    Campaign,
    CaseRequest,
    Expert,
    ExpertExample,
    ExpertRating,
    ExpertSet,
    FairnessReport,
    Feedback,
    GateWaiver,
    ReviewCase,
    SignOff,
    TaskOwner,
)
from review.services.fairness import fairness_report_make
from tests.inference.alarming import alarm
from tests.inference.rows import turn_row
from tests.personas import World
from training_app import services as training
from training_app.learn.config import TrainingConfig
from training_app.models import ModelVersion, Study, TrainingRun, Trial

# Only people who may read raw text may ever be sent these words.
SAID = "heron-at-the-window"
REFUSED_ROW = "heron-in-the-refused-row"
LABELLING = 3  # annotators 1 and 2 are simulated ones
JUDGING = 7  # the number of the person in QA who is in the register of experts


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
    def signoff(self) -> SignOff:
        """The approval of what is in production."""
        return SignOff.objects.get(project=self.world.project)

    @property
    def missed_key(self) -> str:
        """The hash of a crisis that the reviewed version missed, as addresses carry it."""
        return wrong_decisions(self.reviewed_version)[0].key

    @property
    def expert_set(self) -> ExpertSet:
        """An open one of one conversation, with a rating by nobody of this hub."""
        found, made = ExpertSet.objects.get_or_create(
            project=self.world.project, name="experts", version=1, defaults={"raters": 1, "trial": True}
        )
        if made:
            example = ExpertExample.objects.create(
                expert_set=found,
                position=1,
                external_id="example",
                content_hash=self.record.content_hash,
                messages=self.record.messages,
                source="synthetic",
            )
            ExpertRating.objects.create(example=example, rater="e1", crisis_type="none")
        return found

    @property
    def example(self) -> ExpertExample:
        """The conversation of that set."""
        return self.expert_set.examples.get()

    @property
    def fairness_report(self) -> FairnessReport:
        """The reviewed version's."""
        trainer = self.reviewed_version.trainer
        return fairness_report_make(version=self.reviewed_version, actor=trainer)

    @property
    def gold(self) -> GoldLabel:
        """An expert label in force."""
        values = {"crisis_type": "none", "guideline": self.guideline, "guideline_section": "none", "use": "hidden"}
        record = {"project": self.world.project, "record": self.record, "retired_at": None}
        return GoldLabel.objects.get_or_create(**record, defaults=values)[0]

    @property
    def ladder(self) -> StageLadder:
        """A stage ladder of alpha's release, built."""
        found = StageLadder.objects.filter(release=self.release, state="published").first()
        if found is None:
            choices = LadderChoices(without_empty_stages=True)
            found = ladder_create(release=self.release, choices=choices, actor=self.world.user("data_engineer"))
            run_inline(found.job)
            found.refresh_from_db()
            assert found.state == "published", found.error
        return found

    @property
    def augmentation(self) -> Augmentation:
        """A finished run whose refused children are kept."""
        key = f"augmentations/{self.world.project.slug}/refused.jsonl"
        get_store().put(key, json.dumps({"reason": "near_copy", "row": {"conversation": SAID}}).encode())
        return Augmentation.objects.get_or_create(
            project=self.world.project, defaults={"state": "done", "counts": {"edge_case": 1}, "quarantine_key": key}
        )[0]

    @property
    def variation(self) -> Variation:
        """A child that waits, made of the record."""
        words = [{"role": "user", "content": f"{SAID}, and the moon laughed"}]
        made = {"strategy": "edge_case", "steps": ["frame: metaphor"], "parent_content_hash": self.record.content_hash}
        row = {"id": "aug-1", "conversation": words, "metadata": {"augmentation": made}}
        values = {"row": row, "parent": self.record, "parent_content_hash": self.record.content_hash}
        return Variation.objects.get_or_create(
            augmentation=self.augmentation,
            name="aug-1",
            defaults={**values, "project": self.world.project, "strategy": "edge_case", "kind": "metaphor",
                      "crisis_type": "none"},
        )[0]  # fmt: skip

    @property
    def store_work(self) -> StoreWork:
        """A snapshot of the store that alpha's people started."""
        values = {"target": "daily/", "source": "releases/", "job": self.job}
        return StoreWork.objects.get_or_create(kind="snapshot", name="2026-01-01T000000Z", defaults=values)[0]

    @property
    def synthesis(self) -> SynthesisBatch:
        """A generation of alpha's, with a row that waits for a reader."""
        values = {"backend": "templates", "plan": {"count": 1, "seed": 1}, "count": 1, "state": "done"}
        batch, _ = SynthesisBatch.objects.get_or_create(
            project=self.world.project, request_key="place", defaults=values
        )
        return batch

    @property
    def synthesis_row(self) -> SynthesisRow:
        """That row; its words are for readers of raw text alone."""
        sample = {"conversation": [{"role": "user", "content": SAID}], "metadata": {}}
        values = {"state": "waiting", "sample": sample, "crisis_type": "none", "difficulty": "overt"}
        return SynthesisRow.objects.get_or_create(batch=self.synthesis, number=0, defaults=values)[0]

    @property
    def expert(self) -> Expert:
        """Somebody who judges here."""
        values = {"project": self.world.project, "user": self.world.user("qa", JUDGING)}
        return Expert.objects.get_or_create(**values, defaults={"registered_by": self.world.user("pm")})[0]

    @property
    def absence(self) -> Absence:
        """Days on which that expert is away."""
        days = {"starts_on": date(2999, 1, 1), "ends_on": date(2999, 1, 2)}
        return Absence.objects.get_or_create(
            expert=self.expert, ended_at=None, defaults={**days, "entered_by": self.world.user("pm")}
        )[0]

    @property
    def flag(self) -> Flag:
        """Personal data that one of alpha's annotators saw; data engineer, QA and clinical lead look into it."""
        annotator = self.world.user("annotator", LABELLING)
        return Flag.objects.get_or_create(item=self.disputed_item, annotator=annotator, kind=Flag.Kind.PII)[0]

    @property
    def feedback(self) -> Feedback:
        """A case that an expert holds to be labelled wrongly; a clinical lead decides."""
        values = {"state": "waiting", "asked_by": self.world.user("qa", JUDGING)}
        rows = Feedback.objects.exclude(state="declined")
        return rows.get_or_create(case=self.case, kind="relabel", defaults=values)[0]

    @property
    def case_request(self) -> CaseRequest:
        """A wish of alpha's expert for more cases of a kind."""
        found = CaseRequest.objects.filter(feedback__case=self.case, closed_at=None).first()
        if found is None:
            asked_by = self.world.user("qa", JUDGING)
            row = Feedback.objects.create(case=self.case, kind="similar", state="accepted", asked_by=asked_by)
            found = CaseRequest.objects.create(feedback=row, crisis_type="panic", severity=3, wanted=5)
        return found

    @property
    def guideline_note(self) -> GuidelineNote:
        """A note for alpha's next guideline."""
        values = {"project": self.world.project, "text": "Say it plainly.", "state": "open"}
        return GuidelineNote.objects.get_or_create(**values, defaults={"written_by": self.world.user("qa")})[0]

    @property
    def task_owner(self) -> TaskOwner:
        """Somebody whom alpha's PM named for a task."""
        pm, engineer = self.world.user("pm"), self.world.user("data_engineer")
        values = {"project": self.world.project, "task": "1.1", "person": engineer, "ended_at": None}
        return TaskOwner.objects.get_or_create(**values, defaults={"assigned_by": pm})[0]

    @property
    def waiver(self) -> GateWaiver:
        """The PM's half of a waiver."""
        values = {"project": self.world.project, "gate": "2.size", "seat": "pm", "ended": ""}
        given = {"person": self.world.user("pm"), "reason": "The next release brings more.", "verdict": "not_yet"}
        return GateWaiver.objects.get_or_create(**values, defaults=given)[0]

    @property
    def alarm_case(self) -> Case:
        """An open case of a conversation that alpha's client calls by a name of its own."""
        project, name = self.world.project, f"{self.world.project.slug}-heron-chat"
        # Not just any: a score of the place may have opened one without a name.
        found = Case.objects.filter(project=project, conversation_id=name).exclude(state="closed").first()
        return found or alarm(project, conversation=name, api_key=self.key)

    @property
    def alert(self) -> Alert:
        """A figure of the project past its limit."""
        values = {"project": self.world.project, "rule": "degraded_share", "ended_at": None}
        found = {
            "level": "warning",
            "value": 0.1,
            "worst": 0.1,
            "latest": 0.1,
            "limit": 0.05,
            "seen_at": timezone.now(),
        }
        return Alert.objects.get_or_create(**values, defaults=found)[0]

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
