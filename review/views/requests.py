"""Requests for more cases of a kind: what experts ask for, what was brought in for it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from review import selectors_feedback as selectors
from review import services
from review.access import get_case_request_for
from review.forms_feedback import DeclineForm, NameImportForm
from review.refusal import Refused
from review.topics import review_topic
from review.views.person import signed_in


@require_GET
def case_requests(request: HttpRequest) -> HttpResponse:
    """All requests of the project, those that wait first."""
    project, person = current_project(request), signed_in(request)
    require(person, project, Capability.DATASET_VIEW)
    wanted = selectors.requests_in(project, person)
    imports = selectors.imports_to_name(project, wanted) if can(person, project, Capability.DATASET_IMPORT) else []
    context = {
        "wanted": wanted,
        "imports": imports,
        "brings": can(person, project, Capability.DATASET_IMPORT),
        "judges": can(person, project, Capability.REVIEW_JUDGE),
        "decides": can(person, project, Capability.REVIEW_RESOLVE),
        "topic": review_topic(project.pk),
    }
    return render(request, "review/case_requests.html", context)


@require_POST
def request_import_name(request: HttpRequest, pk: int) -> HttpResponse:
    """Name an import that answers a request."""
    row = get_case_request_for(signed_in(request), pk, Capability.DATASET_IMPORT)
    form = NameImportForm(request.POST, project=row.feedback.case.campaign.project)
    if not form.is_valid():
        messages.error(request, "Choose an import of this project.")
        return redirect("review:case_requests")
    try:
        services.request_import_name(request=row, batch=form.cleaned_data["batch"], actor=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Named: what it brought counts for the request.")
    return redirect("review:case_requests")


@require_POST
def request_close(request: HttpRequest, pk: int) -> HttpResponse:
    """End a request with a reason."""
    row = get_case_request_for(signed_in(request), pk, Capability.DATASET_VIEW)
    form = DeclineForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        services.request_close(request=row, actor=signed_in(request), reason=reason)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The request is closed.")
    return redirect("review:case_requests")
