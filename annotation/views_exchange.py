"""Labels out of a round as a file, and labels from elsewhere in."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from annotation import services
from annotation.access import can_read_agreement, get_label_import_for, get_round_for
from annotation.errors import AnnotationError
from annotation.exchange import FORMATS
from annotation.exchange.label_studio import labeling_config
from annotation.forms_exchange import LabelExportForm, LabelImportForm
from annotation.selectors_exchange import label_imports_in
from datasets_app.views.downloads import object_response
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access


@require_GET
def round_export(request: HubRequest, pk: int) -> HttpResponse | FileResponse:
    """Choose a format; with `format` in the query, the file itself."""
    round = get_round_for(request.user, pk)
    if not can_read_agreement(request.user, round):
        raise PermissionDenied("Your role does not read other people's labels.")
    may_read_text = can(request.user, round.project, Capability.RAWTEXT_VIEW)
    form = LabelExportForm(request.GET if "format" in request.GET else None)
    if not form.is_valid():
        context = {"round": round, "form": form, "may_read_text": may_read_text, "config": labeling_config()}
        return render(request, "annotation/round_export.html", context, status=400 if form.is_bound else 200)
    chosen = FORMATS[form.cleaned_data["format"]]
    try:
        file, count = services.labels_export(round=round, actor=request.user, **form.cleaned_data)
    except AnnotationError as error:
        raise PermissionDenied(str(error)) from error
    if form.cleaned_data["with_text"]:
        record_access(actor=request.user, project=round.project, target=round, rows=count)
    view = form.cleaned_data["view"]
    name = f"{slugify(round.project.slug)}-round-{round.number}-{view}-{chosen.name}.{chosen.suffix}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=chosen.content_type)


@require_http_methods(["GET", "POST"])
def label_imports(request: HubRequest) -> HttpResponse:
    """What was taken in so far, and a file to take in."""
    project = current_project(request)
    require(request.user, project, Capability.ROUND_MANAGE)
    form = LabelImportForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                made = services.labels_import(
                    project=project,
                    actor=request.user,
                    file=file,
                    file_name=file.name,
                    name=form.cleaned_data["name"],
                    format=form.cleaned_data["format"] or None,
                )
            except AnnotationError as error:
                form.add_error(error.code if error.code in form.fields else None, str(error))
                status = error.status
            else:
                messages.success(request, f"Suggestions taken in: {made.suggestions:,}.")
                return redirect("annotation:label_import", pk=made.pk)
    context = {"form": form, "imports": label_imports_in(project)}
    return render(request, "annotation/label_imports.html", context, status=status)


@require_GET
def label_import(request: HubRequest, pk: int) -> HttpResponse:
    """The report of one file: counts that add up, and why something was refused."""
    made = get_label_import_for(request.user, pk, Capability.ROUND_MANAGE)
    may_read = bool(made.refused_key) and can(request.user, made.project, Capability.RAWTEXT_VIEW)
    return render(request, "annotation/label_import.html", {"made": made, "may_read": may_read})


@require_GET
def label_import_refused(request: HubRequest, pk: int) -> FileResponse:
    """The refused rows as they came, with their reasons."""
    made = get_label_import_for(request.user, pk, Capability.RAWTEXT_VIEW)
    if not made.refused_key:
        raise Http404("Nothing was refused.")
    response = object_response(
        made.refused_key, name=f"refused-labels-{made.pk}.jsonl", content_type="application/x-ndjson"
    )
    record_access(actor=request.user, project=made.project, target=made, rows=made.refused)
    return response
