"""What was scored: rows in bulk, proven by the audit chain."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from inference.models import ScoreBatch, ScoreLog
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json


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
