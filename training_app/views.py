"""Pages of training: runs, model versions, cards."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.canonical import sha256_hex
from pixelhub.jobs.selectors import log_tail
from training_app import presentation, selectors, services
from training_app.access import get_run_for, get_version_for, runs_of, versions_of
from training_app.cards import CARD_IS_OPEN, FORMATS, HF, card_html, card_shown
from training_app.charts import curves_svg
from training_app.forms import RunForm
from training_app.forms_registry import PrevalenceForm
from training_app.models import CardSection, TrainingRun
from training_app.selectors_registry import file_evaluations_of
from training_app.topics import run_topic, runs_topic, versions_topic

_PAGE = 25


@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """All runs of the project, the newest first."""
    project = current_project(request)
    page = Paginator(runs_of(_user(request), project), _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "topic": runs_topic(project.pk),
        "may_run": can(_user(request), project, Capability.TRAINING_RUN),
        "has_release": selectors.trainable_releases(project).exists(),
    }
    return render(request, _template(request, "runs"), context)


@require_http_methods(["GET", "POST"])
def run_create(request: HttpRequest) -> HttpResponse:
    """The form of a new run."""
    project = current_project(request)
    require(_user(request), project, Capability.TRAINING_RUN)
    initial = {"release": request.GET["release"]} if request.GET.get("release", "").isdecimal() else {}
    form = RunForm(request.POST or None, project=project, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            run = services.run_start(
                project=project,
                release=data["release"],
                config=data["config"],
                name=data["name"],
                actor=_user(request),
            )
        except services.RunRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The run is queued.")
            return redirect(run)
    context = {"form": form, "has_release": selectors.trainable_releases(project).exists()}
    return render(request, "training/run_create.html", context, status=400 if form.errors else 200)


@require_GET
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: progress, curves, log, configuration, result."""
    run = get_run_for(_user(request), pk)
    return render(request, _template(request, "run_detail"), _run_context(request, run))


@require_GET
def run_chart(request: HttpRequest, pk: int, chart: str) -> HttpResponse:
    """A curve of a run as SVG."""
    run = get_run_for(_user(request), pk)
    wanted = presentation.RUN_CHARTS.get(chart)
    if wanted is None:
        raise Http404("No such chart.")
    points = selectors.curves_of(run, list(wanted.curves))
    if not points:
        raise Http404("No epoch has finished yet.")
    return svg_response(curves_svg(points, wanted.curves, title=wanted.title))


@require_POST
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a run to stop."""
    run = get_run_for(_user(request), pk, Capability.TRAINING_RUN)
    asked = services.run_cancel(run=run, actor=_user(request))
    messages.info(request, "The run will stop in a moment." if asked else "The run had already ended.")
    return redirect(run)


@require_GET
def versions(request: HttpRequest) -> HttpResponse:
    """All model versions of the project, the newest first."""
    project = current_project(request)
    found = selectors.with_evaluations(versions_of(_user(request), project))
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    rows = [presentation.version_row(version) for version in page]
    context = {"page": page, "rows": rows, "topic": versions_topic(project.pk)}
    return render(request, _template(request, "versions"), context)


@require_GET
def version_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: state, figures with intervals and verdicts, lineage, files, missed crises."""
    user = _user(request)
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
    }
    if evaluation is not None:
        asked = PrevalenceForm(request.GET if "prevalence" in request.GET else None)
        context |= presentation.evaluation_context(evaluation, asked=asked)
        context["plots"] = presentation.plots_of(version, evaluation)
    return render(request, _template(request, "version_detail"), context)


@require_GET
def version_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The model card in one of its two formats: a page to read and print, or with ?format=md the Markdown itself."""
    user = _user(request)
    version = get_version_for(user, pk)
    style = request.GET.get("style", HF)
    if style not in FORMATS:
        raise Http404("No such format of a card.")
    markdown = card_shown(version, style=style)
    if request.GET.get("format") == "md":
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


def _run_context(request: HttpRequest, run: TrainingRun) -> dict[str, Any]:
    epochs = selectors.epochs_of(run)
    return {
        "run": run,
        "job": run.job,
        "topic": run_topic(run),
        "epochs": epochs,
        "last_epoch": epochs[0] if epochs else None,
        "charts": presentation.run_charts(run, epochs),
        "log_tail": log_tail(run.job) if run.job else [],
        "config": presentation.config_rows(run.config),
        "version": getattr(run, "model_version", None) or run.reproduced,
        "may_cancel": run.is_active and can(_user(request), run.project, Capability.TRAINING_RUN),
    }


def _template(request: HttpRequest, name: str) -> str:
    """The fragment for htmx, the whole page for everybody else."""
    htmx = getattr(request, "htmx", None)
    return f"training/_{name}.html" if htmx and not htmx.boosted else f"training/{name}.html"


def svg_response(svg: str) -> HttpResponse:
    """An SVG that may neither run nor load anything, also when it is opened on its own."""
    response = HttpResponse(svg, content_type="image/svg+xml")
    response["Content-Security-Policy"] = "default-src 'none'"
    response["Cache-Control"] = "private, no-cache"
    return response


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
