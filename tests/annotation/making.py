"""Material for annotation tests: records, rounds, labels. Texts are invented and mild."""

import uuid
from typing import Any

from annotation import services
from annotation.labels import LabelInput
from annotation.models import Guideline, Round, RoundItem, Slot
from annotation.services.adjudications import Ruling
from datasets_app.models import ImportBatch, Record
from pixelhub.accounts.models import Project, User
from tests.personas import World

NONE = LabelInput(crisis_type="none", severity=None, confidence=0.95)
PANIC = LabelInput(crisis_type="panic", severity=3, confidence=0.7)
PANIC_4 = LabelInput(crisis_type="panic", severity=4, confidence=0.9)
HARM = LabelInput(crisis_type="immediate_harm", severity=5, confidence=0.95)


def make_records(project: Project, count: int) -> list[Record]:
    """That many small conversations in one import."""
    before = Record.objects.filter(project=project).count()
    batch = ImportBatch.objects.create(
        project=project,
        source="synthetic",
        family=ImportBatch._meta.get_field("family").choices[0][0],
        file_name="made.jsonl",
        object_key="imports/made.jsonl",
        file_sha256="0" * 64,
        read=count,
        accepted=count,
        state="done",
    )
    return Record.objects.bulk_create(
        Record(
            project=project,
            content_hash=f"sha256:{project.pk:08d}{number:056d}",
            record_hash=f"{number:040d}",
            external_id=f"made-{number}",
            group_key=f"made-{number}",
            messages=[
                {"role": "user", "content": f"Hello, this is conversation {number}. The day was long 🌧️ and grey."},
                {"role": "assistant", "content": "I am listening. What made it long?"},
            ],
            turns=2,
            source="synthetic",
            pii_state="checked",
            family=batch.family,
            import_batch=batch,
            line=number,
        )
        for number in range(before + 1, before + count + 1)
    )


def approved_guideline(world: World) -> Guideline:
    guideline = services.guideline_ensure_first(project=world.project)
    if guideline.state == Guideline.State.DRAFT:
        lead = world.user("clinical_lead")
        services.guideline_approve(guideline=guideline, actor=lead, comment="Clear enough to start with.")
        guideline.refresh_from_db()
    return guideline


def make_round(world: World, *, samples: int = 4, annotators: int = 2, overlap: int = 2, **more: Any) -> Round:
    """An open round with `annotators` annotators of alpha."""
    make_records(world.project, samples)
    round = services.round_create(
        project=world.project,
        name="Batch 1",
        guideline=approved_guideline(world),
        annotators=[world.user("annotator", n=n) for n in range(1, annotators + 1)],
        overlap=overlap,
        actor=world.user("qa"),
        seed=7,
        **more,
    )
    return services.round_open(round=round, actor=world.user("qa"))


def submit(slot: Slot, person: User, label: LabelInput = NONE, **more: Any) -> services.Submission:
    values = {"client_uuid": uuid.uuid4(), **more}
    return services.annotation_submit(slot=slot, annotator=person, label=label, **values)


def label_all(round: Round, person: User, labels: dict[int, LabelInput] | None = None) -> int:
    """Claim and label until nothing is left; `labels` by position, `none` elsewhere."""
    done = 0
    while slots := services.slot_claim(round=round, annotator=person, want=1):
        label = (labels or {}).get(slots[0].item.position, NONE)
        submit(slots[0], person, label)
        done += 1
    return done


def disputed_round(world: World, first: dict[int, LabelInput], second: dict[int, LabelInput], **more: Any) -> Round:
    """A closed round in which two annotators gave these labels, by position."""
    round = make_round(world, **more)
    label_all(round, world.user("annotator", n=1), first)
    label_all(round, world.user("annotator", n=2), second)
    return services.round_close(round=round, actor=world.user("qa"))


def ruling(**more: Any) -> Ruling:
    values = {"crisis_type": "panic", "severity": 3, "reason": "A surge with body symptoms.", **more}
    return Ruling(**{"guideline_section": "panic", **values})


def item_at(round: Round, position: int) -> RoundItem:
    return RoundItem.objects.get(round=round, position=position)
