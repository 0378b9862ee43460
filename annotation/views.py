"""Pages of annotation; thin: look up, ask a service or selector, render."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation import services
from annotation.access import get_round_for
from annotation.errors import AnnotationError, NotAllowed
from annotation.forms import RoundForm
from annotation.instrument import instrument_context
from annotation.models import Round
from annotation.preferences import blur_of
from annotation.presentation import round_context
from annotation.presentation_people import people_context
from annotation.selectors import open_round_for, round_progress, rounds_visible_to
from annotation.selectors_progress import Preview, round_preview
from annotation.selectors_qualification import work_refusal
from annotation.services.rounds import records_not_yet_labelled, records_waiting_for_review
from datasets_app.models import Record
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability

PAGE = 25
PLAIN = ("name", "guideline", "annotators", "overlap", "count", "seed")


@require_GET
def rounds(request: HubRequest) -> HttpResponse:
    """All rounds of real work that this person may see; practice and qualification sets have a page of their own."""
    project = current_project(request)
    shown = rounds_visible_to(request.user, project).exclude(kind__in=Round.LEARNING)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    rows = [{"round": round, "progress": round_progress(round)} for round in page]
    may_create = can(request.user, project, Capability.ROUND_MANAGE)
    return render(request, "annotation/rounds.html", {"rows": rows, "page": page, "may_create": may_create})


@require_http_methods(["GET", "POST"])
def round_create(request: HubRequest) -> HttpResponse:
    """Set up a round."""
    project = current_project(request)
    require(request.user, project, Capability.ROUND_MANAGE)
    services.guideline_ensure_first(project=project, actor=request.user)
    form = RoundForm(request.POST or None, project=project)
    preview = None
    if request.method == "POST" and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in PLAIN}
        batch = form.cleaned_data["import_batch"]
        records = Record.objects.filter(import_batch=batch, round_items__isnull=True) if batch else None
        if "preview" in request.POST:
            preview = _preview(project, form, records)
        else:
            try:
                made = services.round_create(
                    project=project, records=records, actor=request.user, layout=form.layout(), **chosen
                )
            except AnnotationError as error:
                form.add_error(None, str(error))
            else:
                return redirect("annotation:round_detail", pk=made.pk)
    context = {
        "preview": preview,
        "form": form,
        "ready": records_not_yet_labelled(project).count(),
        "in_review": records_waiting_for_review(project),
        "may_review": can(request.user, project, Capability.PII_REVIEW),
    }
    return render(request, "annotation/round_create.html", context)


def _preview(project: Project, form: RoundForm, records: QuerySet[Record] | None) -> Preview:
    usable = records_not_yet_labelled(project)
    found = usable if records is None else usable.filter(pk__in=records.values("pk"))
    data, there = form.cleaned_data, found.count()
    return round_preview(
        project,
        samples=min(there, data["count"] or there),
        overlap=data["overlap"],
        overlap_share=form.layout().overlap_share,
        people=len(data["annotators"]),
    )


@require_GET
def round_detail(request: HubRequest, pk: int) -> HttpResponse:
    """Progress, agreement and the next step of a round."""
    round = get_round_for(request.user, pk)
    context = {
        **round_context(request.user, round, request.GET.get("part", "")),
        **people_context(request.user, round),
    }
    return render(request, "annotation/round_detail.html", context)


@require_GET
def round_figures(request: HubRequest, pk: int) -> HttpResponse:
    """The live part of a round's page."""
    round = get_round_for(request.user, pk)
    return render(
        request, "annotation/_round_figures.html", round_context(request.user, round, request.GET.get("part", ""))
    )


@require_POST
def round_open(request: HubRequest, pk: int) -> HttpResponse:
    """Open a draft round for labelling."""
    round = get_round_for(request.user, pk, Capability.ROUND_MANAGE)
    return _act(request, round, lambda: services.round_open(round=round, actor=request.user), "The round is open.")


@require_POST
def round_close(request: HubRequest, pk: int) -> HttpResponse:
    """Close an open round."""
    round = get_round_for(request.user, pk, Capability.ROUND_MANAGE)
    return _act(request, round, lambda: services.round_close(round=round, actor=request.user), "The round is closed.")


@require_POST
def round_publish(request: HubRequest, pk: int) -> HttpResponse:
    """Publish a closed round's labels as a snapshot."""
    round = get_round_for(request.user, pk, Capability.SNAPSHOT_PUBLISH)
    aggregation = request.POST.get("aggregation", "adjudicated")
    return _act(
        request,
        round,
        lambda: services.round_publish(round=round, actor=request.user, aggregation=aggregation),
        "The labels are published.",
    )


@require_GET
def label(request: HubRequest) -> HttpResponse:
    """Go to an open round with something to label, say that there is none, or show what comes before real work."""
    project = current_project(request)
    require(request.user, project, Capability.ANNOTATE)
    if work_refusal(project.pk, request.user) is not None:
        return redirect("annotation:start")
    found = open_round_for(request.user, project)
    if found is None:
        return render(request, "annotation/label_nothing.html")
    return redirect("annotation:round_label", pk=found.pk)


@require_GET
def round_label(request: HubRequest, pk: int) -> HttpResponse:
    """The labelling instrument."""
    round = get_round_for(request.user, pk, Capability.ANNOTATE)
    if not round.round_annotators.filter(annotator=request.user).exists():
        raise PermissionDenied("You are not an annotator of this round.")
    if round.state != Round.State.OPEN:
        messages.info(request, "This round is not open for labelling.")
        return redirect("annotation:round_detail", pk=round.pk)
    refusal = None if round.is_learning else work_refusal(round.project_id, request.user)
    if refusal is not None:
        messages.info(request, refusal.sentence)
        return redirect("annotation:start")
    return render(
        request, "annotation/round_label.html", {**instrument_context(request.user, round), "blur": blur_of(request)}
    )


def _act(request: HubRequest, round: Round, act: Callable[[], object], said: str) -> HttpResponse:
    """Run a state change of a round; a refusal is shown on the round's page with its status."""
    try:
        act()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except AnnotationError as error:
        context = {**round_context(request.user, round), **people_context(request.user, round), "refusal": str(error)}
        return render(request, "annotation/round_detail.html", context, status=error.status)
    messages.success(request, said)
    return redirect("annotation:round_detail", pk=round.pk)
