"""Pages of the registry: ledger, comparison, errors, plots, sections of the card."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from pixelhub.accounts.access import can, current_project
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access
from training_app import selectors, services
from training_app.access import get_version_for, versions_of
from training_app.cards import CARD_IS_OPEN
from training_app.charts_evaluation import two_curves_svg
from training_app.comparing import compare
from training_app.forms_registry import ErrorsForm, MomentForm, PairForm, SectionForm
from training_app.models import CardSection, ModelVersion
from training_app.pages import svg_response
from training_app.plots import has_plot, plot_of
from training_app.selectors_registry import errors_of, production_at, section_history, transitions_of, with_records

_PAGE = 25


@require_GET
def version_ledger(request: HttpRequest) -> HttpResponse:
    """Every change of state, and what was in production at a moment."""
    user, project = _user(request), current_project(request)
    versions_of(user, project)
    form = MomentForm(request.GET if "at" in request.GET else None, initial={"at": timezone.now()})
    asked = form.cleaned_data["at"] if form.is_bound and form.is_valid() else None
    context = {
        "page": Paginator(transitions_of(project), _PAGE).get_page(request.GET.get("page")),
        "form": form,
        "asked": asked,
        "answer": production_at(project, asked) if asked else None,
        "now": production_at(project, timezone.now()),
    }
    return render(request, "training/version_ledger.html", context, status=400 if form.errors else 200)


@require_GET
def version_compare(request: HttpRequest) -> HttpResponse:
    """Two versions side by side, or the form that asks which."""
    user, project = _user(request), current_project(request)
    versions = versions_of(user, project)
    chosen = "a" in request.GET or "b" in request.GET
    newest = list(versions.order_by("-pk").values_list("pk", flat=True)[:2])
    initial = {"a": newest[-1], "b": newest[0]} if newest else {}
    form = PairForm(request.GET if chosen else None, versions=versions, initial=initial)
    context: dict[str, object] = {"form": form, "enough": len(newest) > 1}
    if chosen and form.is_valid():
        first, second = form.cleaned_data["a"], form.cleaned_data["b"]
        found = compare(first, second)
        named = {"all": "all conversations", "crises": "crises", "others": "the others"}
        context |= {
            "found": found,
            "facts": [*found.origin, *found.speed],
            "tests": [(name, found.tests[key]) for key, name in named.items()] if found.tests else [],
            "has_curves": all(_roc(version) for version in (first, second)),
        }
    return render(request, "training/version_compare.html", context, status=400 if form.errors else 200)


@require_GET
def version_compare_chart(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """The ROC curves of two versions as SVG."""
    pair = [get_version_for(_user(request), pk) for pk in (first, second)]
    curves = [_roc(version) for version in pair]
    if not all(curves) or pair[0].project_id != pair[1].project_id:
        raise Http404("No curves to compare.")
    return svg_response(two_curves_svg(curves[0], curves[1], [f"v{version.version}" for version in pair]))


@require_GET
def version_errors(request: HttpRequest, pk: int) -> HttpResponse:
    """Every wrong decision on the test split; the words for those alone who may read them."""
    user = _user(request)
    version = get_version_for(user, pk)
    found = errors_of(version)
    form = ErrorsForm(request.GET or None, slices=found.slices)
    wanted = form.chosen()
    page = Paginator([row for row in found.rows if wanted.shows(row)], _PAGE).get_page(request.GET.get("page"))
    may_read = can(user, version.project, Capability.RAWTEXT_VIEW)
    if may_read:
        page.object_list = with_records(version.project, list(page.object_list))
        shown = sum(error.record is not None for error in page.object_list)
        if shown:
            record_access(actor=user, project=version.project, target=version, errors=shown)
    context = {
        "version": version,
        "evaluation": selectors.evaluation_of(version),
        "page": page,
        "found": found,
        "form": form,
        "may_read_text": may_read,
    }
    return render(request, "training/version_errors.html", context, status=400 if form.errors else 200)


@require_GET
def version_plot(request: HttpRequest, pk: int, plot: str) -> HttpResponse:
    """A plot of a version's evaluation or training as SVG."""
    version = get_version_for(_user(request), pk)
    evaluation = selectors.evaluation_of(version)
    if not has_plot(plot, version, evaluation):
        raise Http404("No such plot.")
    return svg_response(plot_of(plot, version, evaluation))


@require_http_methods(["GET", "POST"])
def version_card_section(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A free-text section of a model card: its text to edit, and every revision."""
    user = _user(request)
    version = get_version_for(user, pk)
    if name not in CardSection.Name.values:
        raise Http404("No such section.")
    history = list(section_history(version, name))
    newest = history[0] if history else None
    seen = {"text": newest.text if newest else "", "seen": newest.revision if newest else 0}
    may_write = services.may_write_card(user, version)
    form = SectionForm(request.POST or None, initial=seen)
    if request.method == "POST":
        get_version_for(user, pk, Capability.MODEL_VIEW if may_write else Capability.TRAINING_RUN)
        if form.is_valid():
            try:
                services.card_section_write(
                    version=version,
                    name=name,
                    actor=user,
                    text=form.cleaned_data["text"],
                    seen=form.cleaned_data["seen"],
                )
            except services.SectionRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "The section is saved, and the card is written anew.")
                return redirect("training:version_card", version.pk)
    context = {
        "version": version,
        "name": name,
        "title": CardSection.Name(name).label,
        "form": form,
        "history": history,
        "may_write": may_write and version.state in CARD_IS_OPEN,
        "is_signed": version.state not in CARD_IS_OPEN,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "training/version_card_section.html", context, status=status)


def _roc(version: ModelVersion) -> list[dict[str, float]]:
    evaluation = selectors.evaluation_of(version)
    curves = evaluation.metrics.get("curves") if evaluation else None
    return list(curves["roc"]) if curves else []


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
