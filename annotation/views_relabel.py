"""The page on which labels that a new guideline concerns are put into a round or dismissed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from annotation import services
from annotation.access import get_guideline_for
from annotation.errors import AnnotationError
from annotation.forms_guidelines import DismissForm, RelabelChoiceForm, RelabelFilterForm, RelabelRoundForm
from annotation.guideline_text import sections
from annotation.models import Guideline, RelabelProposal
from annotation.presentation_labels import turns_of
from annotation.selectors_relabel import affected_labels, proposal_counts, proposals_of
from pixelhub.accounts.access import can
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

PAGE = 50


@require_GET
def relabel(request: HubRequest, pk: int) -> HttpResponse:
    """The proposals of one version, by type and by the version that the labels were made under."""
    guideline = _guideline(request, pk)
    return _page(request, guideline, request.GET, 200)


@require_POST
def relabel_accept(request: HubRequest, pk: int) -> HttpResponse:
    """Put chosen labels' samples into a draft round."""
    guideline = get_guideline_for(request.user, pk, Capability.ROUND_MANAGE)
    form = RelabelRoundForm(request.POST, project=guideline.project)
    chosen, choice = _chosen(request, guideline)
    if chosen is None or not form.is_valid():
        return _page(request, guideline, request.POST, 400, choice=choice, round_form=form)
    data = form.cleaned_data
    try:
        made = services.relabel_accept(
            guideline=guideline, proposals=chosen, actor=request.user, seed=guideline.version, **data
        )
    except AnnotationError as error:
        form.add_error(None, str(error))
        return _page(request, guideline, request.POST, error.status, choice=choice, round_form=form)
    messages.success(request, f"Round {made.number} is set up with {made.items.count():,} samples. Open it when ready.")
    return redirect("annotation:round_detail", pk=made.pk)


@require_POST
def relabel_dismiss(request: HubRequest, pk: int) -> HttpResponse:
    """Leave chosen labels as they are."""
    guideline = _guideline(request, pk)
    form = DismissForm(request.POST)
    chosen, choice = _chosen(request, guideline)
    if chosen is None or not form.is_valid():
        return _page(request, guideline, request.POST, 400, choice=choice, dismiss_form=form)
    try:
        dismissed = services.relabel_dismiss(
            guideline=guideline, proposals=chosen, reason=form.cleaned_data["reason"], actor=request.user
        )
    except AnnotationError as error:
        form.add_error(None, str(error))
        return _page(request, guideline, request.POST, error.status, choice=choice, dismiss_form=form)
    messages.success(request, f"{dismissed:,} labels stay as they are.")
    return redirect("annotation:relabel", pk=pk)


@require_POST
def relabel_propose(request: HubRequest, pk: int) -> HttpResponse:
    """Look again for labels that came under an older version since the approval."""
    guideline = get_guideline_for(request.user, pk, Capability.ROUND_MANAGE)
    try:
        found = services.relabel_propose(guideline=guideline, actor=request.user)
    except AnnotationError as error:
        return _page(request, guideline, request.POST, error.status, refusal=str(error))
    messages.success(request, f"{found:,} more labels are proposed." if found else "No further label is concerned.")
    return redirect("annotation:relabel", pk=pk)


def _guideline(request: HubRequest, pk: int) -> Guideline:
    guideline = get_guideline_for(request.user, pk)
    if not any(
        can(request.user, guideline.project, c) for c in (Capability.ROUND_MANAGE, Capability.GUIDELINE_APPROVE)
    ):
        raise PermissionDenied("Your role does not decide what is labelled again.")
    return guideline


def _filtered(guideline: Guideline, sent: QueryDict) -> tuple[RelabelFilterForm, QuerySet[RelabelProposal]]:
    form = RelabelFilterForm(sent)
    values = form.cleaned_data if form.is_valid() else {}
    state = values.get("state") or RelabelProposal.State.PROPOSED
    found = proposals_of(
        guideline,
        crisis_type=values.get("crisis_type", ""),
        version=values.get("version"),
        state="" if state == "all" else state,
    )
    return form, found


def _chosen(request: HubRequest, guideline: Guideline) -> tuple[QuerySet[RelabelProposal] | None, RelabelChoiceForm]:
    """The proposals that a form is about; None where it names none."""
    _, found = _filtered(guideline, request.POST)
    sent = [int(value) for value in request.POST.getlist("proposal")[:PAGE] if value.isdecimal() and len(value) < 19]
    known = list(found.filter(pk__in=sent).values_list("pk", flat=True))
    choice = RelabelChoiceForm(request.POST, shown=known)
    if not choice.is_valid():
        return None, choice
    if choice.cleaned_data["scope"] == "all":
        return found, choice
    return guideline.relabel_proposals.filter(pk__in=choice.cleaned_data["proposal"]), choice


def _page(
    request: HubRequest,
    guideline: Guideline,
    sent: QueryDict,
    status: int,
    *,
    choice: RelabelChoiceForm | None = None,
    round_form: RelabelRoundForm | None = None,
    dismiss_form: DismissForm | None = None,
    refusal: str = "",
) -> HttpResponse:
    filters, found = _filtered(guideline, sent)
    page = Paginator(found, PAGE).get_page(sent.get("page"))
    titles = {section.code: section.title for section in sections(guideline.markdown)}
    manages = can(request.user, guideline.project, Capability.ROUND_MANAGE)
    context: dict[str, Any] = {
        "guideline": guideline,
        "counts": proposal_counts(guideline),
        "filters": filters,
        "page": page,
        "rows": [(proposal, titles.get(proposal.section, proposal.section)) for proposal in page],
        "open_ones": found.filter(state=RelabelProposal.State.PROPOSED).exists(),
        "choice": choice,
        "may_manage": manages,
        "came_since": sum(1 for _ in affected_labels(guideline)) if manages and guideline.approved_at else 0,
        "round_form": round_form or RelabelRoundForm(project=guideline.project, initial=_round_name(guideline)),
        "dismiss_form": dismiss_form or DismissForm(),
        "may_read_text": can(request.user, guideline.project, Capability.RAWTEXT_VIEW),
        "refusal": refusal,
        "address": reverse("annotation:relabel", args=[guideline.pk]),
    }
    sample = filters.cleaned_data.get("sample") if filters.is_valid() else None
    if sample and context["may_read_text"]:
        context["looked_at"] = _look_at(request, guideline, sample)
    return render(request, "annotation/relabel.html", context, status=status)


def _look_at(request: HubRequest, guideline: Guideline, pk: int) -> dict[str, Any] | None:
    """One proposal with its conversation; who is shown it is recorded."""
    found = guideline.relabel_proposals.select_related("annotation__item__record", "annotation__guideline")
    proposal = found.filter(pk=pk).first()
    if proposal is None:
        return None
    item = proposal.annotation.item
    record_access(actor=request.user, project=guideline.project, target=proposal, record=item.record_id)
    return {"proposal": proposal, "turns": turns_of(item.record, proposal.annotation.spans)}


def _round_name(guideline: Guideline) -> dict[str, str]:
    return {"name": f"Again under version {guideline.version}"}
