"""Review of identifiers: the overview with bulk decisions, the instrument, and the JSON it speaks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from datasets_app.access import HubRequest, get_record_for
from datasets_app.corpus import taxonomy
from datasets_app.forms_pii import BulkForm, SpotCheckForm
from datasets_app.models import Record
from datasets_app.pii_api import Beat, Claim, Confirm, Release, json_view, parse
from datasets_app.selectors_pii import (
    KIND_NAMES,
    count_in_state,
    decided_records,
    kind_rows,
    open_job,
    people_reviewing,
    pii_counts,
    record_payload,
    spot_check,
)
from datasets_app.services.pii import ReviewRefused, pii_confirm
from datasets_app.services.pii_bulk import pii_bulk_decide, pii_bulk_undo, pii_spot_check
from datasets_app.services.pii_claims import pii_claim, pii_heartbeat, pii_release
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access
from pixelhub.jobs.services import job_enqueue

KEYS = (
    ("a", "an identifier: replace it"),
    ("r", "no identifier: leave it"),
    ("e", "edit: kind by 1 to 9, ends by arrows, or select text first"),
    ("n", "add a missed identifier: select its text, then n and its kind"),
    ("j k", "next and previous finding"),
    ("Shift+A, Shift+R", "accept or reject everything still open here"),
    ("Enter", "confirm the conversation and go on"),
    ("u, Ctrl+Z", "undo; right after Enter it brings the conversation back"),
    ("s", "leave this conversation to somebody else"),
    ("b", "blur or unblur the text"),
    ("Esc", "close a panel, drop a selection"),
    ("?", "all keys"),
)


@require_GET
def pii_queue(request: HubRequest) -> HttpResponse:
    """What waits, by kind and confidence, with bulk decisions; no words."""
    project = _project(request)
    return _queue_page(request, project, BulkForm())


@require_GET
@never_cache
def pii_review(request: HubRequest) -> HttpResponse:
    """The instrument; its conversations come by `pii_claim`."""
    project = _project(request)
    kinds = [{"code": code, "name": KIND_NAMES[code], "key": str(n)} for n, code in enumerate(taxonomy.PII_KINDS, 1)]
    return render(request, "datasets/pii_review.html", {"project": project, "kinds": kinds, "keys": KEYS})


@require_POST
def pii_bulk(request: HubRequest) -> HttpResponse:
    """Decide all open findings of a kind within a span of confidence."""
    project = _project(request)
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _queue_page(request, project, form, status=422)
    done = pii_bulk_decide(project=project, actor=request.user, **form.decision_of())
    left = f" Left out, on somebody’s screen: {done['left_out']:,}." if done["left_out"] else ""
    what = f"{_counted(done['findings'], 'finding')} in {_counted(done['records'], 'conversation')}"
    messages.success(request, f"{what} decided, not confirmed.{left}")
    return redirect("datasets:pii_queue")


@require_POST
def pii_undo(request: HubRequest) -> HttpResponse:
    """Open again what was decided in bulk and not confirmed."""
    opened = pii_bulk_undo(project=_project(request), actor=request.user)
    messages.success(request, f"{_counted(opened, 'finding')} open again.")
    return redirect("datasets:pii_queue")


@require_POST
def pii_apply(request: HubRequest) -> HttpResponse:
    """Confirm every conversation whose findings were all decided in bulk, as a job."""
    return _start(request, "dataset.pii_apply", "The decided conversations are being rewritten.")


@require_POST
def pii_sample(request: HubRequest) -> HttpResponse:
    """Put some conversations without a finding into the queue, for people to look for what the rules missed."""
    project = _project(request)
    form = SpotCheckForm(request.POST)
    if not form.is_valid():
        return _queue_page(request, project, BulkForm(), status=422)
    moved = pii_spot_check(project=project, actor=request.user, count=form.cleaned_data["count"])
    messages.success(request, f"{_counted(moved, 'conversation')} without a finding put into the queue.")
    return redirect("datasets:pii_queue")


@require_POST
def pii_screen(request: HubRequest) -> HttpResponse:
    """Search records that nothing has looked at yet, as a job."""
    return _start(request, "dataset.screen", "The conversations are being searched.")


@json_view
@never_cache
@require_POST
def pii_claim_next(request: HubRequest) -> JsonResponse:
    """Hand out conversations with their findings; nobody else gets them meanwhile."""
    project = _project(request)
    sent = parse(request, Claim)
    _same_project(project, sent.project)
    held = pii_claim(project=project, actor=request.user, want=sent.want, leave_out=sent.leave_out)
    for record in held:
        record_access(actor=request.user, project=project, target=record)
    return JsonResponse({"records": [record_payload(record) for record in held], "progress": _progress(project)})


@json_view
@require_POST
def pii_confirm_record(request: HubRequest, pk: int) -> JsonResponse:
    """Apply all decisions on one conversation for good."""
    record = _record(request, pk)
    sent = parse(request, Confirm)
    outcome = pii_confirm(
        record=record,
        actor=request.user,
        version=sent.version,
        decisions=[decision.as_decision() for decision in sent.decisions],
    )
    return JsonResponse(
        {"record": pk, "withdrawn": outcome.withdrawn, "kept": outcome.kept, "progress": _progress(record.project)}
    )


@json_view
@require_POST
def pii_release_record(request: HubRequest, pk: int) -> JsonResponse:
    """Leave a conversation to somebody else."""
    record = _record(request, pk)
    parse(request, Release)
    pii_release(record=record, actor=request.user)
    return JsonResponse({"released": pk})


@json_view
@require_POST
def pii_beat(request: HubRequest) -> JsonResponse:
    """Keep what is held."""
    project = _project(request)
    _same_project(project, parse(request, Beat).project)
    return JsonResponse({"held": pii_heartbeat(project=project, actor=request.user)})


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _project(request: HubRequest) -> Project:
    project = current_project(request)
    require(request.user, project, Capability.PII_REVIEW)
    return project


def _record(request: HubRequest, pk: int) -> Record:
    record = get_record_for(request.user, pk)
    require(request.user, record.project, Capability.PII_REVIEW)
    return record


def _same_project(project: Project, named: int) -> None:
    if project.pk != named:
        raise ReviewRefused("other_project", "You have changed to another project in another tab. Reload this page.")


def _progress(project: Project) -> dict[str, int]:
    states = Record.PiiState
    return {"waiting": count_in_state(project, states.PENDING), "reviewed": count_in_state(project, states.REVIEWED)}


def _queue_page(request: HubRequest, project: Project, form: BulkForm, status: int = 200) -> HttpResponse:
    counts = pii_counts(project)
    context = {
        "project": project,
        "counts": counts,
        "rows": kind_rows(project),
        "ready": decided_records(project).count(),
        "reviewing": people_reviewing(project),
        "apply_job": open_job(project, "dataset.pii_apply"),
        "screen_job": open_job(project, "dataset.screen"),
        "form": form,
        "spot": spot_check(project),
        "spot_form": SpotCheckForm(),
    }
    return render(request, "datasets/pii_queue.html", context, status=status)


def _start(request: HubRequest, kind: str, said: str) -> HttpResponse:
    project = _project(request)
    if open_job(project, kind) is None:
        job_enqueue(kind=kind, params={"project": project.pk}, project=project, owner=request.user)
    messages.success(request, said)
    return redirect("datasets:pii_queue")
