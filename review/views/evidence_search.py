"""The search of evidence: any id or hash leads to its page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from pixelhub.accounts.access import current_project
from review.search import search_evidence
from review.views.person import signed_in


@require_safe
def evidence_search(request: HttpRequest) -> HttpResponse:
    """What `q` names among what this person may see; a single thing is opened at once."""
    current_project(request)  # who is in no project has nothing to find
    asked = request.GET.get("q", "").strip()
    hits = search_evidence(signed_in(request), asked)
    if len(hits) == 1:
        return redirect(hits[0].url)
    return render(request, "review/evidence_search.html", {"asked": asked[:100], "hits": hits})
