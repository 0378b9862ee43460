"""Material for tests of expert labels and qualification."""

from annotation.labels import LabelInput
from annotation.models import GoldLabel, Slot
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
