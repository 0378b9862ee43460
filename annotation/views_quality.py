"""Pages of the review of finished work: the report with its draw, the review itself, feedback to annotators."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation import services
from annotation.access import get_feedback_for, get_review_for, get_round_for
from annotation.errors import AnnotationError
from annotation.forms_quality import AnswerForm, DrawForm, FindingForm
from annotation.guideline_text import render as render_guideline
from annotation.guideline_text import section_html, sections
from annotation.instrument import SEVERITY_KEYS
from annotation.models import Batch, QualityReview, Round
from annotation.presentation_labels import turns_of
from annotation.selectors_quality import (
    feedback_for,
    next_review,
    quality_report,
    quality_rows,
    reviewed_label,
    reviews_waiting,
)
from annotation.services.quality import Finding
from datasets_app.corpus.taxonomy import SEVERITIES, SEVERITY_LABELS
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access, record_export
from pixelhub.csv_cells import csv_text

PAGE = 10


@require_GET
def quality(request: HubRequest, pk: int) -> HttpResponse:
    """What the review of a round, or of one batch, found so far; reviewers draw from here."""
    round = get_round_for(request.user, pk, Capability.AGREEMENT_VIEW)
    return _report_page(request, round, _batch(round, request.GET), 200)


@require_GET
def quality_json(request: HubRequest, pk: int) -> HttpResponse:
    """The report for programs."""
    round = get_round_for(request.user, pk, Capability.AGREEMENT_VIEW)
    report = _report(request, round, _batch(round, request.GET))
    record_export(actor=request.user, project=round.project, what="quality report", target=round)
    return _attachment(JsonResponse(report, json_dumps_params={"indent": 2}), report, "json")


@require_GET
def quality_csv(request: HubRequest, pk: int) -> HttpResponse:
    """The report for spreadsheets, formula-safe."""
    round = get_round_for(request.user, pk, Capability.AGREEMENT_VIEW)
    report = _report(request, round, _batch(round, request.GET))
    record_export(actor=request.user, project=round.project, what="quality report", target=round)
    answer = HttpResponse(csv_text(quality_rows(report)), content_type="text/csv; charset=utf-8")
    return _attachment(answer, report, "csv")


@require_POST
def quality_draw(request: HubRequest, pk: int) -> HttpResponse:
    """Draw finished labels for review."""
    round = get_round_for(request.user, pk, Capability.ADJUDICATE)
    batch = _batch(round, request.POST)
    form = DrawForm(request.POST)
    if not form.is_valid():
        return _report_page(request, round, batch, 400, form)
    data = form.cleaned_data
    try:
        drawn = services.quality_draw(
            round=round,
            batch=batch,
            actor=request.user,
            share=data["percent"] / 100,
            seed=data["seed"],
            oversample=data["oversample"],
        )
    except AnnotationError as error:
        form.add_error(None, str(error))
        return _report_page(request, round, batch, error.status, form)
    messages.success(request, f"{drawn:,} label{'' if drawn == 1 else 's'} drawn.")
    return redirect(_address("annotation:quality", round, batch))


@require_GET
def quality_next(request: HubRequest, pk: int) -> HttpResponse:
    """Go to a drawn label that waits."""
    round = get_round_for(request.user, pk, Capability.ADJUDICATE)
    batch = _batch(round, request.GET)
    found = next_review(request.user, round, batch)
    if found is not None:
        return redirect("annotation:quality_review", pk=found.pk)
    messages.info(request, "No drawn label waits for you.")
    return redirect(_address("annotation:quality", round, batch))


@require_http_methods(["GET", "POST"])
def quality_review(request: HubRequest, pk: int) -> HttpResponse:
    """Judge one label, without its author's name."""
    review = get_review_for(request.user, pk)
    round = review.annotation.item.round
    status = 200
    form = FindingForm(request.POST or None, round=round, initial=_initial(review))
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                services.quality_review(review=review, actor=request.user, finding=Finding(**form.cleaned_data))
                return redirect("annotation:quality_next", pk=round.pk)
            except AnnotationError as error:
                form.add_error(None, str(error))
                status = error.status
    item = review.annotation.item
    label = reviewed_label(review)
    record_access(actor=request.user, project=round.project, target=review, record=item.record_id)
    context = {
        "review": review,
        "round": round,
        "item": item,
        "label": label,
        "turns": turns_of(item.record, label.spans),
        "form": form,
        "severities": [(level, SEVERITY_LABELS[level], SEVERITY_KEYS[level - 1]) for level in SEVERITIES],
        "waiting": reviews_waiting(request.user, round, None).count(),
        "own": review.annotation.annotator_id == request.user.pk,
        "guideline_html": render_guideline(round.guideline.markdown),
    }
    return render(request, "annotation/quality_review.html", context, status=status)


@require_GET
def feedback(request: HubRequest) -> HttpResponse:
    """What reviewers found in one's own labels."""
    project = current_project(request)
    require(request.user, project, Capability.ANNOTATE)
    return _feedback_page(request, None, AnswerForm(), 200)


@require_POST
def feedback_answer(request: HubRequest, pk: int) -> HttpResponse:
    """Mark a finding as read, with an answer where there is something to say."""
    review = get_feedback_for(request.user, pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _feedback_page(request, review, form, 400)
    try:
        services.quality_answer(review=review, actor=request.user, answer=form.cleaned_data["answer"])
    except AnnotationError as error:
        form.add_error(None, str(error))
        return _feedback_page(request, review, form, error.status)
    messages.success(request, "Noted.")
    return redirect("annotation:feedback")


def _feedback_page(request: HubRequest, answered: QualityReview | None, form: AnswerForm, status: int) -> HttpResponse:
    project = current_project(request)
    page = Paginator(feedback_for(request.user, project), PAGE).get_page(request.GET.get("page"))
    rows = []
    shown: list[int] = []
    for review in page:
        label = reviewed_label(review)
        item = review.annotation.item
        shown.append(item.record_id)
        titles = {section.code: section.title for section in sections(item.round.guideline.markdown)}
        own = (
            form if answered == review else AnswerForm(initial={"answer": review.answer}, auto_id=f"id_%s_{review.pk}")
        )
        rows.append(
            {
                "review": review,
                "label": label,
                "turns": turns_of(item.record, label.spans),
                "section": titles.get(review.guideline_section, ""),
                "clause": section_html(item.round.guideline.markdown, review.guideline_section),
                "form": own,
            }
        )
    if shown:
        record_access(actor=request.user, project=project, target=project, records=shown)
    return render(request, "annotation/feedback.html", {"rows": rows, "page": page}, status=status)


def _report_page(
    request: HubRequest, round: Round, batch: Batch | None, status: int, form: DrawForm | None = None
) -> HttpResponse:
    reviews = can(request.user, round.project, Capability.ADJUDICATE)
    report = _report(request, round, batch)
    titles = {section.code: section.title for section in sections(round.guideline.markdown)}
    context: dict[str, Any] = {
        "round": round,
        "batch": batch,
        "batches": round.batches.order_by("number"),
        "report": report,
        "findings": [(row, titles.get(row["guideline_section"], "")) for row in report["findings"]],
        "may_review": reviews,
        "waiting": reviews_waiting(request.user, round, batch).count() if reviews else 0,
        "form": form or DrawForm(initial={"batch": batch.number if batch else None}),
    }
    return render(request, "annotation/quality.html", context, status=status)


def _report(request: HubRequest, round: Round, batch: Batch | None) -> dict[str, Any]:
    names = can(request.user, round.project, Capability.ADJUDICATE)
    words = can(request.user, round.project, Capability.RAWTEXT_VIEW)
    return quality_report(round, batch, names=names, words=words)


def _batch(round: Round, sent: QueryDict) -> Batch | None:
    """The batch that `?batch=` names; None for the whole round."""
    number = sent.get("batch", "")
    if not number:
        return None
    if not number.isdecimal() or len(number) > 5:
        raise Http404("No such batch.")
    return get_object_or_404(Batch, round=round, number=int(number))


def _address(name: str, round: Round, batch: Batch | None) -> str:
    query = f"?batch={batch.number}" if batch else ""
    return reverse(name, args=[round.pk]) + query


def _attachment(answer: HttpResponse, report: dict[str, Any], kind: str) -> HttpResponse:
    part = f"-batch-{report['batch']}" if report["batch"] else ""
    answer["Content-Disposition"] = f'attachment; filename="quality-round-{report["round"]}{part}.{kind}"'
    return answer


def _initial(review: QualityReview) -> dict[str, Any]:
    """An earlier verdict, or the label itself to start from."""
    if review.verdict == QualityReview.Verdict.PENDING:
        label = review.annotation
        return {"crisis_type": label.crisis_type, "severity": label.severity}
    names = ("verdict", "crisis_type", "severity", "guideline_section", "comment")
    return {name: getattr(review, name) for name in names}
