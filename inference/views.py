"""Pages: the console, the score log, the ledger of deployments, the API's documentation."""

from __future__ import annotations

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inference import presentation
from inference.engine.conversation import MAX_BATCH, MAX_MESSAGE_CHARS
from inference.forms import ConsoleForm
from inference.selectors import SCORE_FILTERS, active_deployment, deployments_of, scores_of
from inference.serving.console import console_score as score_in_console
from inference.serving.registry import registry
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability

_PAGE = 50


def _project(request: HttpRequest, capability: Capability = Capability.SCORE_VIEW) -> Project:
    project = current_project(request)
    require(cast(User, request.user), project, capability)
    return project


@require_GET
def console(request: HttpRequest) -> HttpResponse:
    """Try a conversation."""
    project = _project(request)
    context = {"form": ConsoleForm(), "deployment": active_deployment(project)}
    return render(request, "inference/console.html", context)


@never_cache
@require_POST
def console_score(request: HttpRequest) -> HttpResponse:
    """Score the conversation of the form; a fragment for htmx, the whole page without it."""
    project = _project(request)
    form = ConsoleForm(request.POST)
    context: dict[str, object] = {"form": form, "deployment": active_deployment(project)}
    if form.is_valid():
        scored = score_in_console(conversation=form.parsed, project=project, user=cast(User, request.user))
        context["result"] = presentation.result_of(scored)
    template = "inference/_result.html" if getattr(request, "htmx", False) else "inference/console.html"
    return render(request, template, context)


@require_GET
def scores(request: HttpRequest) -> HttpResponse:
    """The score log: ids, hashes and verdicts, never text."""
    project = _project(request)
    only = request.GET.get("only", "all")
    page = Paginator(scores_of(project, only=only), _PAGE).get_page(request.GET.get("page"))
    tabs = presentation.filter_tabs(SCORE_FILTERS, only)
    return render(request, "inference/scores.html", {"page": page, "tabs": tabs, "only": only})


@require_GET
def deployments(request: HttpRequest) -> HttpResponse:
    """What ran when."""
    project = _project(request, Capability.MODEL_VIEW)
    page = Paginator(deployments_of(project), _PAGE).get_page(request.GET.get("page"))
    active, served = active_deployment(project), registry.served(project.pk)
    # Another process may do the serving: what this one holds is shown only where it is about the active deployment.
    here = served if active and served and served.deployment_id == active.pk else None
    context = {"page": page, "active": active, "here": here}
    return render(request, "inference/deployments.html", context)


@require_GET
def api_docs(request: HttpRequest) -> HttpResponse:
    """How a program asks for scores."""
    _project(request)
    context = {
        "operations": presentation.operations(),
        "answer_fields": presentation.answer_fields(),
        "problems": presentation.problem_table(),
        "max_batch": MAX_BATCH,
        "max_chars": MAX_MESSAGE_CHARS,
        "base_url": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "inference/api_docs.html", context)
