"""What was scored: rows in bulk, proven by the audit chain."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from inference.models import CaseEvent, ScoreBatch, ScoreLog
from inference.services.case_alarms import case_alarms_note
from pixelhub.accounts.models import Project
from pixelhub.audit.services import Act, record_all
from pixelhub.canonical import sha256_json
from pixelhub.live.services import touch

_GIVEN = ("conversation_id", "locale", "signals", "messages", "characters", "gate_violation", "bias_found")


@transaction.atomic
def score_log_write(*, rows: Sequence[ScoreLog]) -> None:
    """Write answers in bulk with the cases that they open, and one audit event per project that proves each row.

    Rows that are there already are left out: a commit whose confirmation was lost is tried again by the caller.
    """
    by_project: dict[int, list[ScoreLog]] = defaultdict(list)
    present = set(ScoreLog.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    joined = dict(CaseEvent.objects.filter(score_id__in=present).values_list("score_id", "case_id"))
    for row in rows:
        if row.pk in present:
            row.case_id = joined.get(row.pk)
            continue
        row.sha256 = sha256_json(score_fields(row))
        by_project[row.project_id].append(row)
    # Only their keys are wanted here; the rows' foreign keys prove that they exist.
    projects = {project_id: Project(pk=project_id) for project_id in by_project}
    batches = {}
    for project_id, members in sorted(by_project.items()):
        digest = batch_digest((row.id, row.sha256) for row in members)
        batches[project_id] = batch = ScoreBatch.objects.create(
            project_id=project_id, count=len(members), digest=digest
        )
        for row in members:
            row.batch = batch
        ScoreLog.objects.bulk_create(members)
    # Cases are locked before the audit's head, as everywhere, and live revisions last.
    news = case_alarms_note(rows=[row for members in by_project.values() for row in members], projects=projects)
    acts = [*news.acts]
    for project_id, batch in batches.items():
        degraded = sum(row.degraded for row in by_project[project_id])
        payload = {"count": batch.count, "digest": batch.digest, "degraded": degraded}
        acts.append(Act(action="scores.record", project=projects[project_id], target=batch, payload=payload))
    record_all(acts)
    for topic in news.topics:
        touch(topic)


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
        # Only when given: rows from before these columns keep their hashes.
        **{name: value for name in _GIVEN if (value := getattr(row, name))},
        **({} if row.model_score is None else {"model_score": f"{row.model_score:.6f}"}),
    }


def batch_digest(pairs: Iterable[tuple[uuid.UUID, str]]) -> str:
    """SHA-256 over the (id, sha256) pairs of a batch, in order of the ids."""
    return sha256_json(sorted([str(pk), sha256] for pk, sha256 in pairs))
