"""Augmentation: runs, asking for one, its report, what was refused, and taking in what people approved."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from datasets_app.access import HubRequest, get_augmentation_for, may_read_text
from datasets_app.forms_augmentation import AugmentationForm
from datasets_app.selectors_augmentation import (
    approved_in,
    augmentations_in,
    children_already,
    originals_in,
    report_shown,
    variation_figures,
)
from datasets_app.selectors_releases import published_releases
from datasets_app.services.augmentation import augmentation_start
from datasets_app.services.errors import AugmentationRefused
from datasets_app.services.variations import variations_bring
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

from .downloads import object_response

_PAGE = 25


@require_GET
def augmentations(request: HubRequest) -> HttpResponse:
    """All runs of the project."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    context = {
        "page": Paginator(augmentations_in(project), _PAGE).get_page(request.GET.get("page")),
        "project": project,
        "may_augment": can(request.user, project, Capability.DATASET_IMPORT),
    }
    return render(request, "datasets/augmentations.html", context)


@require_http_methods(["GET", "POST"])
def augmentation_create(request: HubRequest) -> HttpResponse:
    """Say whose children, how many of each strategy, with what seed and within what ratio."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    with_endpoint = bool(settings.SYNTHESIS_ENDPOINT and settings.SYNTHESIS_MODEL)
    form = AugmentationForm(request.POST or None, releases=published_releases(project), with_endpoint=with_endpoint)
    if request.method == "POST" and form.is_valid():
        try:
            run = augmentation_start(project=project, choices=form.choices(), actor=request.user)
        except AugmentationRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The children are being made.")
            return redirect("datasets:augmentation", pk=run.pk)
    context = {
        "form": form,
        "project": project,
        "originals": originals_in(project).count(),
        "children": children_already(project),
    }
    return render(request, "datasets/augmentation_create.html", context, status=422 if form.is_bound else 200)


@require_GET
def augmentation(request: HubRequest, pk: int) -> HttpResponse:
    """One run: its progress, what was asked, made and refused and why, what waits for people."""
    run = get_augmentation_for(request.user, pk)
    report = report_shown(run) if run.state == run.State.DONE else {}
    context = {
        "run": run,
        "job": run.job,
        "project": run.project,
        "report": report,
        "asked_words": f"of {run.wanted:,} asked for",
        "originals_words": f"of {report['originals']:,} originals" if report else "",
        "figures": variation_figures(run.project, run),
        "approved": approved_in(run).count(),
        "snapshots": run.snapshots.order_by("number"),
        "batches": run.batches.order_by("pk"),
        "may_augment": can(request.user, run.project, Capability.DATASET_IMPORT),
        "may_judge": can(request.user, run.project, Capability.REVIEW_JUDGE),
        "may_read_text": may_read_text(request.user, run.project),
    }
    return render(request, "datasets/augmentation.html", context)


@require_GET
def augmentation_quarantine(request: HubRequest, pk: int) -> FileResponse:
    """Download the children that were refused, each with its reason and its words."""
    run = get_augmentation_for(request.user, pk, Capability.RAWTEXT_VIEW)
    if not run.quarantine_key:
        raise Http404("Nothing was refused yet.")
    name = f"{run.project.slug}-augmentation-{run.pk}-quarantine.jsonl"
    response = object_response(run.quarantine_key, name=name, content_type="application/x-ndjson")
    record_access(actor=request.user, project=run.project, target=run, file="quarantine.jsonl")
    return response


@require_POST
def augmentation_bring(request: HubRequest, pk: int) -> HttpResponse:
    """Take the approved variations of a run into the project."""
    run = get_augmentation_for(request.user, pk, Capability.DATASET_IMPORT)
    try:
        job = variations_bring(run=run, actor=request.user)
    except AugmentationRefused as refused:
        messages.error(request, str(refused))
        return redirect("datasets:augmentation", pk=pk)
    messages.success(request, "The approved variations are being taken in.")
    return redirect("jobs:detail", pk=job.pk)
