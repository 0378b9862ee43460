"""The round in which cases are labelled again: made by whoever keeps rounds, of those that a lead consented to."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.utils import timezone

from annotation.errors import AnnotationError
from annotation.models import Guideline, Round
from annotation.services import round_create
from datasets_app.models import Record
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with
from pixelhub.audit.services import record
from review.models import Feedback
from review.refusal import Refused
from review.topics import touch_review

__all__ = ["relabel_round_make"]

LABELS: Final = 2


@transaction.atomic
def relabel_round_make(*, project: Project, actor: User) -> Round:
    """A draft round of every case that waits, for all who label here, two labels each; its keeper opens it.

    Nothing in the round says that experts met these conversations: labels stay blind. Records that nobody may label
    now (an identifier waits for its review, say) go on waiting. Raises Refused where nothing can be put into a round.
    """
    require(actor, project, Capability.ROUND_MANAGE)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    waiting = Feedback.objects.filter(
        case__campaign__project=project,
        kind=Feedback.Kind.RELABEL,
        state=Feedback.State.ACCEPTED,
        round=None,
    )
    if not waiting.exists():
        raise Refused("No case waits to be labelled again.")
    guideline = Guideline.objects.filter(project=project, state=Guideline.State.APPROVED).first()
    if guideline is None:
        raise Refused("A clinical lead must approve the guideline first.")
    try:
        made = round_create(
            project=project,
            name=f"Labelled again, {timezone.localdate():%d %b %Y}",
            kind=Round.Kind.RELABEL,
            guideline=guideline,
            annotators=list(members_with(project, Capability.ANNOTATE).order_by("pk")),
            overlap=LABELS,
            records=Record.objects.filter(review_cases__feedback__in=waiting.values("pk")),
            actor=actor,
        )
    except AnnotationError as error:
        raise Refused(str(error)) from None
    taken = waiting.filter(case__record__in=made.items.values("record"))
    count = taken.update(round=made)
    record(
        action="feedback.round",
        actor=actor,
        project=project,
        target=made,
        payload={"round": made.pk, "number": made.number, "cases": count},
    )
    touch_review(project)
    return made
