"""Evidence forwards: pages of what rests on an annotation, a label, a record, and so on to a version."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from datasets_app.access import get_record_for, get_release_for, get_snapshot_for
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from review import onward
from review.access import get_version_for
from review.access_evidence import get_annotation_for, get_label_for
from review.views.person import signed_in
from training_app.access import get_run_for


@require_safe
def evidence_annotation(request: HttpRequest, pk: int) -> HttpResponse:
    """For the annotator whose own it is, and for who sees the work."""
    annotation = get_annotation_for(signed_in(request), pk)
    return _shown(request, annotation.item.round.project, onward.onward_of_annotation(annotation))


@require_safe
def evidence_label(request: HttpRequest, pk: int) -> HttpResponse:
    label = get_label_for(signed_in(request), pk)
    return _shown(request, label.snapshot.project, onward.onward_of_label(label))


@require_safe
def evidence_record(request: HttpRequest, pk: int) -> HttpResponse:
    record = get_record_for(signed_in(request), pk)
    return _shown(request, record.project, onward.onward_of_record(record))


@require_safe
def evidence_snapshot(request: HttpRequest, pk: int) -> HttpResponse:
    snapshot = get_snapshot_for(signed_in(request), pk)
    return _shown(request, snapshot.project, onward.onward_of_snapshot(snapshot))


@require_safe
def evidence_release(request: HttpRequest, pk: int) -> HttpResponse:
    release = get_release_for(signed_in(request), pk)
    return _shown(request, release.project, onward.onward_of_release(release))


@require_safe
def evidence_run(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run_for(signed_in(request), pk)
    return _shown(request, run.project, onward.onward_of_run(run))


@require_safe
def evidence_version(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_version_for(signed_in(request), pk)
    return _shown(request, version.project, onward.onward_of_version(version))


def _shown(request: HttpRequest, project: Project, found: onward.Onward) -> HttpResponse:
    """The page; what lies on it beyond figures is shown to those who may open it, so an annotator gets the figures."""
    user = signed_in(request)
    context = {
        "onward": found,
        "figures": [(_WORDS[name], count) for name, count in found.counts.items()],
        "sees_data": can(user, project, Capability.DATASET_VIEW),
        "sees_runs": can(user, project, Capability.TRAINING_VIEW),
        "sees_versions": can(user, project, Capability.MODEL_VIEW),
        "may_search": can(user, project, Capability.DATASET_VIEW) or can(user, project, Capability.SCORE_VIEW),
    }
    return render(request, "review/evidence_onward.html", context)


_WORDS = {
    "snapshots": "Label snapshots",
    "releases": "Releases",
    "runs": "Training runs",
    "versions": "Model versions",
    "production": "Times in production",
    "scores": "Scores served",
}
