"""The ledger: every promotion, roll-back, refusal, freeze, sign-off and void, from the audit trail."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pixelhub.accounts.access import current_project
from pixelhub.accounts.roles import Capability
from review.access import require_one_of
from review.ledger import ledger_lines, ledger_of
from review.views.person import signed_in

PER_PAGE = 50


@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require_one_of(signed_in(request), project, Capability.MODEL_VIEW, Capability.SIGNOFF_GOVERN)
    page = Paginator(ledger_of(project), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "review/ledger.html", {"page": page, "lines": ledger_lines(list(page))})
