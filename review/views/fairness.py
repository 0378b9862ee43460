"""Fairness of a version: the newest report, earlier ones, and the form that makes another."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import can
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export
from pixelhub.canonical import canonical_json
from review.access import get_fairness_report_for, get_version_for
from review.forms_findings import ReferenceForm, reference_text
from review.models import FairnessReport
from review.presentation_fairness import report_shown
from review.refusal import Refused
from review.selectors_findings import last_job, question_tabs
from review.services import fairness as services
from review.topics import questions_topic
from review.views.person import signed_in
from training_app.models import ModelVersion

_MOST_DIGITS = 18


@require_GET
def fairness(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk)
    reports = FairnessReport.objects.filter(model_version=version).select_related("created_by")
    asked = request.GET.get("report", "")
    known = asked.isascii() and asked.isdecimal() and len(asked) < _MOST_DIGITS
    report = reports.filter(pk=asked if known else 0).first() if asked else reports.first()
    if asked and report is None:
        raise Http404("There is no such report.")
    return render(request, *_page(request, version, report, reports, ReferenceForm(initial=_initial(report))))


@require_POST
def fairness_create(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk, Capability.CAMPAIGN_MANAGE)
    form = ReferenceForm(request.POST)
    if form.is_valid():
        try:
            services.fairness_report_request(
                version=version, actor=signed_in(request), reference=form.cleaned_data["reference"]
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The figures are being computed; this page shows them when they are there.")
            return redirect("review:fairness", version.pk)
    reports = FairnessReport.objects.filter(model_version=version).select_related("created_by")
    return render(request, *_page(request, version, reports.first(), reports, form), status=400)


@require_GET
def fairness_download(request: HttpRequest, pk: int) -> HttpResponse:
    report = get_fairness_report_for(signed_in(request), pk)
    record_export(actor=signed_in(request), project=report.project, what="fairness report", target=report)
    response = HttpResponse(canonical_json(report.document), content_type="application/json")
    name = f"fairness-{report.model_version.version}-{report.sha256[:12]}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(
    request: HttpRequest,
    version: ModelVersion,
    report: FairnessReport | None,
    reports: QuerySet[FairnessReport],
    form: ReferenceForm,
) -> tuple[str, dict[str, Any]]:
    context: dict[str, Any] = {
        "version": version,
        "report": report,
        "shown": report_shown(report.document) if report else None,
        "reports": reports,
        "form": form,
        "job": last_job(version, services.KIND),
        "may_make": can(signed_in(request), version.project, Capability.CAMPAIGN_MANAGE),
        "is_open": services.is_open(version),
        "tabs": question_tabs(version, "fairness"),
        "topic": questions_topic(version.project_id, version.pk),
    }
    return ("review/_fairness.html" if getattr(request, "htmx", False) else "review/fairness.html"), context


def _initial(report: FairnessReport | None) -> dict[str, str]:
    return {"reference": reference_text(report.document["reference"])} if report else {}
