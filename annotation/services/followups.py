"""What follows from a round's agreement: a retraining round on what its raters differed about, or a fresh round."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from annotation.agreement.discussion import raters_in
from annotation.errors import Refused
from annotation.models import Guideline, Round, RoundItem
from annotation.selectors_agreement import agreement_of, round_labels
from annotation.services.rounds import MAX_OVERLAP, round_create
from datasets_app.models import Record
from datasets_app.selectors import usable_records
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with

RETRAINING_SAMPLES = 30  # what a group can talk through in one sitting
SMALLEST_FRESH_ROUND = 50
LARGEST_FRESH_ROUND = 1000
ENDED = (Round.State.CLOSED, Round.State.PUBLISHED)
NAME_LIMIT = 120


def round_retrain(*, round: Round, actor: User | None) -> Round:
    """A draft round of the samples that the raters differed about, the most harmful first, for those who labelled them.

    Everybody labels every sample again, under the newest approved guideline. Asked for twice, the same draft comes
    back. Raises `Refused` before the round has ended, or where nothing was disputed.
    """
    with transaction.atomic():
        parent = _ended(round)
        waiting = parent.children.filter(kind=Round.Kind.RETRAINING, state=Round.State.DRAFT).first()
        if waiting is not None:
            return waiting
        disputed = [int(entry["item"]) for entry in agreement_of(parent)["disputed"]]
        if not disputed:
            raise Refused("nothing_disputed", "The annotators agree on every sample; there is nothing to train again.")
        records = _usable_records_of(parent, disputed)[:RETRAINING_SAMPLES]
        labels = round_labels(parent)
        pseudonyms = raters_in(labels, {str(item) for item, _ in records})
        people = _still_annotating(parent, pseudonyms)
        if not records or len(people) < 2:
            raise Refused("nobody_to_train", "Fewer than two of the people who labelled these samples still annotate.")
        return round_create(
            project=parent.project,
            name=_named("Retraining", parent),
            guideline=_newest_guideline(parent),
            annotators=people,
            overlap=min(len(people), MAX_OVERLAP),
            records=Record.objects.filter(pk__in=[record for _, record in records]),
            seed=parent.seed + 1,
            simulated=parent.simulated,
            kind=Round.Kind.RETRAINING,
            parent=parent,
            actor=actor,
        )


def round_follow(*, round: Round, actor: User | None) -> Round:
    """A draft round on fresh samples, for the same people, as large as the question needs (50 to 1,000).

    Asked for twice, the same draft comes back. Raises `Refused` before the round has ended, `Invalid` where no fresh
    samples are left.
    """
    with transaction.atomic():
        parent = _ended(round)
        waiting = parent.children.filter(kind=Round.Kind.WORK, state=Round.State.DRAFT).first()
        if waiting is not None:
            return waiting
        pseudonyms = parent.round_annotators.values_list("annotator__pseudonym", flat=True)
        return round_create(
            project=parent.project,
            name=_named("Again", parent),
            guideline=_newest_guideline(parent),
            annotators=_still_annotating(parent, list(pseudonyms)),
            overlap=max(2, parent.overlap),
            count=fresh_samples(agreement_of(parent)),
            seed=parent.seed + 1,
            simulated=parent.simulated,
            parent=parent,
            actor=actor,
        )


def fresh_samples(figures: dict[str, object]) -> int:
    """How many fresh samples a next round asks for: what settles the question in nine of ten cases, within bounds."""
    sizes = figures["sizes"]
    likely = sizes["likely"] if isinstance(sizes, dict) else None
    return min(LARGEST_FRESH_ROUND, max(SMALLEST_FRESH_ROUND, likely or LARGEST_FRESH_ROUND))


def _ended(round: Round) -> Round:
    """The round, locked, so that two clicks make one new round. Before its end a round's labels stay blind."""
    locked = Round.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=round.pk)
    if locked.state not in ENDED:
        raise Refused("not_ended", "Close the round first: until then its labels stay blind.")
    return locked


def _usable_records_of(round: Round, items: list[int]) -> list[tuple[int, int]]:
    """(item, record) of those items whose record may still be labelled, in the order given."""
    usable = usable_records(round.project).values("pk")
    record_of = dict(
        RoundItem.objects.filter(round=round, pk__in=items, record__in=usable).values_list("pk", "record_id")
    )
    return [(item, record_of[item]) for item in items if item in record_of]


def _still_annotating(round: Round, pseudonyms: list[str]) -> list[User]:
    people: QuerySet[User] = User.objects.filter(pseudonym__in=pseudonyms).order_by("pk")
    if round.simulated:
        return list(people)
    return list(people.filter(pk__in=members_with(round.project, Capability.ANNOTATE).values("pk")))


def _newest_guideline(round: Round) -> Guideline:
    approved = Guideline.objects.filter(project=round.project, state=Guideline.State.APPROVED)
    return approved.order_by("-version").first() or round.guideline


def _named(what: str, round: Round) -> str:
    return f"{what}: {round.name}"[:NAME_LIMIT]
