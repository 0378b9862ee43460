"""Getters that check permission: a view reaches its object through one of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest

from pixelhub.accounts.access import can, projects_of, reached, require
from pixelhub.accounts.roles import Capability

from .models import (
    Augmentation,
    DuplicateSearch,
    ImportBatch,
    LabelSnapshot,
    Record,
    Release,
    StageLadder,
    SynthesisBatch,
    SynthesisRow,
    Variation,
)

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User


class HubRequest(HttpRequest):
    """A request as the middleware leaves it on pages that need a sign-in."""

    user: User


def get_import_for(user: User, pk: int, capability: Capability = Capability.DATASET_VIEW) -> ImportBatch:
    """Return an import of one of the user's projects. 404 outside them, PermissionDenied without the capability."""
    batches = ImportBatch.objects.select_related("project", "job", "created_by")
    return reached(user, batches, pk, "import", capability)


def get_snapshot_for(user: User, pk: int) -> LabelSnapshot:
    """Return a snapshot of one of the user's projects."""
    snapshots = LabelSnapshot.objects.select_related("project", "published_by")
    return reached(user, snapshots, pk, "snapshot", Capability.DATASET_VIEW)


def get_release_for(user: User, pk: int) -> Release:
    """Return a release of one of the user's projects."""
    releases = Release.objects.select_related("project", "job", "compiled_by")
    return reached(user, releases, pk, "release", Capability.DATASET_VIEW)


def get_ladder_for(user: User, pk: int) -> StageLadder:
    """Return a stage ladder of one of the user's projects."""
    ladders = StageLadder.objects.select_related("project", "release", "job", "created_by")
    return reached(user, ladders, pk, "ladder", Capability.DATASET_VIEW)


def get_duplicate_search_for(user: User, pk: int, capability: Capability = Capability.DATASET_VIEW) -> DuplicateSearch:
    """Return a search for duplicates of one of the user's projects."""
    searches = DuplicateSearch.objects.select_related("project", "job", "created_by", "confirmed_by")
    return reached(user, searches, pk, "search", capability)


def get_record_for(user: User, pk: int) -> Record:
    """Return a record of one of the user's projects, for somebody who may read its text."""
    records = Record.objects.select_related("project", "import_batch")
    return reached(user, records, pk, "record", Capability.DATASET_VIEW)


def get_synthesis_batch_for(user: User, pk: int, capability: Capability = Capability.DATASET_VIEW) -> SynthesisBatch:
    """Return a generation of one of the user's projects."""
    batches = SynthesisBatch.objects.select_related("project", "job", "created_by", "import_batch", "taken_by")
    return reached(user, batches, pk, "generation", capability)


def get_synthesis_row_for(user: User, pk: int) -> SynthesisRow:
    """Return a made-up conversation of one of the user's projects, for somebody who may read it and decide on it."""
    row = (
        SynthesisRow.objects.filter(batch__project__in=projects_of(user), pk=pk)
        .select_related("batch__project", "decided_by", "held_by")
        .first()
    )
    if row is None:
        raise Http404("No such conversation.")
    require(user, row.batch.project, Capability.RAWTEXT_VIEW)
    return row


def get_augmentation_for(user: User, pk: int, capability: Capability = Capability.DATASET_VIEW) -> Augmentation:
    """Return a run of augmentation of one of the user's projects."""
    runs = Augmentation.objects.select_related("project", "job", "created_by", "release")
    return reached(user, runs, pk, "run", capability)


def get_variation_for(user: User, pk: int) -> Variation:
    """Return a variation of one of the user's projects, for somebody who may judge it and read its words."""
    variations = Variation.objects.select_related("project", "parent", "augmentation", "decided_by")
    return reached(user, variations, pk, "variation", Capability.REVIEW_JUDGE, Capability.RAWTEXT_VIEW)


def may_read_text(user: User, project: Project) -> bool:
    """Whether this user may see the words of conversations here."""
    return can(user, project, Capability.RAWTEXT_VIEW)
