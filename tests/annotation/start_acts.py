"""What the browser test and the race around qualification prepare and do."""

from typing import Any

from annotation import services
from annotation.errors import Refused
from annotation.models import Qualification, Round, Slot
from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import NONE, PANIC, approved_guideline, submit
from tests.annotation.making_gold import make_gold, right_label, watched_round
from tests.annotation.race_acts import own_world
from tests.personas import make_world


def prepare(samples: int) -> dict[str, Any]:
    """A practice set for a new annotator, and QA to look on."""
    world = make_world()
    make_gold(world, samples, "practice")
    services.set_create(
        project=world.project, kind="practice", name="First steps", guideline=approved_guideline(world),
        actor=world.user("qa"),
    )  # fmt: skip
    return {"annotator": world.user("annotator").username, "qa": world.user("qa").username}


def prepare_brink() -> list[Any]:
    """Somebody who missed seven hidden samples and holds two more of two rounds; returns the slots and the person."""
    world = own_world()
    make_gold(world, 20, "hidden")
    rounds = [watched_round(world, samples=60, annotators=1, gold_share=0.15) for _ in range(2)]
    person = world.user("annotator")
    held = []
    for round in rounds:
        slots = list(Slot.objects.filter(round=round, item__purpose="gold").order_by("rank")[:5])
        Slot.objects.filter(pk__in=[slot.pk for slot in slots]).update(state="leased", annotator=person)
        for slot in slots[: 4 if round == rounds[0] else 3]:
            miss(slot.pk, person.pk)
        held.append(slots[4].pk)
    return [held, person.pk, world.project.pk]


def miss(slot_pk: int, person_pk: int) -> str:
    """Answer a hidden sample otherwise than the expert; its hash, or why it was refused."""
    slot, person = Slot.objects.select_related("item__gold").get(pk=slot_pk), User.objects.get(pk=person_pk)
    wrong = NONE if right_label(slot).crisis_type == "panic" else PANIC
    try:
        return submit(slot, person, wrong).sha256
    except Refused as error:
        return error.code


def look(project_pk: int) -> dict[str, Any]:
    """What the race left behind."""
    pauses = AuditEvent.objects.filter(action="annotator.pause", project_id=project_pk)
    return {
        "pauses": pauses.count(),
        "states": list(Qualification.objects.filter(project=project_pk).values_list("state", flat=True)),
        "leased": Slot.objects.filter(round__in=Round.objects.filter(project=project_pk), state="leased").count(),
        "labels": Slot.objects.filter(round__in=Round.objects.filter(project=project_pk), state="done").count(),
    }
