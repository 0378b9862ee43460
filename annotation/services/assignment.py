"""Changing who labels what in a round that runs: people, another batch, one more opinion."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Max, QuerySet

from annotation.agreement.aggregation import disagree
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.models import Round, RoundAnnotator, RoundItem, Slot
from annotation.selectors import items_with_labels
from annotation.selectors_assignment import share_forget
from annotation.services.layout import Layout, items_make, layout_check, ranks_of
from annotation.services.rounds import (
    MAX_OVERLAP,
    records_not_yet_labelled,
    records_shuffled,
    slots_of,
)
from annotation.votes import vote_of
from datasets_app.models import Record
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with
from pixelhub.audit.services import record
from pixelhub.live.services import touch

CHANGEABLE = (Round.State.DRAFT, Round.State.OPEN)


def round_annotator_add(*, round: Round, person: User, actor: User) -> RoundAnnotator:
    """Invite one more person to a round that isn't closed; inviting twice is harmless."""
    _check_manages(round, actor)
    if not members_with(round.project, Capability.ANNOTATE).filter(pk=person.pk).exists():
        raise Invalid("annotators", f"{person.pseudonym} is not an annotator of this project.")
    with transaction.atomic():
        locked = _changeable(round)
        seat, made = RoundAnnotator.objects.get_or_create(round=locked, annotator=person)
        if made:
            _audit("round.annotator_add", locked, actor, annotator=person.pk)
    return seat


def round_annotator_remove(*, round: Round, person: User, actor: User) -> int:
    """Take a person out of a round that isn't closed; their labels stay. Returns how many held samples go to others.

    Raises `Invalid` when too few people would be left for the labels asked per sample.
    """
    _check_manages(round, actor)
    with transaction.atomic():
        locked = _changeable(round)
        seat = RoundAnnotator.objects.select_for_update(no_key=True).filter(round=locked, annotator=person).first()
        if seat is None:
            return 0
        if locked.round_annotators.count() - 1 < locked.overlap:
            raise Invalid(
                "annotators", f"{locked.overlap} labels per sample need at least {locked.overlap} annotators."
            )
        held = Slot.objects.filter(round=locked, annotator=person, state=Slot.State.LEASED)
        # What was set aside for this person alone (a hidden check) is nobody else's: it goes.
        held.filter(reserved_for=person).delete()
        Slot.objects.filter(round=locked, reserved_for=person, state=Slot.State.FREE).delete()
        freed = held.update(state=Slot.State.FREE, annotator=None, lease_until=None, claimed_at=None)
        seat.delete()
        _audit("round.annotator_remove", locked, actor, annotator=person.pk, freed=freed)
    return freed


def round_extend(
    *,
    round: Round,
    actor: User,
    records: QuerySet[Record] | None = None,
    count: int | None = None,
    due_on: date | None = None,
) -> int:
    """Add one more batch, under the round's own settings, to a round that isn't closed; returns its samples.

    The new samples come after those there are. Raises `Invalid` when there are no records left.
    """
    _check_manages(round, actor)
    with transaction.atomic():
        locked = _changeable(round)
        found = records_not_yet_labelled(locked.project) if records is None else records
        number = (locked.batches.aggregate(last=Max("number"))["last"] or 0) + 1
        fresh = found.exclude(round_items__round=locked)
        chosen = records_shuffled(fresh, locked.project, locked.seed + number, count)
        layout = Layout(overlap_share=locked.overlap_share, due_on=(due_on,))
        layout_check(layout, len(chosen))
        last = locked.items.aggregate(last=Max("position"))["last"] or 0
        items = items_make(locked, chosen, layout, first_batch=number, first=last + 1)
        if locked.state == Round.State.OPEN:
            highest = Slot.objects.filter(round=locked).aggregate(last=Max("rank"))["last"] or 0
            Slot.objects.bulk_create(slots_of(items, ranks_of(locked, items, first=highest + 1)), batch_size=500)
        _audit("round.extend", locked, actor, batch=number, items=len(items))
    return len(items)


def item_ask_more(*, item: RoundItem, actor: User) -> RoundItem:
    """Ask one more person for a label of a sample of an open round; it is handed out next.

    Raises `Refused` when everybody of the round had the sample already.
    """
    round = item.round
    if not (can(actor, round.project, Capability.ADJUDICATE) or can(actor, round.project, Capability.ROUND_MANAGE)):
        raise NotAllowed("may_not_ask", "Your role does not ask for more labels.")
    with transaction.atomic():
        locked = RoundItem.objects.select_for_update(of=("self",), no_key=True).select_related("round").get(pk=item.pk)
        if locked.round.state != Round.State.OPEN:
            raise Refused("round_not_open", "More labels can only be asked for while the round is open.")
        if locked.purpose != RoundItem.Purpose.WORK or locked.labels_wanted >= MAX_OVERLAP:
            raise Refused("enough", "This sample gets no more labels.")
        if not _somebody_fresh(locked):
            raise Refused("nobody_left", "Everybody of this round had this sample. Invite one more annotator first.")
        slots = locked.slots.aggregate(last=Max("number"))
        first = Slot.objects.filter(round=locked.round_id).order_by("rank").values_list("rank", flat=True).first()
        Slot.objects.create(item=locked, number=(slots["last"] or 0) + 1, rank=first or 0)
        locked.labels_wanted += 1
        locked.save(update_fields=["labels_wanted"])
        _audit("round.ask_more", locked.round, actor, item=locked.pk, labels_wanted=locked.labels_wanted)
    return locked


def disagreements_ask_more(*, round: Round, actor: User, up_to: int = 3) -> int:
    """Ask one more person about every complete sample with fewer than `up_to` labels whose labels differ.

    Returns how many samples that are; those that everybody had already are left out.
    """
    asked = 0
    for item in disagreeing(round):
        if item.labels_wanted < up_to and _somebody_fresh(item):
            item_ask_more(item=item, actor=actor)
            asked += 1
    return asked


def disagreeing(round: Round) -> list[RoundItem]:
    """Samples that have all the labels asked for, and these differ."""
    found = []
    for item in items_with_labels(round):
        votes = [vote_of(annotation) for annotation in item.annotations.all()]
        if len(votes) >= item.labels_wanted and disagree(votes):
            found.append(item)
    return found


def _somebody_fresh(item: RoundItem) -> bool:
    """Whether more people of the round have never had this sample than are asked for it and to come."""
    had = item.slots.filter(annotator__isnull=False).values("annotator")
    fresh = RoundAnnotator.objects.filter(round=item.round_id).exclude(annotator__in=had).count()
    return fresh > item.slots.filter(state=Slot.State.FREE).count()


def _changeable(round: Round) -> Round:
    locked = Round.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=round.pk)
    if locked.state not in CHANGEABLE:
        raise Refused("round_closed", "This round is closed; its people and samples stay as they are.")
    return locked


def _check_manages(round: Round, actor: User) -> None:
    if not can(actor, round.project, Capability.ROUND_MANAGE):
        raise NotAllowed("may_not_manage", "Your role does not change rounds.")


def _audit(action: str, round: Round, actor: User, **payload: object) -> None:
    share_forget(round)
    record(action=action, actor=actor, project=round.project, target=round, payload=payload)
    touch(f"project:{round.project_id}:rounds")
