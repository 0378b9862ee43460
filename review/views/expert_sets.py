"""Expert sets: list, draw, watch, freeze, take out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from review import services
from review.access import get_expert_set_for
from review.expertsets.writing import set_files
from review.forms_expert_sets import DrawForm
from review.refusal import Refused
from review.selectors_expert_sets import (
    excluded_in_words,
    expert_sets_of,
    last_draw,
    rubric_in_words,
    set_progress,
    set_view,
)
from review.topics import expert_sets_topic
from review.views.person import signed_in


@require_GET
def expert_sets(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.MODEL_VIEW)
    context = {
        "sets": expert_sets_of(project)[:100],
        "job": last_draw(project),
        "topic": expert_sets_topic(project.pk),
    }
    return render(request, _template(request, "review/expert_sets.html", "review/_expert_sets.html"), context)


@require_http_methods(["GET", "POST"])
def expert_set_draw(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.CAMPAIGN_MANAGE)
    form = DrawForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.expert_set_request(
                project=project,
                actor=signed_in(request),
                name=data["name"],
                size=data["size"],
                crisis_share=data["crisis_percent"] / 100,
                raters=data["raters"],
                seed=data["seed"],
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The set is being drawn; it appears here when it is there.")
            return redirect("review:expert_sets")
    return render(request, "review/expert_set_draw.html", {"form": form}, status=400 if form.errors else 200)


@require_GET
def expert_set_detail(request: HttpRequest, pk: int) -> HttpResponse:
    person = signed_in(request)
    found = get_expert_set_for(person, pk)
    progress = set_progress(found, person)
    view = set_view(found, person, progress)
    context = {
        "expert_set": found,
        "progress": progress,
        "view": view,
        "scales": rubric_in_words(view),
        "excluded": excluded_in_words(found),
        "near": (found.excluded.get("near") or [])[:50],
        "altered": found.is_frozen and set_files(found).altered,
        "may_take_out": can(person, found.project, Capability.RAWTEXT_VIEW),
        "topic": expert_sets_topic(found.project_id),
    }
    return render(request, _template(request, "review/expert_set_detail.html", "review/_expert_set.html"), context)


@require_POST
def expert_set_freeze(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_expert_set_for(signed_in(request), pk, Capability.REVIEW_RESOLVE)
    try:
        services.expert_set_freeze(expert_set=found, actor=signed_in(request), as_is=request.POST.get("as_is") == "yes")
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The set is frozen under its digest. Models can be evaluated on it now.")
    return redirect("review:expert_set_detail", found.pk)


@require_GET
def expert_set_download(request: HttpRequest, pk: int) -> HttpResponse:
    """The examples with their conversations: only for who may see raw text."""
    return _file(request, pk, manifest=False)


@require_GET
def expert_set_manifest(request: HttpRequest, pk: int) -> HttpResponse:
    """The manifest of the same file."""
    return _file(request, pk, manifest=True)


def _file(request: HttpRequest, pk: int, *, manifest: bool) -> HttpResponse:
    person = signed_in(request)
    found = get_expert_set_for(person, pk, Capability.RAWTEXT_VIEW)
    # An open set gives away what others said, so whoever still rates it waits.
    if set_view(found, person, set_progress(found, person)) is None:
        messages.error(request, "The file holds what others said; it is yours when everything is rated.")
        return redirect("review:expert_set_detail", found.pk)
    try:
        files = services.expert_set_export(expert_set=found, actor=person, with_words=not manifest)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("review:expert_set_detail", found.pk)
    name, data = (files.manifest_name, files.manifest_bytes) if manifest else (files.name, files.lines)
    response = HttpResponse(data, content_type="application/json" if manifest else "application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _template(request: HttpRequest, page: str, fragment: str) -> str:
    """The fragment alone for a live refresh, the page otherwise."""
    return fragment if getattr(request, "htmx", False) else page
