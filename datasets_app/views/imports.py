"""Imports: list, upload, live report, quarantine."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from datasets_app.access import HubRequest, get_import_for
from datasets_app.forms import ImportForm
from datasets_app.models import ImportBatch
from datasets_app.selectors import imports_in, quarantine_reasons
from datasets_app.services import ImportRefused, imports_start, rules_in_words
from datasets_app.services.retention import original_gone
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

from .downloads import object_response

_PAGE = 25


@require_GET
def imports(request: HubRequest) -> HttpResponse:
    """All imports of the project."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    page = Paginator(imports_in(project), _PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "project": project, "may_import": can(request.user, project, Capability.DATASET_IMPORT)}
    return render(request, "datasets/imports.html", context)


@require_http_methods(["GET", "POST"])
def import_create(request: HubRequest) -> HttpResponse:
    """Upload files, or name an address. A script that shows progress asks for JSON; without it this is a form."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            batches = imports_start(project=project, actor=request.user, **form.asked())
        except ImportRefused as refused:
            form.add_error("address" if form.cleaned_data["address"] else "file", str(refused))
        else:
            return _started(request, batches)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "project": project, "most_bytes": settings.UPLOAD_MAX_BYTES}
    return render(request, "datasets/import_create.html", context, status=status)


def _started(request: HubRequest, batches: list[ImportBatch]) -> HttpResponse:
    one = len(batches) == 1
    stored = "The file is stored; its rows are being read." if one else f"{len(batches)} imports have begun."
    messages.success(request, stored)
    where = reverse("datasets:import_detail", args=[batches[0].pk]) if one else reverse("datasets:imports")
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"location": where, "imports": [batch.pk for batch in batches]}, status=201)
    return redirect(where)


@require_GET
def import_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One import: progress, the report that adds up, quarantined rows."""
    batch = get_import_for(request.user, pk)
    rows = batch.quarantined_rows.all()
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    context = _report_context(request, batch) | {
        "page": page,
        "reasons": quarantine_reasons(batch),
        "rules": rules_in_words(batch.options),
    }
    return render(request, "datasets/import_detail.html", context)


@require_GET
def import_quarantine(request: HubRequest, pk: int) -> FileResponse:
    """Download the quarantined rows with their raw text."""
    batch = get_import_for(request.user, pk, Capability.RAWTEXT_VIEW)
    if gone := original_gone(batch):
        raise Http404(gone)
    if not batch.quarantine_key:
        raise Http404("This import has no quarantined rows.")
    response = object_response(
        batch.quarantine_key, name=f"quarantine-{batch.pk}.jsonl", content_type="application/x-ndjson"
    )
    record_access(actor=request.user, project=batch.project, target=batch, rows=batch.quarantined)
    return response


def _report_context(request: HubRequest, batch: ImportBatch) -> dict[str, object]:
    return {
        "batch": batch,
        "job": batch.job,
        "project": batch.project,
        "adds_up": batch.read == batch.accepted + batch.duplicates + batch.quarantined,
        "may_read_text": can(request.user, batch.project, Capability.RAWTEXT_VIEW),
    }
