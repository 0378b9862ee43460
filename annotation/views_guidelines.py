"""Pages of guidelines: versions, writing, differences, the clinical lead's word."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation import services
from annotation.access import get_guideline_for, may_decide_relabel, may_write_guidelines
from annotation.errors import AnnotationError, Refused
from annotation.forms_guidelines import ApprovalForm, GuidelineForm, ReturnForm
from annotation.guideline_diff import compare
from annotation.guideline_text import render as render_guideline
from annotation.guideline_text import sections
from annotation.models import Guideline
from annotation.selectors_guidelines import (
    approved_before,
    changes_since_approved,
    guideline_versions,
    open_notes,
    sent_back,
)
from annotation.services.guidelines import MARKDOWN_LIMIT, text_sha256
from pixelhub.accounts.access import can, current_project
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability

VIEWS = ("inline", "side")


@require_GET
def guidelines(request: HubRequest) -> HttpResponse:
    """All guideline versions of the project."""
    project = current_project(request)
    services.guideline_ensure_first(project=project)
    rows = guideline_versions(request.user, project)
    draft = next((row.guideline for row in rows if row.guideline.state == Guideline.State.DRAFT), None)
    context = {
        "rows": rows,
        "draft": draft,
        "may_write": may_write_guidelines(request.user, project),
        "open_notes": open_notes(project),
        "may_relabel": may_decide_relabel(request.user, project),
    }
    return render(request, "annotation/guidelines.html", context)


@require_http_methods(["GET", "POST"])
def guideline_write(request: HubRequest) -> HttpResponse:
    """Write the next version, starting from the newest text."""
    project = current_project(request)
    _require_writer(request, project)
    newest = services.guideline_ensure_first(project=project)
    initial = {"seen": newest.version, "title": newest.title, "markdown": newest.markdown}
    form = GuidelineForm(request.POST or None, initial=initial)
    if request.method == "GET" and newest.state == Guideline.State.DRAFT:
        messages.info(request, f"Version {newest.version} is still a draft, so you go on with it.")
        return redirect("annotation:guideline_edit", pk=newest.pk)
    if request.method == "GET" or not form.is_valid():
        return _writing_page(request, form, None, newest, 200 if request.method == "GET" else 400)
    data = form.cleaned_data
    seen = data.pop("seen")
    try:
        based_on = int(seen) if seen.isdecimal() and len(seen) < 10 else 0
        made = services.guideline_create(project=project, actor=request.user, based_on=based_on, **data)
    except AnnotationError as error:
        form.add_error(None, str(error))
        # Whoever saves again has seen how the newest version differs.
        form = _seen_now(form, request.POST, str(newest.version))
        return _writing_page(request, form, None, newest, error.status)
    messages.success(request, f"Version {made.version} is a draft now and waits for the clinical lead.")
    return redirect("annotation:guideline_detail", pk=made.pk)


@require_http_methods(["GET", "POST"])
def guideline_edit(request: HubRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    guideline = get_guideline_for(request.user, pk)
    _require_writer(request, guideline.project)
    names = ("title", "markdown", "change_note")
    initial = {"seen": text_sha256(guideline), **{name: getattr(guideline, name) for name in names}}
    form = GuidelineForm(request.POST or None, initial=initial)
    if request.method == "GET" and guideline.state != Guideline.State.DRAFT:
        messages.info(request, "This version was decided; a change is a new version.")
        return redirect("annotation:guideline_detail", pk=pk)
    if request.method == "GET" or not form.is_valid():
        return _writing_page(request, form, guideline, guideline, 200 if request.method == "GET" else 400)
    data = form.cleaned_data
    try:
        services.guideline_edit(guideline=guideline, actor=request.user, expected_sha256=data.pop("seen"), **data)
    except AnnotationError as error:
        form.add_error(None, str(error))
        form = _seen_now(form, request.POST, text_sha256(guideline))
        return _writing_page(request, form, guideline, guideline, error.status)
    messages.success(request, "The draft is saved.")
    return redirect("annotation:guideline_detail", pk=pk)


@require_POST
def guideline_render(request: HubRequest) -> HttpResponse:
    """The preview of a text being written; nothing is stored."""
    _require_writer(request, current_project(request))
    markdown = request.POST.get("markdown", "")
    context = {"html": "", "sections": [], "too_long": len(markdown) > MARKDOWN_LIMIT}
    if not context["too_long"]:
        context.update(html=render_guideline(markdown), sections=sections(markdown))
    return render(request, "annotation/_guideline_preview.html", context)


@require_POST
def guideline_withdraw(request: HubRequest, pk: int) -> HttpResponse:
    """Take a draft back."""
    guideline = get_guideline_for(request.user, pk)
    _require_writer(request, guideline.project)
    try:
        services.guideline_withdraw(guideline=guideline, actor=request.user)
    except AnnotationError as error:
        return _guideline_page(request, guideline, error.status, refusal=str(error))
    messages.success(request, f"Version {guideline.version} is withdrawn; its text stays to be read.")
    return redirect("annotation:guidelines")


@require_GET
def guideline_diff(request: HubRequest, pk: int) -> HttpResponse:
    """What a version changed against any other version of the project."""
    guideline = get_guideline_for(request.user, pk)
    others = Guideline.objects.filter(project=guideline.project).exclude(pk=pk).order_by("-version")
    against = _against(request.GET.get("against", ""), guideline, list(others))
    view = request.GET.get("view", "")
    context: dict[str, Any] = {
        "guideline": guideline,
        "against": against,
        "others": others,
        "view": view if view in VIEWS else VIEWS[0],
    }
    if against is not None:
        context["diff"] = compare(against.markdown, guideline.markdown)
    return render(request, "annotation/guideline_diff.html", context)


@require_GET
def guideline_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One version; for a clinical lead with what it changes, and the forms to decide."""
    return _guideline_page(request, get_guideline_for(request.user, pk), 200)


@require_POST
def guideline_approve(request: HubRequest, pk: int) -> HttpResponse:
    """A clinical lead approves a draft."""
    guideline = get_guideline_for(request.user, pk, Capability.GUIDELINE_APPROVE)
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        return _guideline_page(request, guideline, 400, approval=form)
    data = form.cleaned_data
    try:
        services.guideline_approve(
            guideline=guideline,
            actor=request.user,
            comment=data["comment"],
            expected_sha256=data["seen"],
            shared_types=data["shared_types"],
        )
    except AnnotationError as error:
        form.add_error(None, str(error))
        return _guideline_page(request, guideline, error.status, approval=form)
    messages.success(request, f"Version {guideline.version} is approved.")
    if guideline.relabel_types:
        return redirect("annotation:relabel", pk=pk)
    return redirect("annotation:guideline_detail", pk=pk)


@require_POST
def guideline_send_back(request: HubRequest, pk: int) -> HttpResponse:
    """A clinical lead sends a draft back with what has to change."""
    guideline = get_guideline_for(request.user, pk, Capability.GUIDELINE_APPROVE)
    form = ReturnForm(request.POST, prefix="return")
    if not form.is_valid():
        return _guideline_page(request, guideline, 400, refusing=form)
    try:
        services.guideline_send_back(
            guideline=guideline,
            actor=request.user,
            comment=form.cleaned_data["comment"],
            expected_sha256=form.cleaned_data["seen"],
        )
    except AnnotationError as error:
        form.add_error(None, str(error))
        return _guideline_page(request, guideline, error.status, refusing=form)
    messages.success(request, "Sent back; its author is told what has to change.")
    return redirect("annotation:guideline_detail", pk=pk)


def _guideline_page(
    request: HubRequest,
    guideline: Guideline,
    status: int,
    *,
    approval: ApprovalForm | None = None,
    refusing: ReturnForm | None = None,
    refusal: str = "",
) -> HttpResponse:
    draft = guideline.state == Guideline.State.DRAFT
    previous = approved_before(guideline)
    context: dict[str, Any] = {
        "guideline": guideline,
        "html": render_guideline(guideline.markdown),
        "sections": sections(guideline.markdown),
        "previous": previous,
        "returned": sent_back(guideline),
        "returns": guideline.returns.select_related("returned_by"),
        "may_approve": draft and can(request.user, guideline.project, Capability.GUIDELINE_APPROVE),
        "may_write": draft and may_write_guidelines(request.user, guideline.project),
        "may_relabel": bool(guideline.relabel_types) and may_decide_relabel(request.user, guideline.project),
        "refusal": refusal,
    }
    if context["may_approve"]:
        changes = changes_since_approved(guideline, previous)
        seen = {"seen": text_sha256(guideline)}
        context.update(
            changes=changes,
            approval=approval or ApprovalForm(initial={**seen, "shared_types": changes.suggested}),
            refusing=refusing or ReturnForm(initial=seen, prefix="return"),
        )
    if draft and previous is not None:
        context["diff"] = compare(previous.markdown, guideline.markdown)
    return render(request, "annotation/guideline_detail.html", context, status=status)


def _writing_page(
    request: HubRequest, form: GuidelineForm, draft: Guideline | None, stored: Guideline, status: int
) -> HttpResponse:
    """The editor; after a conflict with the difference between what is stored by now and what was written."""
    written = form["markdown"].value() or ""
    context: dict[str, Any] = {
        "form": form,
        "draft": draft,
        "stored": stored,
        "html": render_guideline(written),
        "sections": sections(written),
        "returned": sent_back(draft) if draft else None,
        "open_notes": open_notes(stored.project),
    }
    if status == Refused.status:
        context["diff"] = compare(stored.markdown, written)
    return render(request, "annotation/guideline_write.html", context, status=status)


def _seen_now(form: GuidelineForm, sent: QueryDict, seen: str) -> GuidelineForm:
    """The same form, saying that what is stored by now was seen."""
    data = sent.copy()
    data["seen"] = seen
    form.data = data
    return form


def _against(chosen: str, guideline: Guideline, others: list[Guideline]) -> Guideline | None:
    """The version asked for; else the approved one before, else the one before, else any."""
    if chosen:
        if not chosen.isdecimal() or len(chosen) > 9:
            raise Http404("No such version.")
        return get_object_or_404(Guideline, project=guideline.project_id, version=int(chosen))
    older = next((other for other in others if other.version < guideline.version), None)
    return approved_before(guideline) or older or next(iter(others), None)


def _require_writer(request: HubRequest, project: Project) -> None:
    if not may_write_guidelines(request.user, project):
        raise PermissionDenied("Your role does not write guidelines.")
