"""The front page of every role: what to do next, and where the loop stands."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pixelhub.accounts.access import current_project
from pixelhub.accounts.selectors import roles_in
from review.home import actions_for, home_topics, preparing_demo
from review.path import loop_steps
from review.views.person import signed_in


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    try:
        project = current_project(request)
    except Http404:
        return render(request, "review/home_empty.html")
    steps = loop_steps(signed_in(request), project)
    current = next((step for step in steps if step.state == "current"), None)
    context = {
        "project": project,
        "roles": roles_in(signed_in(request), project),
        "actions": actions_for(signed_in(request), project),
        "steps": steps,
        "current": current,
        "preparing": preparing_demo(project),
        "topics": " ".join(home_topics(project.pk)),
    }
    return render(request, "review/_home.html" if getattr(request, "htmx", False) else "review/home.html", context)
