"""Pages of studies: the list, a new one, one with its trials, and what may be done with it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_export
from pixelhub.jobs.selectors import log_tail
from training_app import presentation_studies, selectors, selectors_studies, services
from training_app.access import get_study_for, studies_of
from training_app.charts_studies import parameter_svg, trial_curves_svg
from training_app.form_fields import config_text
from training_app.forms_studies import StudyForm
from training_app.pages import json_file, svg_response, template_for, user_of
from training_app.topics import studies_topic, study_topic

_PAGE = 25
_PARAMETER = "parameter-"


@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """All studies of the project, the newest first."""
    project = current_project(request)
    found = selectors_studies.with_progress(studies_of(user_of(request), project))
    context = {
        "page": Paginator(found, _PAGE).get_page(request.GET.get("page")),
        "topic": studies_topic(project.pk),
        "may_run": can(user_of(request), project, Capability.TRAINING_RUN),
        "has_release": selectors.trainable_releases(project).exists(),
    }
    return render(request, template_for(request, "studies"), context)


@require_http_methods(["GET", "POST"])
def study_create(request: HttpRequest) -> HttpResponse:
    """The form of a new study."""
    project = current_project(request)
    require(user_of(request), project, Capability.TRAINING_RUN)
    form = StudyForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            study = services.study_start(
                project=project,
                release=data["release"],
                config=data["config"],
                method=data["search"],
                space=data["checked_space"],
                max_trials=data["max_trials"],
                name=data["name"],
                actor=user_of(request),
            )
        except services.RunRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The study is queued.")
            return redirect(study)
    context = {"form": form, "has_release": selectors.trainable_releases(project).exists()}
    return render(request, "training/study_create.html", context, status=400 if form.errors else 200)


@require_GET
def study_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One study: progress, trials, curves, what mattered."""
    study = get_study_for(user_of(request), pk)
    asked = request.GET.get("sort", "")
    order = asked if asked in selectors_studies.ORDERS else "value"
    trials = selectors_studies.trials_of(study, order)
    best = services.best_trial(study)
    may_run = can(user_of(request), study.project, Capability.TRAINING_RUN)
    context = {
        "study": study,
        "job": study.job,
        "topic": study_topic(study),
        "order": order,
        "rows": presentation_studies.trial_rows(study, trials, best),
        "names": presentation_studies.short_names(study),
        "space": presentation_studies.space_rows(study.space),
        "charts": presentation_studies.charts_of(study, trials),
        "importance": presentation_studies.importance_rows(study),
        "best": best,
        "runs": study.runs.order_by("-pk")[:5],
        "log_tail": log_tail(study.job) if study.job else [],
        "may_cancel": study.is_active and may_run,
        "may_resume": study.shown_state in ("failed", "cancelled") and study.job is not None and may_run,
        "may_train": best is not None and may_run,
    }
    return render(request, template_for(request, "study_detail"), context)


@require_GET
def study_chart(request: HttpRequest, pk: int, chart: str) -> HttpResponse:
    """The trials' curves, or their values against one parameter, as SVG."""
    study = get_study_for(user_of(request), pk)
    trials = selectors_studies.trials_of(study, "number")
    if not any(trial.curve for trial in trials):
        raise Http404("No trial has finished an epoch yet.")
    if chart == "curves":
        best = services.best_trial(study)
        return svg_response(trial_curves_svg(trials, best.number if best else None))
    index = chart.removeprefix(_PARAMETER)
    names = dict(enumerate(study.space))
    name = names.get(int(index)) if index.isascii() and index.isdecimal() and len(index) < 4 else None
    if name is None or not chart.startswith(_PARAMETER):
        raise Http404("No such chart.")
    return svg_response(parameter_svg(trials, name, log=presentation_studies.is_logarithmic(study.space[name])))


@require_GET
def study_best(request: HttpRequest, pk: int) -> HttpResponse:
    """The best trial's configuration as a file that the command line takes."""
    study = get_study_for(user_of(request), pk)
    best = services.best_trial(study)
    if best is None:
        raise Http404("No trial has gone through yet.")
    record_export(actor=request.user, project=study.project, what="configuration", target=study)
    return json_file(config_text(services.best_config(study, best)), f"study-{study.pk}-best.json")


@require_POST
def study_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a study to stop."""
    study = get_study_for(user_of(request), pk, Capability.TRAINING_RUN)
    asked = services.study_cancel(study=study, actor=user_of(request))
    messages.info(request, "The study will stop in a moment." if asked else "The study had already ended.")
    return redirect(study)


@require_POST
def study_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a failed or cancelled study up again."""
    study = get_study_for(user_of(request), pk, Capability.TRAINING_RUN)
    try:
        services.study_resume(study=study, actor=user_of(request))
    except services.RunRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "The study is queued again; trials that ended are not repeated.")
    return redirect(study)


@require_POST
def study_train(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a run with the best trial's configuration."""
    study = get_study_for(user_of(request), pk, Capability.TRAINING_RUN)
    try:
        run = services.study_train_best(study=study, actor=user_of(request))
    except services.RunRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect(study)
    messages.success(request, "A run with the best configuration is queued.")
    return redirect(run)
