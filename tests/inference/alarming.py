"""Scores that open cases, written by the product's own service."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.utils import timezone

from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.models import Case, CaseEvent, ScoreLog
from inference.services import score_log_write
from pixelhub.accounts.models import ApiKey, Project, User
from pixelhub.accounts.services import api_key_create

_BANDS = {"emergency": "emergency", "urgent": "emergency", "severe": "critical", "concern": "elevated", "none": "none"}


def key_of_project(project: Project, maker: User) -> ApiKey:
    """An API key of the project."""
    return (
        ApiKey.objects.filter(project=project).first()
        or api_key_create(project=project, name=f"{project.slug} client", scopes=["score"], actor=maker)[0]
    )


def score_row(
    project: Project,
    level: str = "emergency",
    *,
    content: str = "",
    conversation: str = "",
    at: datetime | None = None,
    **fields: Any,
) -> ScoreLog:
    """An unsaved score row of this alert level; `content` stands for what was said (unique where not given)."""
    alarming = ALERT_LEVELS.index(level) < ALERT_LEVELS.index("concern")
    values: dict[str, Any] = {
        "model_version": "1.0.0",
        "score": 0.9 if alarming else 0.2,
        "crisis": alarming,
        "crisis_type": "self_harm" if alarming else "none",
        "severity": {"emergency": 5, "urgent": 4, "severe": 3}.get(level),
        "band": _BANDS[level],
        "latency_ms": 3.0,
        "signals": ["suicide_plan"] if alarming else [],
        "locale": "en-GB",
    } | fields
    return ScoreLog(
        project=project,
        alert_level=level,
        content_hash=f"sha256:{content or uuid.uuid4().hex}",
        conversation_id=conversation,
        at=at or timezone.now(),
        **values,
    )


def alarm(project: Project, level: str = "emergency", **given: Any) -> Case:
    """The case that one more score of this level has opened or joined, read afresh."""
    row = score_row(project, level, **given)
    score_log_write(rows=[row])
    assert row.case_id is not None
    return Case.objects.get(pk=row.case_id)


def kinds_of(case: Case) -> list[str]:
    """What happened to a case, in order."""
    return list(CaseEvent.objects.filter(case=case).order_by("seq").values_list("kind", flat=True))
