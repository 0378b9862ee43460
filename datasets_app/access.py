"""Getters that check permission: a view reaches its object through one of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest

from pixelhub.accounts.access import can, projects_of, require
from pixelhub.accounts.roles import Capability

from .models import DuplicateSearch, ImportBatch, LabelSnapshot, Record, Release

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User


class HubRequest(HttpRequest):
    """A request as the middleware leaves it on pages that need a sign-in."""

    user: User


def get_import_for(user: User, pk: int, capability: Capability = Capability.DATASET_VIEW) -> ImportBatch:
    """Return an import of one of the user's projects. 404 outside them, PermissionDenied without the capability."""
    batch = (
        ImportBatch.objects.filter(project__in=projects_of(user), pk=pk)
        .select_related("project", "job", "created_by")
        .first()
    )
    if batch is None:
        raise Http404("No such import.")
    require(user, batch.project, capability)
    return batch


def get_snapshot_for(user: User, pk: int) -> LabelSnapshot:
    """Return a snapshot of one of the user's projects."""
    snapshot = (
        LabelSnapshot.objects.filter(project__in=projects_of(user), pk=pk)
        .select_related("project", "published_by")
        .first()
    )
    if snapshot is None:
        raise Http404("No such snapshot.")
    require(user, snapshot.project, Capability.DATASET_VIEW)
    return snapshot


def get_release_for(user: User, pk: int) -> Release:
    """Return a release of one of the user's projects."""
    release = (
        Release.objects.filter(project__in=projects_of(user), pk=pk)
        .select_related("project", "job", "compiled_by")
        .first()
    )
    if release is None:
        raise Http404("No such release.")
    require(user, release.project, Capability.DATASET_VIEW)
    return release


def get_duplicate_search_for(user: User, pk: int, capability: Capability = Capability.DATASET_VIEW) -> DuplicateSearch:
    """Return a search for duplicates of one of the user's projects."""
    search = (
        DuplicateSearch.objects.filter(project__in=projects_of(user), pk=pk)
        .select_related("project", "job", "created_by", "confirmed_by")
        .first()
    )
    if search is None:
        raise Http404("No such search.")
    require(user, search.project, capability)
    return search


def get_record_for(user: User, pk: int) -> Record:
    """Return a record of one of the user's projects, for somebody who may read its text."""
    record = (
        Record.objects.filter(project__in=projects_of(user), pk=pk).select_related("project", "import_batch").first()
    )
    if record is None:
        raise Http404("No such record.")
    require(user, record.project, Capability.DATASET_VIEW)
    return record


def may_read_text(user: User, project: Project) -> bool:
    """Whether this user may see the words of conversations here."""
    return can(user, project, Capability.RAWTEXT_VIEW)
