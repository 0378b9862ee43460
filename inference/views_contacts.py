"""The numbers to call, by how long ago a person checked them; and the form to say that one was."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inference import services
from inference.forms_contacts import ContactCheckForm
from inference.refusals import CaseInvalid
from inference.selectors_contacts import contacts_checked_in
from inference.services import ContactFound
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability


@never_cache
@require_http_methods(["GET", "POST"])
def contacts(request: HubRequest) -> HttpResponse:
    """All contacts, what nobody checked first; `?country=` shows one country; POST records a check."""
    project = current_project(request)
    may_check = can(request.user, project, Capability.CASE_RESPOND)
    require(request.user, project, Capability.CASE_RESPOND if request.method == "POST" else Capability.CASE_VIEW)
    everything = contacts_checked_in(project)
    form = ContactCheckForm(request.POST or None, contacts=everything, initial={"entry": request.GET.get("entry", "")})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = dict(form.cleaned_data)
            entry = given.pop("entry")
            contact = next(one for one in everything if one.key == entry)
            try:
                services.contact_check(
                    project=project, actor=request.user, contact=contact, found=ContactFound(**given)
                )
            except CaseInvalid as refused:
                form.add_error(refused.code, str(refused))
            else:
                messages.success(request, f"Noted: {contact.name}, {contact.contact}.")
                return redirect("inference:contacts")
        status = 400
    country = request.GET.get("country", "")
    countries = sorted({one.country for one in everything})
    shown = [one for one in everything if one.country == country] if country in countries and country else everything
    context = {
        "contacts": shown,
        "form": form,
        "may_check": may_check,
        "country": country,
        "countries": [one for one in countries if one],
        "counts": {state: sum(one.state == state for one in everything) for state in ("wrong", "unchecked", "stale")},
        "total": len(everything),
    }
    return render(request, "inference/contacts.html", context, status=status)
