"""Practice and qualification sets: made from expert labels, entered one person at a time."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from annotation.errors import Invalid, NotAllowed, Refused
from annotation.labels import clean_text
from annotation.models import GoldLabel, Guideline, Qualification, Round, RoundAnnotator, RoundItem, Slot
from annotation.selectors_qualification import next_set, practice_left
from annotation.services.standing import standing_of
from datasets_app.selectors import usable_records
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

LEAST_QUALIFICATION = 10  # fewer say nothing about a person


def set_create(
    *,
    project: Project,
    kind: str,
    name: str,
    guideline: Guideline,
    actor: User,
    count: int | None = None,
    seed: int = 0,
) -> Round:
    """Make and open a practice or qualification set from expert labels of that use.

    The types take turns, and labels that stand in the fewest sets so far come first. With `count`, so many. Raises
    `Invalid` where the labels don't suffice: a qualification needs ten, of two types at least (kappa needs both).
    """
    if not can(actor, project, Capability.ROUND_MANAGE):
        raise NotAllowed("may_not_manage", "Your role does not make sets.")
    name = clean_text(name, name="The name", limit=120)
    if not name or kind not in Round.LEARNING:
        raise Invalid("name", "Give the set a name and a kind.")
    if guideline.project_id != project.pk or guideline.state != Guideline.State.APPROVED:
        raise Refused("guideline_not_approved", "A clinical lead must approve the guideline first.")
    chosen = _drawn(project, kind, count, seed)
    if not chosen:
        raise Invalid("count", "There is no expert label for this use yet. Set some first.")
    few = len(chosen) < LEAST_QUALIFICATION or len({gold.crisis_type for gold in chosen}) < 2
    if kind == Round.Kind.QUALIFICATION and few:
        raise Invalid(
            "count", f"A qualification needs at least {LEAST_QUALIFICATION} expert labels, of two types or more."
        )
    try:
        with transaction.atomic():
            number = (Round.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0) + 1
            made = Round.objects.create(
                project=project,
                number=number,
                name=name,
                kind=kind,
                guideline=guideline,
                overlap=1,
                calm=False,
                seed=seed,
                state=Round.State.OPEN,
                opened_at=timezone.now(),
                created_by=actor,
            )
            RoundItem.objects.bulk_create(
                RoundItem(
                    round=made,
                    record_id=gold.record_id,
                    position=position,
                    purpose=RoundItem.Purpose.GOLD,
                    gold=gold,
                    labels_wanted=1,
                )
                for position, gold in enumerate(chosen, start=1)
            )
            payload = {"kind": kind, "items": len(chosen), "guideline_version": guideline.version}
            record(action="set.create", actor=actor, project=project, target=made, payload=payload)
            touch(f"project:{project.pk}:rounds")
    except IntegrityError as error:
        raise Refused("number_taken", "Another round was made at the same moment. Try again.") from error
    return made


def set_start(*, project: Project, annotator: User, kind: str) -> Round:
    """Enter a set, or go on with the one begun: every sample of it becomes this person's, in an order of their own.

    Raises `Refused` where a step before is missing, or where no set is left that this person hasn't seen.
    """
    if not can(annotator, project, Capability.ANNOTATE):
        raise NotAllowed("not_annotator", "Only annotators practise and qualify.")
    standing = standing_of(project, annotator)
    with transaction.atomic():
        if standing.guideline_read_id is None:
            raise Refused("guideline_first", "Read the guideline first.")
        if kind == Round.Kind.QUALIFICATION:
            _check_may_take(standing)
        found = next_set(project, annotator, kind)
        if found is None:
            raise Refused("no_set", "There is no set left that you haven't seen. QA has been told.")
        # The round before the person's row: a submit locks them in this order too.
        _enter(found, annotator)
        standing = standing_of(project, annotator, lock=True)
        moves = {
            Round.Kind.PRACTICE: ((Qualification.State.NEW, Qualification.State.READING), "practising"),
            Round.Kind.QUALIFICATION: (
                (Qualification.State.READING, Qualification.State.PRACTISING, Qualification.State.FAILED),
                "taking",
            ),
        }
        before, after = moves[Round.Kind(kind)]
        if standing.state in before:
            standing.state = after
            standing.save(update_fields=["state", "changed_at"])
        payload = {"annotator": annotator.pseudonym, "kind": kind}
        record(action="set.start", actor=annotator, project=project, target=found, payload=payload)
        touch(f"project:{project.pk}:rounds")
    return found


def _check_may_take(standing: Qualification) -> None:
    project, annotator = standing.project, standing.annotator
    if standing.state == Qualification.State.PAUSED:
        raise Refused("paused", "Labelling is paused for you. Talk to QA first; they know about it.")
    if standing.state == Qualification.State.QUALIFIED:
        raise Refused("qualified", "You are qualified already.")
    if practice_left(project, annotator):
        raise Refused("practice_first", "Finish a practice set first.")


def _enter(round: Round, annotator: User) -> None:
    Round.objects.select_for_update(no_key=True).get(pk=round.pk)
    _, entered = RoundAnnotator.objects.get_or_create(round=round, annotator=annotator)
    if not entered and Slot.objects.filter(item__round=round, reserved_for=annotator).exists():
        return
    number = (Slot.objects.filter(item__round=round).aggregate(last=Max("number"))["last"] or 0) + 1
    items = list(round.items.order_by("position"))
    random.Random(f"{round.seed}:order:{annotator.pseudonym}").shuffle(items)  # noqa: S311  (reproducible, not secret)
    Slot.objects.bulk_create(
        Slot(item=item, number=number, reserved_for=annotator, rank=rank) for rank, item in enumerate(items, start=1)
    )


def _drawn(project: Project, kind: str, count: int | None, seed: int) -> list[GoldLabel]:
    usable = usable_records(project).values("pk")
    golds = GoldLabel.objects.filter(project=project, use=kind, retired_at__isnull=True, record__in=usable)
    pool = list(golds.order_by("record__content_hash"))
    used = Counter(RoundItem.objects.filter(round__kind=kind, gold__in=pool).values_list("gold", flat=True))
    random.Random(seed).shuffle(pool)  # noqa: S311  (reproducible, not secret)
    by_type: dict[str, list[GoldLabel]] = defaultdict(list)
    for gold in sorted(pool, key=lambda gold: used[gold.pk]):
        by_type[gold.crisis_type].append(gold)
    turn = {gold.pk: place for golds in by_type.values() for place, gold in enumerate(golds)}
    return sorted(pool, key=lambda gold: (turn[gold.pk], gold.crisis_type))[:count]
