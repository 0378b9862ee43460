"""Pages of runs: the list, a new one, one run with its curves, and what may be done with it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export
from pixelhub.jobs.selectors import log_tail
from training_app import presentation_runs, selectors, selectors_runs, services
from training_app.access import get_run_for, runs_of
from training_app.charts import curves_svg
from training_app.estimates import estimate_of
from training_app.form_fields import METHOD_LABELS, PRESETS
from training_app.forms import ConfigUploadForm, RunForm
from training_app.learn.config import config_from
from training_app.models import RunKind, TrainingRun
from training_app.pages import is_partial, json_file, svg_response, template_for, user_of
from training_app.topics import run_topic, runs_topic

_PAGE = 25
# What stays in the form when another method is chosen; the rest comes from that method's preset.
_CARRIED = ("release", "name", "seed", "max_length", "last_messages", "min_sensitivity", "cloned_from")


@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """All runs of the project, the newest first."""
    project = current_project(request)
    page = Paginator(runs_of(user_of(request), project), _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "topic": runs_topic(project.pk),
        "may_run": can(user_of(request), project, Capability.TRAINING_RUN),
        "has_release": selectors.trainable_releases(project).exists(),
    }
    return render(request, template_for(request, "runs"), context)


@require_http_methods(["GET", "POST"])
def run_create(request: HttpRequest) -> HttpResponse:
    """The form of a new run; `?clone=` fills it from another run, `?method=` with a method's preset."""
    project = current_project(request)
    require(user_of(request), project, Capability.TRAINING_RUN)
    if request.method == "GET":
        return _form_page(request, project, _fresh_form(request, project))
    form = RunForm(request.POST, project=project, method=request.POST.get("method", ""))
    if form.is_valid():
        data = form.cleaned_data
        try:
            run = services.run_start(
                project=project,
                release=data["release"],
                config=data["config"],
                name=data["name"],
                cloned_from=data["cloned_from"],
                actor=user_of(request),
            )
        except services.RunRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The run is queued.")
            return redirect(run)
    return _form_page(request, project, form, status=400)


@require_POST
def run_load(request: HttpRequest) -> HttpResponse:
    """Fill the form of a new run from a configuration that was pasted or uploaded."""
    project = current_project(request)
    require(user_of(request), project, Capability.TRAINING_RUN)
    upload = ConfigUploadForm(request.POST, request.FILES)
    if not upload.is_valid():
        return _form_page(request, project, _fresh_form(request, project), upload=upload, status=400)
    config = upload.cleaned_data["config"]
    messages.info(request, "The form holds the configuration that you gave. Nothing has started yet.")
    return _form_page(request, project, RunForm(project=project, base=config))


@require_POST
def run_estimate(request: HttpRequest) -> HttpResponse:
    """What the run in the form would take of memory and time; nothing is started."""
    project = current_project(request)
    require(user_of(request), project, Capability.TRAINING_RUN)
    form = RunForm(request.POST, project=project, method=request.POST.get("method", ""))
    estimate = None
    if form.is_valid():
        estimate = estimate_of(form.cleaned_data["config"], release=form.cleaned_data["release"])
    if is_partial(request):
        return render(request, "training/_run_estimate.html", {"estimate": estimate, "form": form})
    return _form_page(request, project, form, estimate=estimate, status=400 if form.errors else 200)


@require_GET
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: progress, curves, machine, log, configuration, result."""
    run = get_run_for(user_of(request), pk)
    return render(request, template_for(request, "run_detail"), _run_context(request, run))


@require_GET
def run_chart(request: HttpRequest, pk: int, chart: str) -> HttpResponse:
    """A curve of a run as SVG."""
    run = get_run_for(user_of(request), pk)
    wanted = presentation_runs.CHARTS.get(chart)
    if wanted is None:
        raise Http404("No such chart.")
    points = selectors_runs.chart_points(run, wanted)
    if not points:
        raise Http404("Nothing has been measured yet.")
    measured = {point["name"] for point in points}
    legend = {name: label for name, label in wanted.curves.items() if name in measured}
    return svg_response(curves_svg(points, legend, title=wanted.title, x_title=wanted.x_title))


@require_GET
def run_config(request: HttpRequest, pk: int) -> HttpResponse:
    """A run's configuration as a file that the command line takes."""
    run = get_run_for(user_of(request), pk)
    record_export(actor=request.user, project=run.project, what="configuration", target=run)
    portable = {part: values for part, values in run.config.items() if part != "output"}
    return json_file(json.dumps(portable, indent=2), f"run-{run.pk}.json")


@require_POST
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a run to stop."""
    run = get_run_for(user_of(request), pk, Capability.TRAINING_RUN)
    asked = services.run_cancel(run=run, actor=user_of(request))
    messages.info(request, "The run will stop in a moment." if asked else "The run had already ended.")
    return redirect(run)


@require_POST
def run_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a failed or cancelled run up again."""
    run = get_run_for(user_of(request), pk, Capability.TRAINING_RUN)
    try:
        services.run_resume(run=run, actor=user_of(request))
    except services.RunRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "The run is queued again and goes on after its last whole epoch.")
    return redirect(run)


def _fresh_form(request: HttpRequest, project: Project) -> RunForm:
    asked = request.GET
    method = asked.get("method", "")
    carried = {name: asked[name] for name in _CARRIED if asked.get(name)}
    origin = asked.get("clone", "")
    if origin.isascii() and origin.isdecimal() and len(origin) < 18:
        run = get_run_for(user_of(request), int(origin), Capability.TRAINING_RUN)
        if run.project_id != project.pk:
            raise Http404("No such run in this project.")
        if run.kind != RunKind.TRAIN:
            raise Http404("Only a training is cloned.")
        start = {"release": run.release_id, "name": f"{run.name} again"[:120], "cloned_from": run.pk}
        return RunForm(project=project, base=config_from(run.config), method=method, initial=start | carried)
    return RunForm(project=project, method=method, initial=carried)


def _form_page(
    request: HttpRequest, project: Project, form: RunForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {
        "form": form,
        "methods": METHOD_LABELS.items(),
        "preset": PRESETS[form.method],
        "has_release": selectors.trainable_releases(project).exists(),
    }
    context.setdefault("upload", ConfigUploadForm())
    template = "training/_run_form.html" if is_partial(request) else "training/run_create.html"
    return render(request, template, context, status=status)


def _run_context(request: HttpRequest, run: TrainingRun) -> dict[str, Any]:
    epochs = selectors.epochs_of(run)
    machine = selectors_runs.machine_now(run)
    step = selectors_runs.last_point(run)
    may_run = can(user_of(request), run.project, Capability.TRAINING_RUN)
    return {
        "run": run,
        "job": run.job,
        "topic": run_topic(run),
        "epochs": epochs,
        "machine": machine,
        "step": step,
        "charts": presentation_runs.charts_of(run, epochs, step, machine),
        "log_tail": log_tail(run.job) if run.job else [],
        "config": presentation_runs.config_rows(run.config),
        "origins": selectors_runs.origins_of(run),
        "version": getattr(run, "model_version", None) or run.reproduced,
        "advice": presentation_runs.advice_for(run),
        "may_cancel": run.is_active and may_run,
        "may_resume": run.shown_state in ("failed", "cancelled") and run.job is not None and may_run,
        "may_clone": may_run and run.kind == RunKind.TRAIN,
    }
