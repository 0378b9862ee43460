"""Notes for the next guideline version: read, written, taken up in the draft, left."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotation import services
from annotation.access import get_guideline_note_for, may_write_guidelines
from annotation.errors import AnnotationError
from annotation.forms_guidelines import DismissForm, GuidelineNoteForm
from annotation.guideline_text import sections
from annotation.models import Guideline, GuidelineNote
from pixelhub.accounts.access import current_project
from pixelhub.accounts.http import HubRequest


@require_http_methods(["GET", "POST"])
def guideline_notes(request: HubRequest) -> HttpResponse:
    """What the next version should say, newest first; with a form to add to it."""
    project = current_project(request)
    if not may_write_guidelines(request.user, project):
        raise PermissionDenied("Your role does not write guidelines.")
    newest = services.guideline_ensure_first(project=project)
    form = GuidelineNoteForm(request.POST or None, guideline=newest)
    if request.method == "POST" and form.is_valid():
        try:
            services.guideline_note_add(project=project, author=request.user, **form.cleaned_data)
        except AnnotationError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Kept for whoever writes the next version.")
            return redirect("annotation:guideline_notes")
    titles = {section.code: section.title for section in sections(newest.markdown)}
    notes = GuidelineNote.objects.filter(project=project).select_related("written_by", "decided_by", "taken_in")
    context = {
        "notes": [(note, titles.get(note.section, note.section)) for note in notes.order_by("-pk")[:200]],
        "form": form,
        "draft": Guideline.objects.filter(project=project, state=Guideline.State.DRAFT).first(),
    }
    return render(request, "annotation/guideline_notes.html", context, status=400 if form.errors else 200)


@require_POST
def guideline_note_take(request: HubRequest, pk: int) -> HttpResponse:
    """The draft answers the note."""
    note = get_guideline_note_for(request.user, pk)
    done = f"Note {pk} is marked as taken up."
    return _decided(request, lambda: services.guideline_note_take(note=note, actor=request.user), done)


@require_POST
def guideline_note_dismiss(request: HubRequest, pk: int) -> HttpResponse:
    """The text stays as it is."""
    note = get_guideline_note_for(request.user, pk)
    form = DismissForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    done = f"Note {pk} is left, with your reason."
    return _decided(
        request, lambda: services.guideline_note_dismiss(note=note, actor=request.user, reason=reason), done
    )


def _decided(request: HubRequest, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except AnnotationError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("annotation:guideline_notes")
