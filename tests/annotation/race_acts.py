"""What the racing processes do; named by tests/annotation/test_races.py."""

import random
import time
import uuid
from dataclasses import replace
from typing import Any

from django.db import transaction

from annotation import services
from annotation.errors import Refused
from annotation.models import Adjudication, Annotation, AnnotationRevision, Break, Round, RoundItem, Slot, WorkSession
from annotation.selectors_assignment import past_share
from pixelhub.accounts.models import User
from pixelhub.accounts.services import project_create
from tests.annotation.making import HARM, NONE, PANIC, label_all, make_round, ruling, submit
from tests.personas import World

MILDER = replace(PANIC, severity=2)


def own_world() -> World:
    """Projects and people of one race, beside those of the others."""
    name = f"r{uuid.uuid4().hex[:8]}"
    return World(
        project=project_create(slug=name, name=name), other_project=project_create(slug=f"{name}-other", name=name)
    )


def prepare(samples: int, annotators: int, overlap_share: float = 1.0, reserved: int = 0) -> list[Any]:
    """An open round, in it `reserved` slots that are the first person's alone; returns its id and the people's ids."""
    world = own_world()
    layout = services.Layout(overlap_share=overlap_share, batches=2 if samples > 1 else 1)
    round = make_round(world, samples=samples, annotators=annotators, layout=layout)
    single = Slot.objects.filter(round=round, item__labels_wanted=1)
    first = list(single.order_by("rank").values_list("pk", flat=True)[:reserved])
    Slot.objects.filter(pk__in=first).update(reserved_for=world.user("annotator"))
    return [round.pk, [world.user("annotator", n=n).pk for n in range(1, annotators + 1)]]


def prepare_dispute() -> list[int]:
    """A closed round with one disagreement; returns the sample and two who may decide it."""
    world = own_world()
    round = make_round(world, samples=1)
    label_all(round, world.user("annotator", n=1), {1: HARM})
    label_all(round, world.user("annotator", n=2), {1: NONE})
    services.round_close(round=round, actor=world.user("qa"))
    return [RoundItem.objects.get(round=round).pk, world.user("qa").pk, world.user("clinical_lead").pk]


def claim_and_submit(round_pk: int, person_pk: int) -> list[str]:
    """Label whatever there is until nothing is left; every third submit is sent twice. Returns acknowledged ids."""
    round, person = Round.objects.get(pk=round_pk), User.objects.get(pk=person_pk)
    generator = random.Random(person_pk)
    acknowledged = []
    while True:
        slots = services.slot_claim(round=round, annotator=person, want=generator.randint(1, 3))
        if not slots and not past_share(round, person):
            break
        if not slots:  # others still have work, and this person had their share: they come back a little later
            time.sleep(0.05)
            continue
        slot = slots[0]
        client_uuid = uuid.uuid4()
        answer = submit(slot, person, PANIC, client_uuid=client_uuid)
        if slot.pk % 3 == 0:
            again = submit(slot, person, PANIC, client_uuid=client_uuid)
            if not again.replay or again.sha256 != answer.sha256:
                raise RuntimeError("a replay got another answer")
        acknowledged.append(str(client_uuid))
    return acknowledged


def same_submit(slot_pk: int, person_pk: int, client_uuid: str) -> bool:
    """One label, sent by several processes with one UUID; returns whether this one was a replay."""
    slot, person = Slot.objects.get(pk=slot_pk), User.objects.get(pk=person_pk)
    return submit(slot, person, PANIC, client_uuid=uuid.UUID(client_uuid)).replay


def claim_one(round_pk: int, person_pk: int) -> list[int]:
    """One person's claim from one of several windows."""
    slots = services.slot_claim(round=Round.objects.get(pk=round_pk), annotator=User.objects.get(pk=person_pk))
    return [slot.pk for slot in slots]


def decide(item_pk: int, person_pk: int, crisis_type: str) -> str:
    """One of two adjudicators at once."""
    item, person = RoundItem.objects.select_related("round__guideline").get(pk=item_pk), User.objects.get(pk=person_pk)
    try:
        services.adjudicate(item=item, actor=person, ruling=ruling(crisis_type=crisis_type))
    except Refused as error:
        return error.code
    return "won"


def look(round_pk: int) -> dict[str, Any]:
    """What the race left behind."""
    with transaction.atomic():
        slots = list(
            Slot.objects.filter(item__round=round_pk).values("item_id", "annotator_id", "state", "reserved_for_id")
        )
        annotations = list(Annotation.objects.filter(item__round=round_pk).values("item_id", "annotator_id"))
        uuids = [str(value) for value in _revisions(round_pk)]
    wanted = list(RoundItem.objects.filter(round=round_pk).values_list("pk", "labels_wanted"))
    return {"slots": slots, "annotations": annotations, "uuids": uuids, "wanted": wanted}


def _revisions(round_pk: int) -> list[uuid.UUID]:
    revisions = AnnotationRevision.objects.filter(annotation__item__round=round_pk)
    return list(revisions.values_list("client_uuid", flat=True))


def decisions(item_pk: int) -> int:
    """How many decisions stand."""
    return Adjudication.objects.filter(item=item_pk).count()


def prepare_windows(rounds: int, samples: int) -> list[Any]:
    """One person's slots in several open rounds of one project, claimed, and no work session yet."""
    world = own_world()
    person, made = world.user("annotator"), []
    for _ in range(rounds):
        round = make_round(world, samples=samples)
        Slot.objects.filter(item__round=round, number=1).update(annotator=person, state="leased")
        made.append(list(Slot.objects.filter(item__round=round, annotator=person).values_list("pk", flat=True)))
    return [made, person.pk]


def submit_severe(slot_pks: list[int], person_pk: int) -> int:
    """One of several windows of one person: labels of severity 5, one after the other, each sent twice."""
    person = User.objects.get(pk=person_pk)
    for slot in Slot.objects.filter(pk__in=slot_pks):
        client_uuid = uuid.uuid4()
        for _ in range(2):
            submit(slot, person, HARM, client_uuid=client_uuid)
    return len(slot_pks)


def exposure(person_pk: int) -> list[dict[str, Any]]:
    """The person's work sessions."""
    fields = ("items", "severe_items", "points", "seconds")
    return list(WorkSession.objects.filter(annotator=person_pk).values(*fields))


def fall_due(round_pk: int, person_pk: int) -> str:
    """One of several windows in which a break is due."""
    try:
        services.slot_claim(round=Round.objects.get(pk=round_pk), annotator=User.objects.get(pk=person_pk))
    except Refused as error:
        return error.code
    return "claimed"


def prepare_due(samples: int) -> list[int]:
    """A person who has read too much and holds three samples."""
    round, (person, _) = prepare(samples, 2)
    claim_one(round, person)
    WorkSession.objects.filter(annotator=person).update(severe_items=20)
    return [round, person]


def breaks(round_pk: int, person_pk: int) -> dict[str, int]:
    """What the windows left: breaks, and samples still held."""
    return {
        "breaks": Break.objects.filter(annotator=person_pk).count(),
        "held": Slot.objects.filter(item__round=round_pk, annotator=person_pk, state="leased").count(),
    }


def label_until_closed(round_pk: int, person_pk: int) -> int:
    """Label on and on, and edit each label; returns how many of either were acknowledged before the round closed."""
    round, person = Round.objects.get(pk=round_pk), User.objects.get(pk=person_pk)
    acknowledged = 0
    try:
        while slots := services.slot_claim(round=round, annotator=person, want=1):
            made = submit(slots[0], person, PANIC)
            acknowledged += 1
            # Of no severe label: a break that falls due would end this race.
            submit(slots[0], person, MILDER, base_revision=made.revision)
            acknowledged += 1
    except Refused as error:
        if error.code not in {"round_closed", "round_not_open", "lease_lost"}:
            raise
    return acknowledged


def close_amid(round_pk: int, enough: int) -> int:
    """Close the round once it has `enough` labels and edits; returns how many it has at the very end of closing."""
    while len(_revisions(round_pk)) < enough:
        time.sleep(0.01)
    with transaction.atomic():
        services.round_close(round=Round.objects.get(pk=round_pk), actor=None)
        return len(_revisions(round_pk))


def close_or_label(round_pk: int, person_pk: int | None) -> int:
    """One who closes the round (no person), beside those who label."""
    return close_amid(round_pk, 10) if person_pk is None else label_until_closed(round_pk, person_pk)
