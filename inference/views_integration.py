"""How a program is connected: code to copy, what answers mean, and every address to try."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path, reverse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from inference import presentation
from inference.engine.conversation import MAX_BATCH, MAX_LINES, MAX_MESSAGE_CHARS
from inference.integration import snippets
from inference.selectors import active_deployment
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability

_IMPORTS = "api/v1/datasets/"


@require_safe
def integration(request: HttpRequest) -> HttpResponse:
    """Code for this hub's address, with a placeholder for the key."""
    project = _project(request)
    context = {
        "project": project,
        "snippets": snippets(request.build_absolute_uri("/")),
        "verdicts": presentation.VERDICTS,
        "problems": presentation.problem_table(),
        "deployment": active_deployment(project),
        "keeps_keys": can(cast(User, request.user), project, Capability.APIKEY_MANAGE),
        "max_batch": MAX_BATCH,
        "max_lines": MAX_LINES,
        "max_chars": MAX_MESSAGE_CHARS,
    }
    return render(request, "inference/integration.html", context)


@require_safe
def api_explorer(request: HttpRequest) -> HttpResponse:
    """Swagger UI over both documents; its files are static ones of a package, no script comes from elsewhere."""
    _project(request)
    imports = request.GET.get("of") == "imports"
    tabs = [
        {"label": "Scoring and conversations", "url": reverse("api_docs:explorer"), "current": not imports},
        {"label": "Imports", "url": reverse("api_docs:explorer") + "?of=imports", "current": imports},
    ]
    document_url = reverse("api_docs:imports_schema") if imports else "/api/v1/openapi.json"
    return render(request, "inference/api_explorer.html", {"tabs": tabs, "document_url": document_url})


@require_safe
def imports_schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document of the import API, made from its views."""
    _project(request)
    return JsonResponse(imports_document())


def imports_document() -> dict[str, Any]:
    """OpenAPI 3 of everything below /api/v1/datasets/."""
    patterns = [path(_IMPORTS, include("datasets_app.urls_api"))]
    document = dict(SchemaGenerator(patterns=patterns).get_schema(request=None, public=True))
    return {**document, "info": {"title": "Pixel Hub import API", "version": "1"}}


def _project(request: HttpRequest) -> Project:
    project = current_project(request)
    require(cast(User, request.user), project, Capability.SCORE_VIEW)
    return project
