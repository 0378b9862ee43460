"""Reads of inference: what is and was in production, what was scored, and whether a score row is still proven."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from inference.access import get_score_for
from inference.actions_alerts import alert_actions
from inference.actions_cases import case_actions
from inference.models import Deployment, ScoreLog
from inference.services import batch_digest, score_fields
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.models import AuditEvent
from pixelhub.canonical import sha256_json
from pixelhub.ui.actions import NextAction

__all__ = [
    "ScoreProof",
    "active_deployment",
    "deployments_of",
    "next_actions",
    "score_for",
    "score_proof",
    "scores_of",
    "what_ran_at",
]

#: The filters of the score list: name -> condition.
SCORE_FILTERS: dict[str, Q] = {
    "all": Q(),
    "crisis": Q(crisis=True),
    "emergency": Q(alert_level="emergency"),
    "degraded": Q(degraded=True),
}


@dataclass(frozen=True)
class ScoreProof:
    """Whether a score row is what was written: its own digest, its batch's, and the audit event over them."""

    problems: tuple[str, ...]
    event_seq: int | None

    @property
    def ok(self) -> bool:
        """No problem was found."""
        return not self.problems


def active_deployment(project: Project) -> Deployment | None:
    """What is in production now."""
    return deployments_of(project).filter(retired_at=None).first()


def deployments_of(project: Project) -> QuerySet[Deployment]:
    """The ledger, newest first."""
    related = ("project", "model_version", "activated_by", "retired_by")
    return Deployment.objects.filter(project=project).select_related(*related)


def what_ran_at(project: Project, at: datetime) -> Deployment | None:
    """What was in production at a moment; None when only the rules answered."""
    running = Q(retired_at=None) | Q(retired_at__gt=at)
    return deployments_of(project).filter(running, activated_at__lte=at).first()


def scores_of(project: Project, *, only: str = "all") -> QuerySet[ScoreLog]:
    """Scores, newest first; `only` is a key of SCORE_FILTERS, anything else shows all."""
    related = ("api_key", "scored_by")
    condition = SCORE_FILTERS.get(only, SCORE_FILTERS["all"])
    return ScoreLog.objects.filter(condition, project=project).select_related(*related)


def score_for(user: User, pk: str) -> ScoreLog:
    """One score that this user may see. Raises Http404, PermissionDenied."""
    return get_score_for(user, pk)


def score_proof(score: ScoreLog) -> ScoreProof:
    """Recompute the row's digest and its batch's, and compare with the audit event of the batch."""
    problems = []
    if sha256_json(score_fields(score)) != score.sha256:
        problems.append("the row was changed after it was written")
    digest = batch_digest(score.batch.scores.values_list("pk", "sha256"))
    event = AuditEvent.objects.filter(
        action="scores.record", target_type="inference.ScoreBatch", target_id=str(score.batch_id)
    ).first()
    if event is None:
        problems.append("its batch has no audit event")
    elif json.loads(event.payload_json).get("digest") != digest:
        problems.append("the rows of its batch are not those that the audit event names")
    return ScoreProof(tuple(problems), event.seq if event else None)


def next_actions(user: User, project: Project) -> list[NextAction]:
    """What the home page may suggest from here."""
    return [*case_actions(user, project), *alert_actions(user, project), *_score_actions(user, project)]


def _score_actions(user: User, project: Project) -> list[NextAction]:
    if not can(user, project, Capability.SCORE_VIEW):
        return []
    actions = []
    today = scores_of(project).filter(at__gte=timezone.now() - timedelta(days=1))
    emergencies = today.filter(alert_level="emergency").count()
    degraded = today.filter(degraded=True).count()
    scores = reverse("inference:scores")
    if emergencies:
        detail = "Scored as an emergency within the last day."
        actions.append(NextAction("Emergencies scored", detail, f"{scores}?only=emergency", 40, emergencies))
    if degraded:
        detail = "Within the last day, the model did not answer and the rules did."
        actions.append(NextAction("Degraded answers", detail, f"{scores}?only=degraded", 45, degraded, "ml_engineer"))
    nothing_runs = not Deployment.objects.filter(project=project, retired_at=None).exists()
    if nothing_runs and can(user, project, Capability.MODEL_VIEW):
        detail = "The scoring service answers by rules until a signed version is promoted."
        actions.append(NextAction("No model in production", detail, reverse("inference:deployments"), 60))
    return actions
