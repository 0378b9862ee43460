"""Checks of rule 1: edge cases are still in the training data. Kept under a digest."""

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
from review.clinical.edge_cases import edge_case_document
from review.found import edge_case_digest, newest_finding
from review.models import EdgeCaseCheck
from review.topics import questions_topic, touch_review
from training_app.models import ModelVersion

__all__ = ["edge_case_digest", "edge_cases_check", "edge_cases_request", "newest_check"]

KIND: Final = "review.edge_cases"


def newest_check(version: ModelVersion) -> EdgeCaseCheck | None:
    """The version's newest check over exactly its bytes."""
    return newest_finding(EdgeCaseCheck, version)


def edge_cases_request(*, version: ModelVersion, actor: User) -> Job:
    """Queue a check; one that is still under way for this version is returned instead of a second one."""
    require(actor, version.project, Capability.CAMPAIGN_MANAGE)
    under_way = Job.objects.filter(project=version.project_id, kind=KIND, params__version=version.pk)
    running = under_way.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).first()
    if running is not None:
        return running
    with transaction.atomic():
        job = job_enqueue(kind=KIND, params={"version": version.pk}, project=version.project, owner=actor)
        touch(questions_topic(version.project_id, version.pk))
    return job


def edge_cases_check(
    *,
    version: ModelVersion,
    actor: User,
    progress: Callable[[int, int, str], None] = lambda done, total, note: None,
) -> EdgeCaseCheck:
    """Look for every tagged conversation in the version's release and keep what was found.

    The same state of the data gives the check that is there already. Raises PermissionDenied for people who open no
    reviews, Refused where the release's files are not what was published.
    """
    require(actor, version.project, Capability.CAMPAIGN_MANAGE)
    document = edge_case_document(version, progress=progress)
    try:
        return _insert(version, actor, document)
    except IntegrityError:  # made before, or by somebody else at this moment
        return EdgeCaseCheck.objects.get(model_version=version, sha256=sha256_json(document))


@transaction.atomic
def _insert(version: ModelVersion, actor: User, document: dict[str, Any]) -> EdgeCaseCheck:
    check = EdgeCaseCheck.objects.create(
        project=version.project,
        model_version=version,
        bundle_sha256=version.bundle_sha256,
        document=document,
        sha256=sha256_json(document),
        verdict=document["verdict"],
        created_by=actor,
    )
    record(
        action="edge_cases.check",
        actor=actor,
        project=version.project,
        target=check,
        payload={
            "sha256": check.sha256,
            "release_manifest_sha256": document["release_manifest_sha256"],
            "tagged": document["tagged"],
            "outcomes": document["outcomes"],
            "verdict": check.verdict,
        },
    )
    touch(questions_topic(version.project_id, version.pk))
    touch_review(version.project)
    return check
