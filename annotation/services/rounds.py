"""The life of a round: made, opened, closed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from annotation.errors import Invalid, Refused
from annotation.labels import clean_text
from annotation.models import AgreementResult, Guideline, Round, RoundAnnotator, RoundItem, Slot
from annotation.selectors_agreement import round_agreement
from annotation.services.hidden import hidden_gold_slots
from annotation.services.layout import Layout, items_make, layout_check, ranks_of
from annotation.services.rater_models import rater_models_request
from datasets_app.models import Record
from datasets_app.selectors import usable_records
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with
from pixelhub.audit.services import record
from pixelhub.live.services import touch

MAX_OVERLAP = 10


def records_not_yet_labelled(project: Project) -> QuerySet[Record]:
    """Usable records of the project that are in no round so far."""
    return usable_records(project).filter(round_items__isnull=True).order_by("pk")


def records_waiting_for_review(project: Project) -> int:
    """How many active records no round takes yet: identifiers in them wait for a person, or for the search for them."""
    unsettled = (Record.PiiState.PENDING, Record.PiiState.UNSCANNED)
    return Record.objects.filter(project=project, state=Record.State.ACTIVE, pii_state__in=unsettled).count()


def round_create(
    *,
    project: Project,
    name: str,
    guideline: Guideline,
    annotators: Sequence[User],
    actor: User | None,
    overlap: int = 2,
    records: QuerySet[Record] | None = None,
    count: int | None = None,
    seed: int = 0,
    simulated: bool = False,
    kind: str = Round.Kind.WORK,
    parent: Round | None = None,
    layout: Layout | None = None,
) -> Round:
    """Make a draft round over the usable ones of `records` (default: all not yet in a round), shuffled by `seed`.

    With `count`, that many of the shuffled records. `layout` says how they are batched, ordered and shared out. Raises
    `Invalid` when people or records don't suffice.
    """
    layout = layout or Layout()
    name = clean_text(name, name="The name", limit=120)
    people = list({person.pk: person for person in annotators}.values())
    _check_people(project, people, overlap, simulated)
    if not name:
        raise Invalid("name", "Give the round a name.")
    if guideline.project_id != project.pk:
        raise Invalid("guideline", "That guideline belongs to another project.")
    chosen = records_shuffled(records_not_yet_labelled(project) if records is None else records, project, seed, count)
    layout_check(layout, len(chosen))
    try:
        with transaction.atomic():
            number = (Round.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0) + 1
            made = Round.objects.create(
                project=project,
                number=number,
                name=name,
                kind=kind,
                parent=parent,
                guideline=guideline,
                overlap=overlap,
                seed=seed,
                simulated=simulated,
                created_by=actor,
                **layout.fields(),
            )
            RoundAnnotator.objects.bulk_create(RoundAnnotator(round=made, annotator=person) for person in people)
            items_make(made, chosen, layout, first_batch=1, first=1)
            _audit("round.create", made, actor, items=len(chosen), annotators=[person.pk for person in people])
    except IntegrityError as error:
        raise Refused("number_taken", "Another round was made at the same moment. Try again.") from error
    return made


def round_open(*, round: Round, actor: User | None) -> Round:
    """Open a draft round: its slots are made, `labels_wanted` per sample. Needs an approved guideline."""
    with transaction.atomic():
        locked = Round.objects.select_for_update(of=("self",), no_key=True).select_related("guideline").get(pk=round.pk)
        if locked.state != Round.State.DRAFT:
            raise Refused("not_a_draft", "This round was opened already.")
        if locked.guideline.state != Guideline.State.APPROVED:
            raise Refused("guideline_not_approved", "A clinical lead must approve the guideline first.")
        items = list(locked.items.filter(purpose=RoundItem.Purpose.WORK))
        work = slots_of(items, ranks_of(locked, items))
        hidden = hidden_gold_slots(round=locked, work=work)
        Slot.objects.bulk_create(sorted([*work, *hidden], key=lambda slot: slot.rank), batch_size=500)
        locked.state, locked.opened_at = Round.State.OPEN, timezone.now()
        locked.save(update_fields=["state", "opened_at"])
        _audit("round.open", locked, actor, guideline_version=locked.guideline.version)
    return locked


def slots_of(items: Sequence[RoundItem], ranks: Mapping[int, int]) -> list[Slot]:
    """`labels_wanted` free slots for each sample, at its rank; not saved yet."""
    return [
        Slot(item=item, round_id=item.round_id, number=number, rank=ranks[item.pk])
        for item in items
        for number in range(1, item.labels_wanted + 1)
    ]


def round_close(*, round: Round, actor: User | None) -> Round:
    """Close an open round: leases end, labels can't change any more, agreement is kept as it stands."""
    with transaction.atomic():
        locked = Round.objects.select_for_update(no_key=True).get(pk=round.pk)
        if locked.state != Round.State.OPEN:
            raise Refused("not_open", "Only an open round can be closed.")
        Slot.objects.filter(round=locked, state=Slot.State.LEASED).update(
            state=Slot.State.FREE, annotator=None, lease_until=None, claimed_at=None
        )
        locked.state, locked.closed_at = Round.State.CLOSED, timezone.now()
        locked.save(update_fields=["state", "closed_at"])
        result = agreement_keep(round=locked)
        kept = result.figures
        _audit("round.close", locked, actor, kappa=kept["kappa"], verdict=kept["verdict"], ratings=kept["ratings"])
        rater_models_request(round=locked, actor=actor)
    return locked


def agreement_keep(*, round: Round) -> AgreementResult:
    """Store the round's agreement figures of this moment; call inside a transaction."""
    return AgreementResult.objects.create(round=round, figures=round_agreement(round))


def _check_people(project: Project, people: list[User], overlap: int, simulated: bool) -> None:
    if not 1 <= overlap <= MAX_OVERLAP:
        raise Invalid("overlap", f"Labels per sample must be from 1 to {MAX_OVERLAP}.")
    if len(people) < overlap:
        raise Invalid("annotators", f"{overlap} labels per sample need at least {overlap} annotators.")
    if simulated:
        return
    allowed = set(members_with(project, Capability.ANNOTATE).values_list("pk", flat=True))
    strangers = [person.pseudonym for person in people if person.pk not in allowed]
    if strangers:
        raise Invalid("annotators", f"{strangers[0]} is not an annotator of this project.")


def records_shuffled(records: QuerySet[Record], project: Project, seed: int, count: int | None) -> list[int]:
    """Record ids in the seeded order; the order depends on contents, not on database ids."""
    usable = records.filter(pk__in=usable_records(project).values("pk"))
    found = list(usable.order_by("content_hash").values_list("pk", flat=True).distinct())
    if not found:
        raise Invalid("records", _nothing_to_label(project))
    random.Random(seed).shuffle(found)  # noqa: S311  (a reproducible order, not a secret)
    return found[:count] if count else found


def _nothing_to_label(project: Project) -> str:
    waiting = records_waiting_for_review(project)
    if not waiting:
        return "There are no records to label. Import some first."
    wait, review = ("waits", "its") if waiting == 1 else ("wait", "their")
    return f"There are no records to label yet: {waiting:,} {wait} for {review} review of identifiers."


def _audit(action: str, round: Round, actor: User | None, **payload: object) -> None:
    record(action=action, actor=actor, project=round.project, target=round, payload=payload)
    touch(f"project:{round.project_id}:rounds")
