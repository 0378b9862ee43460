"""The chain from a score back to annotations, on one page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from review.access import get_score_for
from review.chain import evidence_chain
from review.views.person import signed_in


@require_GET
def evidence(request: HttpRequest, score_id: UUID) -> HttpResponse:
    score = get_score_for(signed_in(request), score_id)
    return render(request, "review/evidence.html", {"chain": evidence_chain(score.pk), "score": score})
