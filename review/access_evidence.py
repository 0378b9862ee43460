"""Getters of what evidence is asked of: 404 for what is not yours to know of, 403 for what is not yours to do."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404

from annotation.models import Annotation, Round, RoundAnnotator
from datasets_app.models import SnapshotLabel
from pixelhub.accounts.access import can, projects_of, require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability

__all__ = ["annotations_open_to", "get_annotation_for", "get_label_for"]


def get_annotation_for(user: User, pk: int) -> Annotation:
    """One's own annotation, or anybody's for who sees the work; not that of a round in which one still labels."""
    related = ("annotator", "item__record", "item__round__project")
    annotation = (
        Annotation.objects.filter(item__round__project__in=projects_of(user), pk=pk).select_related(*related).first()
    )
    if annotation is None:
        raise Http404("No such annotation.")
    project = annotation.item.round.project
    if annotation.annotator_id == user.pk:
        require(user, project, Capability.ANNOTATE)
        return annotation
    require(user, project, Capability.AGREEMENT_VIEW)
    if labels_now_in(user, annotation.item.round):
        raise PermissionDenied("You label in this round: what others said stays hidden until it is closed.")
    return annotation


def labels_now_in(user: User, round: Round) -> bool:
    """Whether this person's own labels of a round are still asked for, so that others' are hidden from them."""
    return (
        round.state == Round.State.OPEN and RoundAnnotator.objects.filter(round=round, annotator=user).exists()
    )  # fmt: skip


def annotations_open_to(user: User) -> list[int]:
    """The projects in which this person may look at anybody's annotations (of rounds in which they do not label)."""
    return [project.pk for project in projects_of(user) if can(user, project, Capability.AGREEMENT_VIEW)]


def get_label_for(user: User, pk: int) -> SnapshotLabel:
    """A published label of one of the user's projects."""
    label = (
        SnapshotLabel.objects.filter(snapshot__project__in=projects_of(user), pk=pk)
        .select_related("snapshot__project", "record")
        .first()
    )
    if label is None:
        raise Http404("No such label.")
    require(user, label.snapshot.project, Capability.DATASET_VIEW)
    return label
