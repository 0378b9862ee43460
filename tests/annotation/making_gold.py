"""Material for tests of expert labels and qualification."""

from annotation import services
from annotation.labels import LabelInput
from annotation.models import GoldLabel, Round, Slot
from datasets_app.models import Record
from tests.annotation.making import approved_guideline, make_records
from tests.personas import World


def make_gold(world: World, count: int, use: str, types: tuple[str, ...] = ("panic", "none")) -> list[GoldLabel]:
    """Expert labels of new records, their types in turn; severity 3."""
    guideline = approved_guideline(world)
    kinds = [types[n % len(types)] for n in range(count)]
    return GoldLabel.objects.bulk_create(
        GoldLabel(
            project=world.project,
            record=record,
            use=use,
            crisis_type=kind,
            severity=None if kind == "none" else 3,
            rationale="As the guideline says.",
            guideline=guideline,
            guideline_section=kind,
            set_by=world.user("qa"),
        )
        for record, kind in zip(make_records(world.project, count), kinds, strict=True)
    )


def right_label(slot: Slot) -> LabelInput:
    """What the expert would say of this slot's sample."""
    gold = slot.item.gold
    assert gold is not None
    return LabelInput(crisis_type=gold.crisis_type, severity=gold.severity, confidence=0.9)


def watched_round(world: World, *, samples: int = 30, overlap: int = 1, annotators: int = 2, **shares: float) -> Round:
    """An open round of real work with these shares of hidden samples."""
    people = [world.user("annotator", n=n) for n in range(1, annotators + 1)]
    for n, person in enumerate(people, start=1):  # seeds come from it: the same places in every run
        person.pseudonym = f"annotator-{n}"
        person.save(update_fields=["pseudonym"])
    batch = make_records(world.project, samples)[0].import_batch
    round = services.round_create(
        project=world.project,
        name="Watched",
        guideline=approved_guideline(world),
        annotators=people,
        records=Record.objects.filter(import_batch=batch),
        overlap=overlap,
        actor=world.user("qa"),
        seed=3,
    )
    Round.objects.filter(pk=round.pk).update(**shares)
    round.refresh_from_db()
    return services.round_open(round=round, actor=world.user("qa"))
