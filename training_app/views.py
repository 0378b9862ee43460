"""Pages of model versions and their cards."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from pixelhub.accounts.access import can, current_project
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export
from pixelhub.canonical import sha256_hex
from training_app import presentation, selectors, services
from training_app.access import get_version_for, versions_of
from training_app.cards import CARD_IS_OPEN, FORMATS, HF, card_html, card_shown
from training_app.forms_registry import PrevalenceForm
from training_app.models import CardSection
from training_app.pages import template_for, user_of
from training_app.selectors_registry import file_evaluations_of
from training_app.topics import versions_topic

_PAGE = 25


@require_GET
def versions(request: HttpRequest) -> HttpResponse:
    """All model versions of the project, the newest first."""
    project = current_project(request)
    found = selectors.with_evaluations(versions_of(user_of(request), project))
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    rows = [presentation.version_row(version) for version in page]
    context = {"page": page, "rows": rows, "topic": versions_topic(project.pk)}
    return render(request, template_for(request, "versions"), context)


@require_GET
def version_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: state, figures with intervals and verdicts, lineage, files, missed crises."""
    user = user_of(request)
    version = get_version_for(user, pk)
    evaluation = selectors.evaluation_of(version)
    context: dict[str, Any] = {
        "version": version,
        "evaluation": evaluation,
        "files": presentation.files_of(version),
        "uses": selectors.test_set_uses(version.release),
        "topic": versions_topic(version.project_id),
        "transitions": version.transitions.select_related("by"),
        "derived": version.derived.order_by("pk"),
        "file_results": presentation.file_rows(file_evaluations_of(version)),
        "here": request.get_full_path(),
        "may_derive": can(user, version.project, Capability.TRAINING_RUN),
    }
    if evaluation is not None:
        asked = PrevalenceForm(request.GET if "prevalence" in request.GET else None)
        context |= presentation.evaluation_context(evaluation, asked=asked)
        context["plots"] = presentation.plots_of(version, evaluation)
    return render(request, template_for(request, "version_detail"), context)


@require_GET
def version_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The model card in one of its two formats: a page to read and print, or with ?format=md the Markdown itself."""
    user = user_of(request)
    version = get_version_for(user, pk)
    style = request.GET.get("style", HF)
    if style not in FORMATS:
        raise Http404("No such format of a card.")
    markdown = card_shown(version, style=style)
    if request.GET.get("format") == "md":
        record_export(actor=user, project=version.project, what="model card", target=version)
        response = HttpResponse(markdown, content_type="text/markdown; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="model-card-{style}-{version.version}.md"'
        return response
    context = {
        "version": version,
        "card": card_html(markdown, plot_url=lambda name: reverse("training:version_plot", args=[version.pk, name])),
        "style": style,
        "styles": FORMATS.items(),
        "sections": CardSection.Name.choices,
        "may_write": services.may_write_card(user, version) and version.state in CARD_IS_OPEN,
        "is_signed": version.state not in CARD_IS_OPEN,
        "sha256": sha256_hex(markdown.encode()) if style == HF else "",
    }
    return render(request, "training/version_card.html", context)
