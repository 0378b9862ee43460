"""Scores of a release: the page, the act that has them made, plots, files."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from datasets_app.access import HubRequest, get_release_for
from datasets_app.charts_scores import emotions_svg, scores_svg
from datasets_app.corpus.enrichment.bulk import DOCUMENT, SCORES
from datasets_app.models import Enrichment, Release
from datasets_app.selectors_scores import (
    emotions_shown,
    enrichment_of,
    enrichment_under_way,
    figures_shown,
    made_by_heads,
)
from datasets_app.services.enrichment import enrichment_start
from datasets_app.services.errors import EnrichmentRefused
from pixelhub.accounts.access import can, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export

from .downloads import object_response
from .releases import release_tabs

CHARTS = {
    "emotions": lambda found: emotions_svg(emotions_shown(found)),
    "scores": lambda found: scores_svg(figures_shown(found)),
}
_CONTENT_TYPES = {SCORES: "application/x-ndjson", DOCUMENT: "application/json"}


@require_GET
def release_scores(request: HubRequest, pk: int) -> HttpResponse:
    """What the scores of all conversations of a release say, and how to have them made."""
    release = _published(request, pk)
    found, under_way = enrichment_of(release), enrichment_under_way(release)
    context = {
        "release": release,
        "project": release.project,
        "tabs": release_tabs(release, "scores"),
        "enrichment": found,
        "under_way": under_way,
        "job": under_way.job if under_way else None,
        "may_score": can(request.user, release.project, Capability.RELEASE_COMPILE),
        "may_start": under_way is None or not under_way.is_open,
    }
    if found is not None:
        bias = found.report["bias_kinds"]
        context |= {
            "figures": figures_shown(found),
            "emotions": emotions_shown(found),
            "bias_kinds": [(kind, share) for kind, share in bias.items()],
            "heads": made_by_heads(found),
            "files": (SCORES, DOCUMENT),
        }
    return render(request, "datasets/release_scores.html", context)


@require_POST
def release_enrich(request: HubRequest, pk: int) -> HttpResponse:
    """Have every conversation of a release scored."""
    release = get_release_for(request.user, pk)
    require(request.user, release.project, Capability.RELEASE_COMPILE)
    try:
        enrichment_start(release=release, actor=request.user)
    except EnrichmentRefused as refused:
        messages.error(request, str(refused))
        return redirect("datasets:release_detail", pk=pk)
    return redirect("datasets:release_scores", pk=pk)


@require_GET
def release_scores_chart(request: HubRequest, pk: int, chart: str) -> HttpResponse:
    """A plot of the newest scores as SVG. Pages name the run in the address, so that a browser may keep it."""
    found = _scored(_published(request, pk))
    draw = CHARTS.get(chart)
    if draw is None:
        raise Http404("No such chart.")
    response = HttpResponse(draw(found), content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=86400"
    return response


@require_GET
def release_scores_file(request: HubRequest, pk: int, name: str) -> FileResponse:
    """Download the lines of scores or what they are of; neither holds a word of a conversation."""
    release = _published(request, pk)
    found = _scored(release)
    if name not in _CONTENT_TYPES:
        raise Http404("No such file.")
    response = object_response(
        f"{found.object_prefix}{name}",
        name=f"{release.project.slug}-{release.version}-{name}",
        content_type=_CONTENT_TYPES[name],
    )
    record_export(actor=request.user, project=release.project, what="scores", target=release, file=name)
    return response


def _published(request: HubRequest, pk: int) -> Release:
    release = get_release_for(request.user, pk)
    if release.state != Release.State.PUBLISHED:
        raise Http404("This release is not published.")
    return release


def _scored(release: Release) -> Enrichment:
    found = enrichment_of(release)
    if found is None:
        raise Http404("This release has no scores.")
    return found
