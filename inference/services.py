"""Every write of inference: what is in production, and what was scored."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from inference.engine.errors import BundleRefused, SignoffRefused
from inference.models import Deployment, ScoreBatch, ScoreLog
from inference.serving.reading import read_signed_bundle
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json

if TYPE_CHECKING:
    from pixelhub.accounts.models import User
    from training_app.models import ModelVersion

__all__ = [
    "BundleRefused",
    "SignoffRefused",
    "batch_digest",
    "deployment_activate",
    "deployment_refusal_record",
    "deployment_retire",
    "score_fields",
    "score_log_write",
]


def deployment_activate(
    *, project: Project, model_version: ModelVersion, signoff: dict[str, Any], actor: User | None
) -> Deployment:
    """Put a signed version into production and retire what ran before, in one transaction.

    The envelope and every byte of the bundle are verified here again, whatever the caller checked. Activating what is
    active already returns the deployment at hand.

    Raises:
        SignoffRefused, BundleRefused: naming what is wrong; nothing was changed.
    """
    if model_version.project_id != project.pk:
        raise SignoffRefused("project: the version belongs to another project")
    sha256 = model_version.bundle_sha256
    # Outside of the transaction: reading and hashing some 100 MB must not hold the project's row.
    read_signed_bundle(model_version=model_version, bundle_sha256=sha256, signoff=signoff)
    with transaction.atomic():
        # The project's row serialises activations: two at once would both see nothing to retire.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        former = Deployment.objects.filter(project=project, retired_at=None).first()
        if former and former.bundle_sha256 == sha256 and former.signoff == signoff:
            return former
        now = timezone.now()
        if former:
            _retire(former, actor=actor, at=now, why="replaced")
        deployment = Deployment.objects.create(
            project=project,
            model_version=model_version,
            bundle_sha256=sha256,
            signoff=signoff,
            activated_at=now,
            activated_by=actor,
        )
        record(
            action="deployment.activate",
            actor=actor,
            project=project,
            target=deployment,
            payload={
                "model_version": model_version.version,
                "bundle_sha256": sha256,
                "signoff_sha256": sha256_json(signoff["document"]),
                "former": former.pk if former else None,
            },
        )
    return deployment


@transaction.atomic
def deployment_retire(*, deployment: Deployment, actor: User | None, reason: str = "") -> bool:
    """Take a version out of production; the rules answer until another is activated. False when it was out already."""
    return _retire(deployment, actor=actor, at=timezone.now(), why=reason[:200] or "retired")


@transaction.atomic
def deployment_refusal_record(*, deployment: Deployment, reason: str) -> None:
    """Note that a serving process refused what the ledger told it to serve."""
    record(
        action="deployment.refuse",
        project=deployment.project,
        target=deployment,
        payload={"bundle_sha256": deployment.bundle_sha256, "reason": reason[:300]},
    )


@transaction.atomic
def score_log_write(*, rows: Sequence[ScoreLog]) -> None:
    """Write answers in bulk, with one audit event per project that proves each row of its batch.

    Rows that are there already are left out: a commit whose confirmation was lost is tried again by the caller.
    """
    by_project: dict[int, list[ScoreLog]] = defaultdict(list)
    present = set(ScoreLog.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    for row in rows:
        if row.pk in present:
            continue
        row.sha256 = sha256_json(score_fields(row))
        by_project[row.project_id].append(row)
    projects = Project.objects.in_bulk(by_project)
    for project_id, members in sorted(by_project.items()):
        digest = batch_digest((row.id, row.sha256) for row in members)
        batch = ScoreBatch.objects.create(project_id=project_id, count=len(members), digest=digest)
        for row in members:
            row.batch = batch
        ScoreLog.objects.bulk_create(members)
        payload = {"count": len(members), "digest": digest, "degraded": sum(row.degraded for row in members)}
        record(action="scores.record", project=projects[project_id], target=batch, payload=payload)


def score_fields(row: ScoreLog) -> dict[str, Any]:
    """A row's canonical fields: what its sha256 is taken over. Floats go in as text, alike in every database."""
    return {
        "id": str(row.id),
        "project": row.project_id,
        "api_key": row.api_key_id,
        "scored_by": row.scored_by_id,
        "deployment": row.deployment_id,
        "model_version": row.model_version,
        "bundle_sha256": row.bundle_sha256,
        "content_hash": row.content_hash,
        "score": None if row.score is None else f"{row.score:.6f}",
        "crisis": row.crisis,
        "crisis_type": row.crisis_type,
        "severity": row.severity,
        "band": row.band,
        "alert_level": row.alert_level,
        "raised_by_rules": row.raised_by_rules,
        "degraded": row.degraded,
        "reason": row.reason,
        "at": row.at.isoformat(timespec="microseconds"),
    }


def batch_digest(pairs: Iterable[tuple[uuid.UUID, str]]) -> str:
    """SHA-256 over the (id, sha256) pairs of a batch, in order of the ids."""
    return sha256_json(sorted([str(pk), sha256] for pk, sha256 in pairs))


def _retire(deployment: Deployment, *, actor: User | None, at: Any, why: str) -> bool:
    changed = Deployment.objects.filter(pk=deployment.pk, retired_at=None).update(retired_at=at, retired_by=actor)
    if changed:
        record(
            action="deployment.retire",
            actor=actor,
            project=deployment.project,
            target=deployment,
            payload={"bundle_sha256": deployment.bundle_sha256, "reason": why},
        )
    return bool(changed)
