"""Releases: list, create, detail, files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from datasets_app import charts
from datasets_app.access import HubRequest, get_release_for
from datasets_app.corpus import taxonomy
from datasets_app.corpus.croissant import CROISSANT
from datasets_app.corpus.manifest import MANIFEST, README
from datasets_app.forms_releases import ReleaseForm
from datasets_app.models import Release
from datasets_app.selectors import counts_table, records_in, releases_in, snapshots_in, usable_records
from datasets_app.selectors_releases import gates_shown, published_releases, quality_shown
from datasets_app.selectors_scores import enrichment_of, quality_report_of
from datasets_app.services import ReleaseRefused, release_export_start
from datasets_app.services import release_create as create_release
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access, record_export
from pixelhub.objects import ObjectNotFound, get_store

from .downloads import object_response

_PAGE = 25
CHARTS: dict[str, Callable[[Any], str]] = {
    "types": charts.types_svg,
    "sources": charts.sources_svg,
    "families": charts.families_svg,
    "quality": charts.quality_svg,
}
_CONTENT_TYPES = {".jsonl": "application/x-ndjson", ".json": "application/json", ".md": "text/markdown"}


@require_GET
def releases(request: HubRequest) -> HttpResponse:
    """All releases of the project."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    context = {
        "page": Paginator(releases_in(project), _PAGE).get_page(request.GET.get("page")),
        "project": project,
        "may_compile": can(request.user, project, Capability.RELEASE_COMPILE),
    }
    return render(request, "datasets/releases.html", context)


@require_http_methods(["GET", "POST"])
def release_create(request: HubRequest) -> HttpResponse:
    """Name a version, choose what goes in and how it is split, and compile it."""
    project = current_project(request)
    require(request.user, project, Capability.RELEASE_COMPILE)
    form = ReleaseForm(request.POST or None, parents=published_releases(project))
    if request.method == "POST" and form.is_valid():
        try:
            release = create_release(
                project=project, version=form.cleaned_data["version"], choices=form.choices(), actor=request.user
            )
        except ReleaseRefused as refused:
            form.add_error("version", str(refused))
        else:
            messages.success(request, f"Release {release.version} is being compiled.")
            return redirect("datasets:release_detail", pk=release.pk)
    context = {
        "form": form,
        "project": project,
        "snapshots": snapshots_in(project),
        "usable": usable_records(project).count(),
        "records": records_in(project).count(),
    }
    return render(request, "datasets/release_create.html", context, status=422 if request.method == "POST" else 200)


@require_GET
def release_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One release: counts per split and type, plots, gates, hashes, files."""
    release = get_release_for(request.user, pk)
    return render(request, "datasets/release_detail.html", _context(request, release))


@require_GET
def release_quality(request: HubRequest, pk: int) -> HttpResponse:
    """The QA report of a release."""
    release = get_release_for(request.user, pk)
    if not release.quality:
        raise Http404("This release has no QA report.")
    report = quality_report_of(release)
    context = {
        "release": release,
        "project": release.project,
        "metrics": quality_shown(release, report),
        "enrichment": enrichment_of(release),
        "bias_kinds": release.quality["bias_kinds"].items(),
        "tabs": release_tabs(release, "quality"),
    }
    return render(request, "datasets/release_quality.html", context)


@require_GET
def release_chart(request: HubRequest, pk: int, chart: str) -> HttpResponse:
    """A plot of a published release as SVG. Only that of quality changes, with its scores: pages name their run."""
    release = get_release_for(request.user, pk)
    draw = CHARTS.get(chart)
    if draw is None or release.state != Release.State.PUBLISHED or (chart == "quality" and not release.quality):
        raise Http404("No such chart.")
    subject = quality_report_of(release)["metrics"] if chart == "quality" else release.counts
    response = HttpResponse(draw(subject), content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=86400"
    return response


@require_POST
def release_export(request: HubRequest, pk: int) -> HttpResponse:
    """Copy a published release to exports/releases/ in the object store."""
    release = get_release_for(request.user, pk)
    require(request.user, release.project, Capability.RELEASE_COMPILE)
    try:
        job = release_export_start(release=release, actor=request.user)
    except ReleaseRefused as refused:
        messages.error(request, str(refused))
        return redirect("datasets:release_detail", pk=pk)
    messages.success(request, "The export is queued.")
    return redirect("jobs:detail", pk=job.pk)


@require_GET
def release_file(request: HubRequest, pk: int, name: str) -> FileResponse:
    """Download one file of a published release; shards hold conversation text and need the right to read it."""
    release = get_release_for(request.user, pk)
    listed = {entry["path"] for entry in _files(release)} | {MANIFEST}
    if release.state != Release.State.PUBLISHED or name not in listed:
        raise Http404("No such file in this release.")
    holds_text = name not in (MANIFEST, README, CROISSANT)
    if holds_text:
        require(request.user, release.project, Capability.RAWTEXT_VIEW)
    suffix = name[name.rfind(".") :]
    download = f"{release.project.slug}-{release.version}-{name.replace('/', '-')}"
    response = object_response(
        f"{release.object_prefix}{name}",
        name=download,
        content_type=_CONTENT_TYPES.get(suffix, "application/octet-stream"),
    )
    if holds_text:
        record_access(actor=request.user, project=release.project, target=release, file=name)
    else:
        record_export(actor=request.user, project=release.project, what="release file", target=release, file=name)
    return response


def _files(release: Release) -> list[dict[str, Any]]:
    """The files as the stored manifest lists them; [] before publication or when the store has lost it."""
    if release.state != Release.State.PUBLISHED:
        return []
    try:
        manifest = json.loads(get_store().read(f"{release.object_prefix}{MANIFEST}"))
        return list(manifest["files"])
    except (ObjectNotFound, ValueError, KeyError, TypeError):
        return []


def release_tabs(release: Release, current: str) -> list[dict[str, Any]]:
    """The pages of one published release."""
    if release.state != Release.State.PUBLISHED:
        return []
    pages = [("detail", "Overview"), ("quality", "Quality"), ("scores", "Scores"), ("compare", "Compare")]
    return [
        {"label": label, "url": reverse(f"datasets:release_{name}", args=[release.pk]), "current": name == current}
        for name, label in pages
        if name != "quality" or release.quality
    ]


def _context(request: HubRequest, release: Release) -> dict[str, Any]:
    left_out = release.params.get("left_out", {})
    return {
        "release": release,
        "job": release.job,
        "project": release.project,
        "splits": taxonomy.SPLITS,
        "table": counts_table(release.counts),
        "gates": gates_shown(release),
        "failed_gates": sum(not gate["passed"] for gate in release.gates),
        "files": _files(release),
        "snapshots": release.snapshots.order_by("number"),
        "manifest_name": MANIFEST,
        "may_read_text": can(request.user, release.project, Capability.RAWTEXT_VIEW),
        "may_export": can(request.user, release.project, Capability.RELEASE_COMPILE),
        "left_out": sorted(left_out.items()),
        "left_out_total": sum(left_out.values()),
        "tabs": release_tabs(release, "detail"),
    }
