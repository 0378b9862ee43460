"""Labels that a new guideline version asks to be made again: proposed, put into a round, or dismissed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotation.access import may_decide_relabel
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.labels import clean_text
from annotation.models import Guideline, RelabelProposal, Round
from annotation.selectors_relabel import Affected, affected_labels
from annotation.services.rounds import round_create
from datasets_app.models import Record
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch

AT_ONCE = 5_000  # more labels than this are proposed by a job, so that the approval doesn't wait for them
JOB_KIND = "annotation.relabel_propose"
CHUNK = 500


def relabel_start(*, guideline: Guideline, actor: User | None) -> None:
    """Propose the affected labels now, or queue a job where they are many; inside the transaction of the approval."""
    first = list(islice(affected_labels(guideline), AT_ONCE + 1))
    if len(first) > AT_ONCE:
        job_enqueue(kind=JOB_KIND, params={"guideline": guideline.pk}, project=guideline.project, owner=actor)
        return
    relabel_propose(guideline=guideline, actor=actor, affected=first)


def relabel_propose(*, guideline: Guideline, actor: User | None, affected: Iterable[Affected] | None = None) -> int:
    """Propose every affected label that isn't proposed yet; returns how many. Safe to repeat.

    Asked again later, it finds the labels that came under an older version in rounds that were still open. What an
    older version proposed for the same labels and nobody decided is replaced by this proposal.
    """
    with transaction.atomic():
        locked = Guideline.objects.select_for_update(no_key=True).get(pk=guideline.pk)
        if locked.approved_at is None:
            raise Refused("not_approved", "Only an approved version asks for labels to be made again.")
        found = list(affected_labels(locked) if affected is None else affected)
        if not found:
            return 0
        RelabelProposal.objects.bulk_create(
            (RelabelProposal(guideline=locked, annotation_id=one.annotation_id, section=one.section) for one in found),
            batch_size=CHUNK,
        )
        _replace_older(locked, actor)
        counts = Counter(one.section for one in found)
        record(
            action="relabel.propose",
            actor=actor,
            project=locked.project,
            target=locked,
            payload={"version": locked.version, "labels": len(found), "sections": dict(counts.most_common(50))},
        )
        touch(f"project:{locked.project_id}:rounds")
    return len(found)


def relabel_accept(
    *,
    guideline: Guideline,
    proposals: QuerySet[RelabelProposal],
    name: str,
    annotators: Sequence[User],
    overlap: int,
    actor: User,
    seed: int = 0,
) -> Round:
    """Make a draft round of the proposals' records; people label them again without seeing the older labels.

    The round uses the newest approved version. A record brings all its open proposals along; records that can't be
    labelled now (an identifier waits for its review, say) keep theirs open. Raises `Refused` when nothing is open.
    """
    if not can(actor, guideline.project, Capability.ROUND_MANAGE):
        raise NotAllowed("may_not_manage", "Your role does not set up rounds.")
    with transaction.atomic():
        current = Guideline.objects.filter(project=guideline.project_id, state=Guideline.State.APPROVED).first()
        if current is None:
            raise Refused("guideline_not_approved", "A clinical lead must approve the guideline first.")
        chosen = _locked_open(guideline, proposals)
        records = Record.objects.filter(round_items__annotations__relabel_proposals__in=chosen.values("pk"))
        made = round_create(
            project=guideline.project,
            name=name,
            guideline=current,
            annotators=annotators,
            overlap=overlap,
            records=records,
            actor=actor,
            seed=seed,
        )
        made.kind = Round.Kind.RELABEL
        made.save(update_fields=["kind"])
        accepted = RelabelProposal.objects.filter(
            guideline=guideline,
            state=RelabelProposal.State.PROPOSED,
            annotation__item__record__in=made.items.values("record"),
        ).update(state=RelabelProposal.State.ACCEPTED, round=made, decided_by=actor, decided_at=timezone.now())
        _audit("relabel.accept", guideline, actor, round=made.pk, labels=accepted, samples=made.items.count())
    return made


def relabel_dismiss(*, guideline: Guideline, proposals: QuerySet[RelabelProposal], reason: str, actor: User) -> int:
    """Leave the labels as they are, with a reason; returns how many. Raises `Refused` when none is open any more."""
    if not may_decide_relabel(actor, guideline.project):
        raise NotAllowed("may_not_manage", "Your role does not decide what is labelled again.")
    reason = clean_text(reason, name="The reason", limit=500)
    if not reason:
        raise Invalid("reason", "Say why these labels may stay as they are.")
    with transaction.atomic():
        dismissed = _locked_open(guideline, proposals).update(
            state=RelabelProposal.State.DISMISSED, reason=reason, decided_by=actor, decided_at=timezone.now()
        )
        _audit("relabel.dismiss", guideline, actor, labels=dismissed)
    return dismissed


def _locked_open(guideline: Guideline, proposals: QuerySet[RelabelProposal]) -> QuerySet[RelabelProposal]:
    """The open ones of the proposals, behind a lock on the guideline: of two deciders at once the second finds none."""
    Guideline.objects.select_for_update(no_key=True).get(pk=guideline.pk)
    ids = proposals.filter(guideline=guideline, state=RelabelProposal.State.PROPOSED).order_by().values("pk")
    chosen = RelabelProposal.objects.filter(pk__in=ids)
    if not chosen.exists():
        raise Refused("decided_already", "None of these labels waits for a decision any more.")
    return chosen


def _replace_older(guideline: Guideline, actor: User | None) -> None:
    RelabelProposal.objects.filter(
        state=RelabelProposal.State.PROPOSED,
        guideline__project=guideline.project_id,
        guideline__version__lt=guideline.version,
        annotation__in=guideline.relabel_proposals.values("annotation"),
    ).update(
        state=RelabelProposal.State.DISMISSED,
        reason=f"Replaced by the proposal of version {guideline.version}.",
        decided_by=actor,
        decided_at=timezone.now(),
    )


def _audit(action: str, guideline: Guideline, actor: User, **payload: object) -> None:
    record(
        action=action,
        actor=actor,
        project=guideline.project,
        target=guideline,
        payload={"version": guideline.version, **payload},
    )
    touch(f"project:{guideline.project_id}:rounds")
