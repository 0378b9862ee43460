"""The chain from a score back to annotations, on one page."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pixelhub.accounts.access import capabilities
from pixelhub.accounts.roles import Capability as C
from review.access import get_score_for
from review.chain import evidence_chain
from review.views.person import signed_in

#: What somebody must be granted for the page of a link; a score may be seen by people who open few of them.
NEEDED: Final = {
    "score": C.SCORE_VIEW,
    "deployment": C.MODEL_VIEW,
    "signoff": C.MODEL_VIEW,
    "bundle": C.MODEL_VIEW,
    "evaluation": C.MODEL_VIEW,
    "campaign": C.MODEL_VIEW,
    "run": C.TRAINING_VIEW,
    "release": C.DATASET_VIEW,
    "snapshot": C.DATASET_VIEW,
    "labels": C.DATASET_VIEW,
    "annotations": C.AGREEMENT_VIEW,
    "audit": C.AUDIT_VIEW,
}


@require_GET
def evidence(request: HttpRequest, score_id: UUID) -> HttpResponse:
    person = signed_in(request)
    score = get_score_for(person, score_id)
    granted = capabilities(person, score.project)
    opens = {key for key, needed in NEEDED.items() if needed in granted}
    return render(request, "review/evidence.html", {"chain": evidence_chain(score.pk), "score": score, "opens": opens})
