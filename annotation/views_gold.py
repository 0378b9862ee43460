"""Pages of expert labels and of the sets made from them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation import services
from annotation.access import get_gold_for, require_watcher
from annotation.errors import AnnotationError, NotAllowed
from annotation.forms_qualification import GoldForm, GoldFromRoundForm, GoldImportForm, SetForm
from annotation.models import GoldLabel
from annotation.selectors_qualification import current_guideline, gold_answers, gold_filtered, learning_sets
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES
from datasets_app.selectors import usable_records
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

PAGE = 50


@require_GET
def gold(request: HubRequest) -> HttpResponse:
    """All expert labels, with filters, how people do on each, and the ways to make more."""
    project = current_project(request)
    require(request.user, project, Capability.ADJUDICATE)
    return _gold_page(request, project)


@require_http_methods(["GET", "POST"])
def gold_create(request: HubRequest) -> HttpResponse:
    """Set the expert label of one record, with its conversation beside the form."""
    project = current_project(request)
    require(request.user, project, Capability.ADJUDICATE)
    guideline = current_guideline(project)
    if guideline is None:
        messages.info(request, "A clinical lead must approve a guideline first.")
        return redirect("annotation:guidelines")
    record = usable_records(project).filter(pk=_number(request.GET.get("record", ""))).first()
    if record is None:
        messages.info(request, "No record with that number can be labelled here.")
        return redirect("annotation:gold")
    form = GoldForm(request.POST or None, guideline=guideline)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            chosen = dict(form.cleaned_data)
            use = chosen.pop("use")
            label = services.ExpertLabel(**{**chosen, "also_accepted": tuple(chosen["also_accepted"])})
            try:
                services.gold_set(
                    project=project, record=record, use=use, label=label, guideline=guideline, actor=request.user
                )
            except AnnotationError as error:
                form.add_error(None, str(error))
                status = error.status
            else:
                messages.success(request, "The expert label is set.")
                return redirect("annotation:gold")
    record_access(actor=request.user, project=project, target=record)
    return render(request, "annotation/gold_create.html", {"form": form, "record": record}, status=status)


@require_POST
def gold_import(request: HubRequest) -> HttpResponse:
    """Expert labels from a file: all of its lines, or none and why."""
    project = current_project(request)
    require(request.user, project, Capability.ADJUDICATE)
    guideline = current_guideline(project)
    form = GoldImportForm(request.POST, request.FILES)
    if not form.is_valid() or guideline is None:
        if guideline is None:
            form.add_error(None, "A clinical lead must approve a guideline first.")
        return _gold_page(request, project, import_form=form, status=400)
    # One byte more than is allowed is enough to know that it is too much.
    content = form.cleaned_data["file"].read(services.GOLD_FILE_BYTES + 1)
    try:
        made = services.gold_import(project=project, content=content, guideline=guideline, actor=request.user)
    except AnnotationError as error:
        form.add_error(None, str(error))
        reasons = getattr(error, "reasons", [])
        return _gold_page(request, project, import_form=form, reasons=reasons, status=error.status)
    messages.success(request, f"{len(made)} expert labels are set.")
    return redirect("annotation:gold")


@require_POST
def gold_from_round(request: HubRequest) -> HttpResponse:
    """Take over a round's decisions as expert labels."""
    project = current_project(request)
    require(request.user, project, Capability.ADJUDICATE)
    form = GoldFromRoundForm(request.POST, project=project)
    if not form.is_valid():
        return _gold_page(request, project, round_form=form, status=400)
    try:
        made = services.gold_from_round(actor=request.user, **form.cleaned_data)
    except AnnotationError as error:
        form.add_error(None, str(error))
        return _gold_page(request, project, round_form=form, status=error.status)
    messages.success(request, f"{len(made)} expert labels are set.")
    return redirect("annotation:gold")


@require_POST
def gold_retire(request: HubRequest, pk: int) -> HttpResponse:
    """Take an expert label out of use."""
    found = get_gold_for(request.user, pk)
    try:
        services.gold_retire(gold=found, actor=request.user)
    except AnnotationError as error:
        messages.info(request, str(error))
    else:
        messages.success(request, "Retired. Samples that carry it already keep it.")
    return redirect("annotation:gold")


@require_http_methods(["GET", "POST"])
def learning_set_list(request: HubRequest) -> HttpResponse:
    """Practice and qualification sets; those who manage rounds make more."""
    project = current_project(request)
    require_watcher(request.user, project)
    form = SetForm(request.POST or None)
    status = 200
    guideline = current_guideline(project)
    if request.method == "POST":
        require(request.user, project, Capability.ROUND_MANAGE)
        status = 400
        if form.is_valid() and guideline is None:
            form.add_error(None, "A clinical lead must approve a guideline first.")
        elif form.is_valid() and guideline is not None:
            try:
                services.set_create(project=project, guideline=guideline, actor=request.user, **form.cleaned_data)
            except NotAllowed as error:
                raise PermissionDenied(str(error)) from error
            except AnnotationError as error:
                form.add_error(None, str(error))
                status = error.status
            else:
                messages.success(request, "The set is open: annotators find it under “Start here”.")
                return redirect("annotation:learning_sets")
    context = {
        "form": form,
        "page": Paginator(learning_sets(project), PAGE).get_page(request.GET.get("page")),
        "may_manage": can(request.user, project, Capability.ROUND_MANAGE),
        "may_set_gold": can(request.user, project, Capability.ADJUDICATE),
        "ready": {use: gold_filtered(project, use=use).count() for use in GoldLabel.Use.values},
        "guideline": guideline,
    }
    return render(request, "annotation/learning_sets.html", context, status=status)


def _gold_page(request: HubRequest, project: Project, *, status: int = 200, **more: Any) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("use", "type", "retired")}
    use = asked["use"] if asked["use"] in GoldLabel.Use.values else ""
    kind = asked["type"] if asked["type"] in CRISIS_TYPES else ""
    found = gold_filtered(project, use=use, crisis_type=kind, retired=asked["retired"] == "yes")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    answers = gold_answers(page.object_list)
    context = {
        "page": page,
        "rows": [{"gold": entry, "answers": answers.get(entry.pk)} for entry in page],
        "uses": [(value, label, value == use) for value, label in GoldLabel.Use.choices],
        "types": [(code, CRISIS_TYPE_LABELS[code], code == kind) for code in CRISIS_TYPES],
        "retired": asked["retired"] == "yes",
        "filtered": bool(use or kind or asked["retired"]),
        "import_form": GoldImportForm(),
        "round_form": GoldFromRoundForm(project=project),
        **more,
    }
    context["has_rounds"] = context["round_form"].fields["round"].queryset.exists()
    return render(request, "annotation/gold.html", context, status=status)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
