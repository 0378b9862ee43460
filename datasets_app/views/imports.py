"""Imports: list, upload, live report, quarantine."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from datasets_app.access import HubRequest, get_import_for
from datasets_app.forms import ImportForm
from datasets_app.models import ImportBatch
from datasets_app.selectors import imports_in, quarantine_reasons
from datasets_app.services import ImportRefused, import_start
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
    """Upload a file."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            batch = import_start(
                project=project,
                source=data["source"],
                family=data["family"],
                stage=data["stage"],
                licence=data["licence"],
                consent_basis=data["consent_basis"],
                file=data["file"].file,
                file_name=data["file"].name,
                actor=request.user,
            )
        except ImportRefused as refused:
            form.add_error("file", str(refused))
        else:
            messages.success(request, "The file is stored; its rows are being read.")
            return redirect("datasets:import_detail", pk=batch.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "datasets/import_create.html", {"form": form, "project": project}, status=status)


@require_GET
def import_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One import: progress, the report that adds up, quarantined rows."""
    batch = get_import_for(request.user, pk)
    rows = batch.quarantined_rows.all()
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    context = _report_context(request, batch) | {"page": page, "reasons": quarantine_reasons(batch)}
    return render(request, "datasets/import_detail.html", context)


@require_GET
def import_quarantine(request: HubRequest, pk: int) -> FileResponse:
    """Download the quarantined rows with their raw text."""
    batch = get_import_for(request.user, pk, Capability.RAWTEXT_VIEW)
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
