"""What lies in the object store: the families, the rest, syncs and snapshots."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from datasets_app.access import HubRequest
from datasets_app.corpus import taxonomy
from datasets_app.models import InventoryEntry, StoreWork
from datasets_app.services.backlog import sync_start
from datasets_app.services.errors import StorageRefused
from datasets_app.services.inventory import inventory_start, open_refresh
from datasets_app.services.store_snapshots import snapshot_start
from pixelhub.accounts.access import can, current_project, projects_of, require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability

_WORKS = 10


@require_GET
def inventory(request: HubRequest) -> HttpResponse:
    """The 14 families and the other parts of the store, as the last refresh found them."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    return render(request, "datasets/inventory.html", _context(request, project))


@require_POST
def inventory_refresh(request: HubRequest) -> HttpResponse:
    """List the store again."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    inventory_start(project=project, actor=request.user)
    messages.success(request, "The store is being listed.")
    return redirect("datasets:inventory")


@require_POST
def inventory_sync(request: HubRequest) -> HttpResponse:
    """Sync one of the sources that the operator configured; a person names no address."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    name = request.POST.get("name", "")
    configured = settings.SYNC_SOURCES.get(name)
    if configured is None:
        messages.error(request, "There is no source of this name.")
        return redirect("datasets:inventory")
    try:
        work = sync_start(
            source=configured["source"],
            target=configured["target"],
            name=name,
            bandwidth=request.POST.get("bandwidth", "").strip(),
            actor=request.user,
            project=project,
        )
    except StorageRefused as refused:
        messages.error(request, str(refused))
        return redirect("datasets:inventory")
    return redirect("datasets:store_work", pk=work.pk)


@require_POST
def inventory_snapshot(request: HubRequest) -> HttpResponse:
    """Snapshot the releases now."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    work = snapshot_start(actor=request.user, project=project)
    return redirect("datasets:store_work", pk=work.pk)


@require_GET
def store_work(request: HubRequest, pk: int) -> HttpResponse:
    """One sync or snapshot: progress, what landed, what differs. File names are for data engineers."""
    work = StoreWork.objects.filter(pk=pk).select_related("job__project", "created_by").first()
    project = work.job.project if work is not None and work.job is not None else None
    if work is None or (project is not None and not projects_of(request.user).filter(pk=project.pk).exists()):
        raise Http404("No such work.")
    project = project or current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    context = {"work": work, "job": work.job, "project": project, "landing": work.report.get("landing")}
    return render(request, "datasets/inventory_work.html", context)


def _works(project: Project) -> Any:
    """Syncs and snapshots that were started in this project, or by the operator for all."""
    works = StoreWork.objects.select_related("job", "created_by")
    return works.filter(Q(job__project=project) | Q(job__project__isnull=True))


def _context(request: HubRequest, project: Project) -> dict[str, Any]:
    rows = {entry.family: entry for entry in InventoryEntry.objects.all()}
    families = [rows.get(family) or InventoryEntry(family=family) for family in taxonomy.FAMILIES]
    others = [entry for entry in rows.values() if entry.kind == InventoryEntry.Kind.AREA]
    may_import = can(request.user, project, Capability.DATASET_IMPORT)
    job = open_refresh()
    return {
        "project": project,
        "families": families,
        "others": others,
        "unrouted": next((e for e in rows.values() if e.kind == InventoryEntry.Kind.UNROUTED), None),
        "refreshed_at": max((entry.refreshed_at for entry in rows.values() if entry.refreshed_at), default=None),
        "totals": {
            "objects": sum(entry.objects_count for entry in families),
            "bytes": sum(entry.bytes_total for entry in families),
            "records": sum(entry.records_count or 0 for entry in families),
            "uncounted": sum(entry.records_count is None and bool(entry.objects_count) for entry in families),
            "present": sum(entry.status == InventoryEntry.Status.PRESENT for entry in families),
        },
        # Another project's job is nobody's business here; that the list is being made is.
        "job": job if job is not None and job.project_id == project.pk else None,
        "refreshing": job is not None,
        "works": list(_works(project)[:_WORKS]) if may_import else [],
        "sources": sorted(settings.SYNC_SOURCES),
        "may_import": may_import,
    }
