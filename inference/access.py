"""Getters that check permission: a non-member gets 404, a member without the capability 403."""

from __future__ import annotations

import uuid

from django.http import Http404

from inference.models import ScoreLog
from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability

__all__ = ["get_score_for"]


def get_score_for(user: User, pk: uuid.UUID | str) -> ScoreLog:
    """One score with what belongs to it. Raises Http404 for malformed ids too."""
    try:
        wanted = uuid.UUID(str(pk))
    except ValueError:
        raise Http404("No such score.") from None
    related = ("project", "deployment", "deployment__model_version", "api_key", "scored_by", "batch")
    score = ScoreLog.objects.select_related(*related).filter(pk=wanted).first()
    if score is None:
        raise Http404("No such score.")
    require(user, score.project, Capability.SCORE_VIEW)
    return score
