"""What expert review tells about rows of the floors below that came from it (see pixelhub.ui.origins)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.urls import reverse

from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.ui.origins import Origin, register_origins
from review.models import Feedback, RequestImport, ReviewCase
from review.selectors_feedback import may_know_of


def _round(reader: User, pk: int) -> Iterator[Origin]:
    rows = [row for row in _feedback().filter(round=pk) if may_know_of(reader, row.case)]
    if rows:
        count = len(rows)
        says = f"{count} sample{'s' if count > 1 else ''} sent back by expert review, to correct a test label"
        yield Origin(says, reverse("review:feedback"))


def _note(reader: User, pk: int) -> Iterator[Origin]:
    for row in _feedback().filter(note=pk):
        yield from _from_case(reader, row.case, "Written from")


def _record(reader: User, pk: int) -> Iterator[Origin]:
    for row in _feedback().filter(case__record=pk, kind=Feedback.Kind.RELABEL, state=Feedback.State.ACCEPTED):
        yield from _from_case(reader, row.case, "Held out of training: sent back to be labelled again from")


def _import(reader: User, pk: int) -> Iterator[Origin]:
    rows = RequestImport.objects.filter(batch=pk).select_related(
        "request__feedback__case__campaign__project", "request__feedback__case__campaign__model_version"
    )
    for row in rows:
        if may_know_of(reader, row.request.feedback.case):
            url = f"{reverse('review:case_requests')}#request-{row.request_id}"
            yield Origin(f"Brought in for request {row.request_id} of expert review", url)


def _from_case(reader: User, case: ReviewCase, how: str) -> Iterator[Origin]:
    if may_know_of(reader, case):
        judges = can(reader, case.campaign.project, Capability.REVIEW_JUDGE)
        url = reverse("review:case_judge", args=[case.pk]) if judges else ""
        yield Origin(f"{how} case {case.position} of the review of version {case.campaign.model_version.version}", url)


def _feedback() -> QuerySet[Feedback]:
    return Feedback.objects.select_related("case__campaign__project", "case__campaign__model_version").order_by("pk")


register_origins("annotation.Round", _round)
register_origins("annotation.GuidelineNote", _note)
register_origins("datasets_app.Record", _record)
register_origins("datasets_app.ImportBatch", _import)
