"""Fairness reports: asked for, computed from what is stored, kept under a digest that a sign-off covers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db import IntegrityError, transaction

from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json
from pixelhub.jobs.models import Job
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from review.fairness.groups import ATTRIBUTES
from review.fairness.report import Reference, fairness_report
from review.fairness_inputs import sessions_of, test_side, train_groups
from review.found import fairness_digest, newest_finding
from review.frozen import test_evaluation
from review.models import FairnessReport
from review.predictions import read_predictions
from review.refusal import Refused
from review.topics import questions_topic, touch_review
from training_app.models import ModelVersion, VersionState

__all__ = ["fairness_digest", "fairness_report_make", "fairness_report_request", "is_open", "newest_report"]

KIND: Final = "review.fairness"
# From the approval on the report is part of what was signed.
_OPEN: Final = (VersionState.CANDIDATE, VersionState.VALIDATED, VersionState.IN_REVIEW)
_MOST_GROUPS: Final = 40
_LONGEST_GROUP: Final = 40


def is_open(version: ModelVersion) -> bool:
    """Whether reports of it are still made: once a version is decided on, its report is part of that."""
    return version.state in _OPEN


def newest_report(version: ModelVersion) -> FairnessReport | None:
    """The version's newest report over exactly its bytes."""
    return newest_finding(FairnessReport, version)


def fairness_report_request(*, version: ModelVersion, actor: User, reference: Reference | None = None) -> Job:
    """Queue the computation; a job that is still under way for this version is returned instead of a second one.

    Raises PermissionDenied for people who open no reviews, Refused as `fairness_report_make` does.
    """
    shares = _checked(version, actor, reference)
    read_predictions(version)
    under_way = Job.objects.filter(project=version.project_id, kind=KIND, params__version=version.pk)
    running = under_way.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).first()
    if running is not None:
        return running
    with transaction.atomic():
        job = job_enqueue(
            kind=KIND, params={"version": version.pk, "reference": shares}, project=version.project, owner=actor
        )
        touch(questions_topic(version.project_id, version.pk))
    return job


def fairness_report_make(
    *,
    version: ModelVersion,
    actor: User,
    reference: Reference | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, note: None,
) -> FairnessReport:
    """Compute every figure of the version's stored test predictions by group, and keep them under one digest.

    `reference` maps attributes to groups to their share (0 to 1) of the people served. The same inputs give the same
    digest and the report that is there already. Raises PermissionDenied for people who open no reviews, Refused
    without predictions, for a version that is decided, and for a reference that cannot be.
    """
    shares = _checked(version, actor, reference)
    evaluation, predictions = test_evaluation(version), read_predictions(version)
    side = test_side(version, predictions, progress)
    document = fairness_report(
        side.decisions,
        train=train_groups(version, progress),
        reference=shares,
        spoken=side.spoken,
        sessions=sessions_of(version.project),
        facts={
            "project": version.project.slug,
            "model_version": version.version,
            "bundle_sha256": version.bundle_sha256,
            "threshold": version.threshold,
            "evaluation_sha256": evaluation.sha256,
            "test_set_sha256": evaluation.test_set_sha256,
            "predictions_sha256": predictions.sha256,
            "release": version.release.version,
            "release_manifest_sha256": version.release.manifest_sha256,
            "synthetic_only": bool(evaluation.metrics.get("synthetic_only")),
            "simulated_labels": int(evaluation.metrics.get("simulated_labels") or 0),
        },
        seed=int(predictions.sha256[:8], 16),
    )
    try:
        return _insert(version, actor, document)
    except IntegrityError:  # made before, or by somebody else at this moment
        return FairnessReport.objects.get(model_version=version, sha256=sha256_json(document))


@transaction.atomic
def _insert(version: ModelVersion, actor: User, document: dict[str, Any]) -> FairnessReport:
    locked = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    _refuse_decided(locked)
    report = FairnessReport.objects.create(
        project=locked.project,
        model_version=locked,
        bundle_sha256=locked.bundle_sha256,
        document=document,
        sha256=sha256_json(document),
        alert=document["summary"]["alert"],
        created_by=actor,
    )
    record(
        action="fairness.report",
        actor=actor,
        project=locked.project,
        target=report,
        payload={"sha256": report.sha256, "bundle_sha256": locked.bundle_sha256, **document["summary"]},
    )
    touch(questions_topic(locked.project_id, locked.pk))
    touch_review(locked.project)
    return report


def _checked(version: ModelVersion, actor: User, reference: Reference | None) -> dict[str, dict[str, float]]:
    require(actor, version.project, Capability.CAMPAIGN_MANAGE)
    _refuse_decided(version)
    shares = {name: dict(groups) for name, groups in (reference or {}).items()}
    for name, groups in shares.items():
        if name not in ATTRIBUTES:
            raise Refused(f"A reference is about one of {', '.join(ATTRIBUTES)}.")
        if not 1 <= len(groups) <= _MOST_GROUPS or any(not 1 <= len(group) <= _LONGEST_GROUP for group in groups):
            raise Refused(f"A reference names up to {_MOST_GROUPS} groups in a word or two each.")
        if not all(0 < share <= 1 for share in groups.values()) or sum(groups.values()) > 1.000001:
            raise Refused(f"The shares of {name} lie above 0 and add up to 100% at the most.")
    return shares


def _refuse_decided(version: ModelVersion) -> None:
    if not is_open(version):
        raise Refused(
            f"Version {version.version} is {version.get_state_display().lower()}: its fairness report is part of what "
            "was decided on."
        )
