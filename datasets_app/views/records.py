"""Records: a list without their words, one record with them for those who may read."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from datasets_app.access import HubRequest, get_record_for, may_read_text
from datasets_app.corpus import taxonomy
from datasets_app.forms_scores import ScoreSearchForm
from datasets_app.models import Record
from datasets_app.selectors import records_filtered
from datasets_app.selectors_scores import REPLY_SCORES, scored_records, scores_of_record
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

_PAGE = 50


@require_GET
def record_list(request: HubRequest) -> HttpResponse:
    """The project's records, filtered by source, proposed type, edge case, use and scores."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    chosen = {name: request.GET.get(name, "") for name in ("source", "type", "edge", "use")}
    found = records_filtered(
        project, source=chosen["source"], crisis_type=chosen["type"], edge=chosen["edge"], use=chosen["use"]
    )
    search = ScoreSearchForm(request.GET).search()
    found = scored_records(found, search)
    page = Paginator(found.defer("messages", "metadata"), _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "project": project,
        "chosen": chosen,
        "search": search,
        "emotions": taxonomy.EMOTIONS,
        "reply_scores": REPLY_SCORES,
        "narrowed": search.asks or any(chosen.values()),
        "sources": taxonomy.SOURCES,
        "types": taxonomy.CRISIS_TYPE_LABELS,
        "uses": [("usable", "Usable"), *Record.PiiState.choices, *Record.State.choices[1:]],
        "may_read_text": may_read_text(request.user, project),
    }
    return render(request, "datasets/record_list.html", context)


@require_GET
def record_detail(request: HubRequest, pk: int) -> HttpResponse:
    """One record; its words only for those who may read raw text."""
    record = get_record_for(request.user, pk)
    may_read = may_read_text(request.user, record.project)
    if may_read:
        record_access(actor=request.user, project=record.project, target=record)
    context = {
        "record": record,
        "project": record.project,
        "may_read_text": may_read,
        "scores": scores_of_record(record),
        "labels": record.snapshot_labels.select_related("snapshot").order_by("-snapshot__number"),
    }
    return render(request, "datasets/record_detail.html", context)
