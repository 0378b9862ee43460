"""Reads of what follows from cases: for the case's page, for the leads' list, for those who bring data in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from annotation.models import Round
from datasets_app.models import ImportBatch, SnapshotLabel
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction
from review.judged import may_discuss
from review.models import Campaign, CaseRequest, Feedback, ReviewCase

__all__ = [
    "Followed",
    "Wanted",
    "feedback_actions",
    "feedback_in",
    "feedback_of",
    "imports_to_name",
    "may_know_of",
    "relabels_waiting",
    "requests_in",
    "wanted_of",
]

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Followed:
    """A feedback, what came of it in a few words, and where that is to be seen ("" for nowhere)."""

    row: Feedback
    says: str
    url: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request and how much of it came: conversations accepted by the imports named for it."""

    request: CaseRequest
    brought: int

    @property
    def state(self) -> str:
        if self.request.closed_at is not None:
            return "closed"
        return "done" if self.brought >= self.request.wanted else "open"

    @property
    def project(self) -> Project:
        found: Project = self.request.feedback.case.campaign.project
        return found


def may_know_of(reader: User, case: ReviewCase) -> bool:
    """Whether this reader may hear what follows from a case: not while they may still have to judge it themself."""
    campaign = case.campaign
    if not can(reader, campaign.project, Capability.MODEL_VIEW):
        return False
    if campaign.state != Campaign.State.OPEN or not can(reader, campaign.project, Capability.REVIEW_JUDGE):
        return True
    return campaign.model_version.trainer_id == reader.pk or may_discuss(case, reader)


def feedback_of(case: ReviewCase) -> list[Followed]:
    """Everything that followed from a case, newest first. Ask `may_know_of` first."""
    return [_followed(row) for row in _rows().filter(case=case)]


def feedback_in(project: Project, reader: User) -> list[Followed]:
    """The newest of the project, without cases that the reader may still have to judge."""
    rows = _rows().filter(case__campaign__project=project)[:_SHOWN]
    return [_followed(row) for row in rows if may_know_of(reader, row.case)]


def relabels_waiting(project: Project) -> QuerySet[Feedback]:
    """Cases that a lead consented to and that are in no round yet."""
    return Feedback.objects.filter(
        case__campaign__project=project, kind=Feedback.Kind.RELABEL, state=Feedback.State.ACCEPTED, round=None
    )


def requests_in(project: Project, reader: User) -> list[Wanted]:
    """Requests for more cases, those that wait first, then newest first."""
    rows = _requests().filter(feedback__case__campaign__project=project)[:_SHOWN]
    found = [_wanted(row) for row in rows if may_know_of(reader, row.feedback.case)]
    return sorted(found, key=lambda wanted: wanted.state != "open")


def wanted_of(request: CaseRequest) -> Wanted:
    """How much of one request came."""
    return _wanted(_requests().get(pk=request.pk))


def imports_to_name(project: Project, wanted: Iterable[Wanted]) -> list[ImportBatch]:
    """The newest imports that may have answered one of these requests."""
    asked = [one.request.feedback.asked_at for one in wanted if one.state != "closed"]
    if not asked:
        return []
    batches = ImportBatch.objects.filter(project=project, state=ImportBatch.State.DONE, accepted__gt=0)
    return list(batches.filter(created_at__gte=min(asked)).order_by("-pk")[:50])


def feedback_actions(user: User, project: Project) -> list[NextAction]:
    """What waits here for this person."""
    found: list[NextAction] = []
    page = reverse("review:feedback")
    if can(user, project, Capability.REVIEW_RESOLVE):
        rows = _rows().filter(case__campaign__project=project, state=Feedback.State.WAITING)
        waiting = sum(may_know_of(user, row.case) for row in rows)
        if waiting:
            detail = "An expert holds a test label for wrong; it is corrected only with your word."
            found.append(NextAction("Decide what is labelled again", detail, page, 28, waiting, Role.CLINICAL_LEAD))
    if can(user, project, Capability.ROUND_MANAGE):
        ready = relabels_waiting(project).count()
        if ready:
            detail = "A clinical lead consented; one click makes the round."
            found.append(NextAction("Have cases labelled again", detail, page, 38, ready, Role.QA))
    if can(user, project, Capability.DATASET_IMPORT):
        missing = sum(wanted.state == "open" for wanted in map(_wanted, _open_requests(project)))
        if missing:
            detail = "Experts ask for conversations of a kind for the next release."
            url = reverse("review:case_requests")
            found.append(NextAction("Bring in cases of a kind", detail, url, 36, missing, Role.DATA_ENGINEER))
    return found


def _open_requests(project: Project) -> QuerySet[CaseRequest]:
    return _requests().filter(feedback__case__campaign__project=project, closed_at=None)


def _rows() -> QuerySet[Feedback]:
    return Feedback.objects.select_related(
        "case__campaign__project", "case__campaign__model_version", "asked_by", "decided_by", "round", "note", "request"
    )


def _requests() -> QuerySet[CaseRequest]:
    return (
        CaseRequest.objects.select_related(
            "feedback__case__campaign__project",
            "feedback__case__campaign__model_version",
            "feedback__asked_by",
            "closed_by",
        )
        .prefetch_related("imports__batch", "imports__named_by")
        .annotate(brought=Coalesce(Sum("imports__batch__accepted"), 0))
    )


def _wanted(row: CaseRequest) -> Wanted:
    return Wanted(row, int(getattr(row, "brought", 0)))


def _followed(row: Feedback) -> Followed:
    if row.kind == Feedback.Kind.RELABEL:
        return _relabelled(row)
    if row.kind == Feedback.Kind.NOTE:
        note = row.note
        assert note is not None  # a constraint of the table
        url = f"{reverse('annotation:guideline_notes')}#note-{note.pk}"
        outcome = {"taken": "taken up in the guideline", "dismissed": "left by the guideline's writers"}
        says = outcome.get(note.state, "waits for the next version")
        return Followed(row, says, url, note.state != "open")
    wanted = wanted_of(row.request)
    url = f"{reverse('review:case_requests')}#request-{row.request.pk}"
    says = {"closed": "closed", "done": "answered"}.get(wanted.state, "open")
    return Followed(row, f"{says}: {wanted.brought} of {row.request.wanted} came", url, wanted.state != "open")


def _relabelled(row: Feedback) -> Followed:
    if row.state == Feedback.State.WAITING:
        return Followed(row, "waits for a clinical lead's consent")
    if row.state == Feedback.State.DECLINED:
        return Followed(row, f"declined by {row.decided_by}: {row.reason}", done=True)
    if row.round is None:
        return Followed(row, "waits for a round; the record is held out of training")
    url = reverse("annotation:round_detail", args=[row.round_id])
    label = SnapshotLabel.objects.filter(snapshot=row.round.snapshot_id, record=row.case.record_id).first()
    if row.round.state == Round.State.PUBLISHED and label is not None:
        severity = f", severity {label.severity}" if label.severity else ""
        return Followed(row, f"labelled again: {label.get_crisis_type_display()}{severity}", url, True)
    return Followed(row, f"in round {row.round.number}, {row.round.get_state_display().lower()}", url)
