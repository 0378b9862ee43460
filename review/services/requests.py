"""Requests for more cases of a kind: answered by imports that are named for them, or closed with a reason."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from datasets_app.models import ImportBatch
from pixelhub.accounts.access import can, require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from review.models import CaseRequest, RequestImport
from review.refusal import Refused
from review.topics import touch_review
from review.wording import MAX_NOTE, checked_text

__all__ = ["request_close", "request_import_name"]


@transaction.atomic
def request_import_name(*, request: CaseRequest, batch: ImportBatch, actor: User) -> RequestImport:
    """Say that an import was brought in, or generated, to answer a request.

    Raises Refused for an import of another project, one that is not done or brought nothing, one that is older than
    the request (it cannot have answered it), and one that was named already.
    """
    locked = _open(request)
    project = locked.feedback.case.campaign.project
    require(actor, project, Capability.DATASET_IMPORT)
    if batch.project_id != project.pk:
        raise Refused("That import belongs to another project.")
    if batch.state != ImportBatch.State.DONE or not batch.accepted:
        raise Refused("Only an import that is done and brought conversations answers a request.")
    if batch.created_at < locked.feedback.asked_at:
        raise Refused("That import is older than the request, so it was not made for it.")
    try:
        with transaction.atomic():
            row = RequestImport.objects.create(request=locked, batch=batch, named_by=actor)
    except IntegrityError:
        raise Refused("That import was named for this request already.") from None
    record(
        action="request.import",
        actor=actor,
        project=project,
        target=locked,
        payload={"request": locked.pk, "import": batch.pk, "accepted": batch.accepted},
    )
    touch_review(project)
    return row


@transaction.atomic
def request_close(*, request: CaseRequest, actor: User, reason: str) -> CaseRequest:
    """End a request with a reason, answered or not: by who asked, a clinical lead, or who brings data in."""
    locked = _open(request)
    project = locked.feedback.case.campaign.project
    if locked.feedback.asked_by_id != actor.pk and not can(actor, project, Capability.REVIEW_RESOLVE):
        require(actor, project, Capability.DATASET_IMPORT)
    locked.closed_reason = checked_text(reason, name="Reason", longest=MAX_NOTE, required=True)
    locked.closed_by, locked.closed_at = actor, timezone.now()
    locked.save(update_fields=["closed_by", "closed_at", "closed_reason"])
    record(action="request.close", actor=actor, project=project, target=locked, payload={"request": locked.pk})
    touch_review(project)
    return locked


def _open(request: CaseRequest) -> CaseRequest:
    rows = CaseRequest.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.select_related("feedback__case__campaign__project").get(pk=request.pk)
    if locked.closed_at is not None:
        raise Refused("This request is closed.")
    return locked
