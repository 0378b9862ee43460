"""Label snapshots: list, detail, download."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from datasets_app.access import HubRequest, get_snapshot_for
from datasets_app.selectors import snapshot_types, snapshots_in
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export

from .downloads import object_response

_PAGE = 25


@require_GET
def snapshots(request: HubRequest) -> HttpResponse:
    """All snapshots of the project."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    page = Paginator(snapshots_in(project), _PAGE).get_page(request.GET.get("page"))
    return render(request, "datasets/snapshots.html", {"page": page, "project": project})


@require_GET
def snapshot_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One snapshot: labels by type, and each label's chain."""
    snapshot = get_snapshot_for(request.user, pk)
    labels = snapshot.labels.select_related("record").order_by("record__content_hash")
    context = {
        "snapshot": snapshot,
        "project": snapshot.project,
        "types": snapshot_types(snapshot),
        "page": Paginator(labels, _PAGE).get_page(request.GET.get("page")),
        "releases": snapshot.releases.all(),
    }
    return render(request, "datasets/snapshot_detail.html", context)


@require_GET
def snapshot_download(request: HubRequest, pk: int) -> FileResponse:
    """The canonical file whose hash the snapshot states; it holds labels and hashes, no conversation text."""
    snapshot = get_snapshot_for(request.user, pk)
    response = object_response(
        snapshot.object_key, name=f"snapshot-{snapshot.number}.jsonl", content_type="application/x-ndjson"
    )
    record_export(actor=request.user, project=snapshot.project, what="label snapshot", target=snapshot)
    return response
