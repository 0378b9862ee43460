"""Stage ladders: list, build, what each holds, its files."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from datasets_app.access import HubRequest, get_ladder_for
from datasets_app.corpus.stages import MANIFEST, QUARANTINE
from datasets_app.forms_ladders import LadderForm
from datasets_app.models import StageLadder
from datasets_app.selectors_ladders import families_shown, ladder_shown, ladders_in, recipe_shown
from datasets_app.selectors_releases import published_releases
from datasets_app.services.errors import LadderRefused
from datasets_app.services.ladders import ladder_create as create_ladder
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access, record_export

from .downloads import object_response

_PAGE = 25


@require_GET
def ladders(request: HubRequest) -> HttpResponse:
    """All ladders of the project."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    context = {
        "page": Paginator(ladders_in(project), _PAGE).get_page(request.GET.get("page")),
        "project": project,
        "may_build": can(request.user, project, Capability.RELEASE_COMPILE),
        "has_release": published_releases(project).exists(),
    }
    return render(request, "datasets/ladders.html", context)


@require_http_methods(["GET", "POST"])
def ladder_create(request: HubRequest) -> HttpResponse:
    """Choose a release and a recipe, and build."""
    project = current_project(request)
    require(request.user, project, Capability.RELEASE_COMPILE)
    releases = published_releases(project)
    form = LadderForm(
        request.POST or None, releases=releases, initial={"release": _chosen(request.GET.get("release"), releases)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            ladder = create_ladder(release=form.cleaned_data["release"], choices=form.choices(), actor=request.user)
        except LadderRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The ladder is being built.")
            return redirect("datasets:ladder_detail", pk=ladder.pk)
    context = {
        "form": form,
        "project": project,
        "recipes": [(label, recipe_shown(name)) for name, label in StageLadder.Recipe.choices],
        "families": families_shown(),
    }
    return render(request, "datasets/ladder_create.html", context, status=422 if request.method == "POST" else 200)


def _chosen(given: str | None, releases: Any) -> int | None:
    """The release that a link names; the newest where it names none."""
    named = releases.filter(pk=int(given)).first() if given and given.isdecimal() and len(given) < 10 else None
    found = named or releases.first()
    return found.pk if found else None


@require_GET
def ladder_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One ladder: progress, shares, rejections by reason, what it is made of, its files."""
    ladder = get_ladder_for(request.user, pk)
    context = {
        "ladder": ladder,
        "job": ladder.job,
        "project": ladder.project,
        "shown": ladder_shown(ladder),
        "manifest": ladder.manifest,
        "manifest_name": MANIFEST,
        "quarantine_name": QUARANTINE,
        "may_read_text": can(request.user, ladder.project, Capability.RAWTEXT_VIEW),
        "may_build": can(request.user, ladder.project, Capability.RELEASE_COMPILE),
    }
    return render(request, "datasets/ladder_detail.html", context)


@require_GET
def ladder_file(request: HubRequest, pk: int, name: str) -> FileResponse:
    """Download one file of a published ladder; all but the manifest hold conversations and need the right to read."""
    ladder = get_ladder_for(request.user, pk)
    listed = {MANIFEST, QUARANTINE, *ladder.manifest.get("files", ())}
    if ladder.state != StageLadder.State.PUBLISHED or name not in listed:
        raise Http404("No such file in this ladder.")
    holds_text = name != MANIFEST
    if holds_text:
        require(request.user, ladder.project, Capability.RAWTEXT_VIEW)
    response = object_response(
        f"{ladder.object_prefix}{name}",
        name=f"{ladder.project.slug}-{ladder.release.version}-ladder-{ladder.pk}-{name}",
        content_type="application/x-ndjson" if holds_text else "application/json",
    )
    if holds_text:
        record_access(actor=request.user, project=ladder.project, target=ladder, file=name)
    else:
        record_export(actor=request.user, project=ladder.project, what="ladder manifest", target=ladder, file=name)
    return response
