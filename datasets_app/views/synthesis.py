"""Made-up conversations: generations, the queue of what people read, one conversation with its decision."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from datasets_app.access import HubRequest, get_synthesis_batch_for, get_synthesis_row_for
from datasets_app.corpus import taxonomy
from datasets_app.forms_synthesis import DecideForm, SynthesisForm
from datasets_app.model_endpoint import synthesis_services
from datasets_app.models import SynthesisBatch, SynthesisRow
from datasets_app.selectors_synthesis import (
    FILTERS,
    batches_in,
    filtered,
    progress_of,
    reasons_of,
    rows_in,
    shares_by,
)
from datasets_app.services.errors import SynthesisRefused
from datasets_app.services.synthesis import synthesis_start, synthesis_topic
from datasets_app.services.synthesis_review import (
    quarantine_lines,
    row_claim,
    row_decide,
    row_reopen,
    synthesis_take,
)
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

_PAGE = 25
SEVERITY_KEYS = "qwert"


@require_GET
def synthesis(request: HubRequest) -> HttpResponse:
    """All generations of the project, and what waits to be read."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    context = {
        "page": Paginator(batches_in(project), _PAGE).get_page(request.GET.get("page")),
        "project": project,
        "topic": synthesis_topic(project.pk),
        "progress": progress_of(rows_in(project)),
        "may_start": can(request.user, project, Capability.DATASET_IMPORT),
        "may_read": can(request.user, project, Capability.RAWTEXT_VIEW),
    }
    return render(request, "datasets/synthesis.html", context)


@require_http_methods(["GET", "POST"])
def synthesis_create(request: HubRequest) -> HttpResponse:
    """Ask for a generation."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    form = SynthesisForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = synthesis_start(project=project, actor=request.user, **form.asked())
        except SynthesisRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("datasets:synthesis_batch", pk=batch.pk)
    services = synthesis_services()
    missing = {
        label: services.missing(name) for name, label in SynthesisBatch.Backend.choices if services.missing(name)
    }
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "project": project, "missing": missing}
    return render(request, "datasets/synthesis_create.html", context, status=status)


@require_GET
def synthesis_batch(request: HubRequest, pk: int) -> HttpResponse:
    """One generation: progress, what became of its rows, how much was rejected of what."""
    batch = get_synthesis_batch_for(request.user, pk)
    rows = batch.rows.all()
    progress = progress_of(rows)
    context = {
        "batch": batch,
        "job": batch.job,
        "project": batch.project,
        "topic": synthesis_topic(batch.project_id),
        "progress": progress,
        "shares": shares_by(rows),
        "rejected": reasons_of(rows, SynthesisRow.State.REJECTED),
        "broken": reasons_of(rows, SynthesisRow.State.BROKEN),
        "can_take": not batch.is_open and not progress.waiting and progress.takeable and batch.import_batch is None,
        "may_start": can(request.user, batch.project, Capability.DATASET_IMPORT),
        "may_read": can(request.user, batch.project, Capability.RAWTEXT_VIEW),
    }
    return render(request, "datasets/synthesis_batch.html", context)


@require_POST
def synthesis_take_in(request: HubRequest, pk: int) -> HttpResponse:
    """Bring what was kept into records."""
    batch = get_synthesis_batch_for(request.user, pk, Capability.DATASET_IMPORT)
    try:
        imported = synthesis_take(batch=batch, actor=request.user)
    except SynthesisRefused as refused:
        messages.error(request, str(refused))
        return redirect("datasets:synthesis_batch", pk=batch.pk)
    return redirect("datasets:import_detail", pk=imported.pk)


@require_GET
def synthesis_quarantine(request: HubRequest, pk: int) -> StreamingHttpResponse:
    """Download what of a batch never becomes a record, with its words."""
    batch = get_synthesis_batch_for(request.user, pk, Capability.RAWTEXT_VIEW)
    record_access(actor=request.user, project=batch.project, target=batch, what="quarantine")
    response = StreamingHttpResponse(quarantine_lines(batch), content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="synthesis-{batch.pk}-quarantine.jsonl"'
    return response


@require_GET
def synthesis_queue(request: HubRequest) -> HttpResponse:
    """What waits and what was decided, filtered; no words."""
    project = _reader(request)
    wanted = _wanted(request.GET)
    rows = filtered(rows_in(project), wanted)
    page = Paginator(rows.select_related("batch", "decided_by").defer("sample", "raw"), _PAGE)
    context = {
        "project": project,
        "topic": synthesis_topic(project.pk),
        "wanted": wanted,
        "page": page.get_page(request.GET.get("page")),
        "progress": progress_of(filtered(rows_in(project), wanted | {"state": ""})),
        "shares": shares_by(filtered(rows_in(project), wanted | {"state": ""})),
        "types": [(kind, taxonomy.CRISIS_TYPE_LABELS[kind]) for kind in taxonomy.CRISIS_TYPES],
        "difficulties": taxonomy.DIFFICULTIES,
        "backends": SynthesisBatch.Backend.choices,
        "states": SynthesisRow.State.choices,
        "batches": batches_in(project).values_list("pk", flat=True)[:50],
    }
    return render(request, "datasets/synthesis_queue.html", context)


@require_POST
def synthesis_next(request: HubRequest) -> HttpResponse:
    """Take the next conversation to read; nobody else gets it meanwhile."""
    project = _reader(request)
    return _next(request, project, _wanted(request.POST))


@require_http_methods(["GET", "POST"])
def synthesis_row(request: HubRequest, pk: int) -> HttpResponse:
    """One conversation with what was asked for and what the rules hear; the decision on it."""
    row = get_synthesis_row_for(request.user, pk)
    wanted = _wanted(request.GET)
    form = DecideForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                row_decide(row=row, actor=request.user, **form.cleaned_data)
            except SynthesisRefused as refused:
                form.add_error(None, str(refused))
                row.refresh_from_db()
                status = 422 if row.state == SynthesisRow.State.WAITING else 409
            else:
                return _next(request, row.batch.project, wanted, before=row)
    record_access(actor=request.user, project=row.batch.project, target=row.batch, rows=[row.number])
    return render(request, "datasets/synthesis_row.html", _row_context(request, row, form, wanted), status=status)


@require_POST
def synthesis_reopen(request: HubRequest, pk: int) -> HttpResponse:
    """Take a decision back."""
    row = get_synthesis_row_for(request.user, pk)
    try:
        row_reopen(row=row, actor=request.user)
    except SynthesisRefused as refused:
        messages.error(request, str(refused))
    return redirect("datasets:synthesis_row", pk=row.pk)


def _row_context(request: HubRequest, row: SynthesisRow, form: DecideForm, wanted: dict[str, str]) -> dict[str, object]:
    before = request.GET.get("before", "")
    earlier = rows_in(row.batch.project).filter(pk=before) if before.isdecimal() and len(before) <= 18 else None
    held = (
        row.held_by is not None and row.held_by != request.user and (row.held_until or timezone.now()) > timezone.now()
    )
    return {
        "row": row,
        "batch": row.batch,
        "project": row.batch.project,
        "turns": row.sample.get("conversation", []),
        "about": row.sample.get("metadata", {}) | {"role_play_words": row.style.replace("_", " ")},
        "form": form,
        "held_by_somebody": held,
        "is_taken": row.batch.import_batch_id is not None,
        "severities": [
            (level, name, key)
            for (level, name), key in zip(taxonomy.SEVERITY_LABELS.items(), SEVERITY_KEYS, strict=True)
        ],
        "reasons": [(code, name, key) for (code, name), key in zip(SynthesisRow.Reason.choices, "zxcvbn", strict=True)],
        "waiting": filtered(rows_in(row.batch.project), wanted | {"state": "waiting"}).count(),
        "before": earlier.filter(decided_by=request.user).first() if earlier is not None else None,
        "query": urlencode(wanted),
    }


def _next(
    request: HubRequest, project: Project, wanted: dict[str, str], before: SynthesisRow | None = None
) -> HttpResponse:
    rows = filtered(rows_in(project), wanted | {"state": ""})
    row = row_claim(rows=rows, actor=request.user)
    query = urlencode(wanted | ({"before": str(before.pk)} if before else {}))
    if row is None:
        messages.success(request, "Nothing is left to read here: the rest is decided, or on somebody’s screen.")
        return redirect(f"{reverse('datasets:synthesis_queue')}?{urlencode(wanted)}")
    return redirect(f"{reverse('datasets:synthesis_row', args=[row.pk])}?{query}")


def _reader(request: HubRequest) -> Project:
    project = current_project(request)
    require(request.user, project, Capability.RAWTEXT_VIEW)
    return project


def _wanted(sent: QueryDict) -> dict[str, str]:
    return {name: sent.get(name, "")[:32] for name in FILTERS if sent.get(name)}
