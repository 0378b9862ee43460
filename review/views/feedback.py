"""What follows from cases: asked for on the case's page, consented to and put into a round on the list."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from review import selectors_feedback as selectors
from review import services
from review.access import get_case_for, get_feedback_for
from review.forms_feedback import DeclineForm, NoteForm, RelabelForm, SimilarForm
from review.models import Feedback
from review.refusal import Refused
from review.topics import review_topic
from review.views.person import signed_in


@require_GET
def feedback(request: HttpRequest) -> HttpResponse:
    """Everything that followed from cases here; what waits for this person comes with its buttons."""
    project = current_project(request)
    person = signed_in(request)
    require(person, project, Capability.MODEL_VIEW)
    rows = selectors.feedback_in(project, person)
    context = {
        "rows": rows,
        "decides": can(person, project, Capability.REVIEW_RESOLVE),
        "judges": can(person, project, Capability.REVIEW_JUDGE),
        "makes_rounds": can(person, project, Capability.ROUND_MANAGE),
        "ready": selectors.relabels_waiting(project).count(),
        "topic": review_topic(project.pk),
        "waiting_state": Feedback.State.WAITING,
    }
    return render(request, "review/feedback.html", context)


@require_POST
def case_relabel(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the case back to the annotators, to correct its test label."""
    return _from_case(request, pk, RelabelForm(request.POST), services.case_relabel, "Asked for. It stands below.")


@require_POST
def case_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note for the guideline."""
    form = NoteForm(request.POST, project=get_case_for(signed_in(request), pk).campaign.project)
    return _from_case(request, pk, form, services.case_note, "Kept for whoever writes the next version.")


@require_POST
def case_similar(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for more cases of this kind."""
    done = "Asked for. Those who bring data in see it on their page."
    return _from_case(request, pk, SimilarForm(request.POST), services.case_similar, done)


@require_POST
def relabel_consent(request: HttpRequest, pk: int) -> HttpResponse:
    """A clinical lead lets a test label be corrected."""
    row = get_feedback_for(signed_in(request), pk)
    done = "It will be labelled again, and is held out of training from now on."
    return _decided(request, lambda: services.relabel_consent(feedback=row, actor=signed_in(request)), done)


@require_POST
def relabel_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """A clinical lead leaves a test label as it is."""
    row = get_feedback_for(signed_in(request), pk)
    form = DeclineForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    return _decided(
        request,
        lambda: services.relabel_decline(feedback=row, actor=signed_in(request), reason=reason),
        "The label stays, with your reason.",
    )


@require_POST
def relabel_round_make(request: HttpRequest) -> HttpResponse:
    """Put all cases that wait into one draft round."""
    project = current_project(request)
    require(signed_in(request), project, Capability.ROUND_MANAGE)
    try:
        made = services.relabel_round_make(project=project, actor=signed_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("review:feedback")
    messages.success(request, "The round is a draft: look at who labels in it, then open it.")
    return redirect("annotation:round_detail", made.pk)


def _from_case(request: HttpRequest, pk: int, form: Form, act: Callable[..., object], done: str) -> HttpResponse:
    case = get_case_for(signed_in(request), pk)
    if not form.is_valid():
        messages.error(request, _slip(form))
        return redirect("review:case_judge", case.pk)
    return _decided(
        request,
        lambda: act(case=case, actor=signed_in(request), **form.cleaned_data),
        done,
        back=redirect("review:case_judge", case.pk),
    )


def _slip(form: Form) -> str:
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label or name.replace("_", " ").capitalize()
    return f"{label}: {errors[0]}"


def _decided(
    request: HttpRequest, act: Callable[[], object], done: str, *, back: HttpResponse | None = None
) -> HttpResponse:
    try:
        act()
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return back or redirect("review:feedback")
