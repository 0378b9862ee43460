"""Duplicates: searches, and their pairs with the words side by side."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from datasets_app.access import HubRequest, get_duplicate_search_for, may_read_text
from datasets_app.corpus.dedup.minhash import DEFAULT_THRESHOLD
from datasets_app.models import DuplicateSearch
from datasets_app.selectors_duplicates import (
    VIEWS,
    decision_counts,
    duplicate_searches_in,
    pair_states,
    pairs_of,
    shown_pairs,
)
from datasets_app.services.duplicate_acts import MAX_AT_ONCE, duplicates_confirm, duplicates_restore, pairs_decide
from datasets_app.services.duplicates import duplicates_search
from datasets_app.services.errors import DuplicatesRefused
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access

_SEARCHES = 25
_PAIRS = 10
_ID_DIGITS = 18


@require_GET
def duplicates(request: HubRequest) -> HttpResponse:
    """All searches of the project."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_VIEW)
    context = {
        "page": Paginator(duplicate_searches_in(project), _SEARCHES).get_page(request.GET.get("page")),
        "project": project,
        "may_act": can(request.user, project, Capability.DATASET_IMPORT),
        "threshold": DEFAULT_THRESHOLD,
    }
    return render(request, "datasets/duplicates.html", context)


@require_POST
def duplicate_search_create(request: HubRequest) -> HttpResponse:
    """Start a search."""
    project = current_project(request)
    require(request.user, project, Capability.DATASET_IMPORT)
    try:
        threshold = float(request.POST.get("threshold") or DEFAULT_THRESHOLD)
        search = duplicates_search(project=project, actor=request.user, threshold=threshold)
    except DuplicatesRefused as refused:
        messages.error(request, str(refused))
    except ValueError:
        messages.error(request, "The threshold must be a number between 0.5 and 1.")
    else:
        return redirect("datasets:duplicate_search", pk=search.pk)
    return redirect("datasets:duplicates")


@require_GET
def duplicate_search(request: HubRequest, pk: int) -> HttpResponse:
    """One search: the report, and its pairs side by side for those who may read."""
    search = get_duplicate_search_for(request.user, pk)
    may_read = may_read_text(request.user, search.project)
    view = request.GET.get("view", "open")
    kind = request.GET.get("kind", "")
    page = Paginator(pairs_of(search, view=view, kind=kind), _PAIRS).get_page(request.GET.get("page"))
    pairs = list(page.object_list)
    if may_read and pairs:
        record_access(
            actor=request.user,
            project=search.project,
            target=search,
            records=sorted({number for pair in pairs for number in (pair.kept_id, pair.copy_id)}),
        )
    context = _report(request, search) | {
        "page": page,
        "pairs": shown_pairs(pairs, with_words=may_read),
        "pair_ids": [pair.pk for pair in pairs],
        "view": view if view in VIEWS else "all",
        "kind": kind,
        "views": VIEWS,
        "may_read_text": may_read,
    }
    return render(request, "datasets/duplicate_search.html", context)


@require_GET
def duplicate_states(request: HubRequest, pk: int) -> HttpResponse:
    """What has become of some pairs by now: pages that show them fetch it when somebody decides. No words."""
    search = get_duplicate_search_for(request.user, pk)
    return _states(request, search, _numbers(request.GET.getlist("pair")))


@require_POST
def duplicate_decide(request: HubRequest, pk: int) -> HttpResponse:
    """Decide one pair or several."""
    search = get_duplicate_search_for(request.user, pk, Capability.DATASET_IMPORT)
    wanted = _numbers(request.POST.getlist("pair"))
    refused = ""
    try:
        outcome = pairs_decide(
            search=search,
            pair_ids=wanted,
            decision=request.POST.get("decision", ""),
            actor=request.user,
            expected=request.POST.get("expected") or None,
        )
    except DuplicatesRefused as error:
        refused = str(error)
    else:
        if outcome["refused"]:
            refused = (
                f"{len(outcome['refused'])} of the pairs stayed as they were: an edge case is never withdrawn, the "
                "record that stays must be active, and somebody else may have decided meanwhile."
            )
    if request.headers.get("HX-Request"):
        return _states(request, search, wanted, refused)
    if refused:
        messages.error(request, refused)
    return redirect("datasets:duplicate_search", pk=search.pk)


@require_POST
def duplicate_confirm(request: HubRequest, pk: int) -> HttpResponse:
    """Withdraw the copies of all open near-duplicate pairs."""
    search = get_duplicate_search_for(request.user, pk, Capability.DATASET_IMPORT)
    try:
        duplicates_confirm(search=search, actor=request.user, record_hash=request.POST.get("record_hash") == "1")
    except DuplicatesRefused as refused:
        messages.error(request, str(refused))
    return redirect("datasets:duplicate_search", pk=search.pk)


@require_POST
def duplicate_restore(request: HubRequest, pk: int) -> HttpResponse:
    """Make all copies active again that this search withdrew."""
    search = get_duplicate_search_for(request.user, pk, Capability.DATASET_IMPORT)
    try:
        duplicates_restore(search=search, actor=request.user)
    except DuplicatesRefused as refused:
        messages.error(request, str(refused))
    return redirect("datasets:duplicate_search", pk=search.pk)


def _states(request: HubRequest, search: DuplicateSearch, pairs: list[int], refused: str | None = None) -> HttpResponse:
    context = _report(request, search) | {"states": pair_states(search, pairs), "refused": refused}
    return render(request, "datasets/_duplicate_states.html", context, status=409 if refused and not pairs else 200)


def _report(request: HubRequest, search: DuplicateSearch) -> dict[str, object]:
    decided = decision_counts(search)
    return {
        "search": search,
        "job": search.job,
        "project": search.project,
        "decided": decided,
        "decided_text": f"{decided['withdraw']:,} withdrawn, {decided['keep']:,} kept as they are",
        "share_text": f"{search.counts.get('share', 0):.2%} of {search.counts.get('records', 0):,} records",
        "may_act": can(request.user, search.project, Capability.DATASET_IMPORT),
    }


def _numbers(values: list[str]) -> list[int]:
    """Ids from a form, at most as many as may be decided at once; what is no id is left out."""
    ids = [value for value in values[: MAX_AT_ONCE + 1] if value.isdecimal() and value.isascii()]
    return [int(value) for value in ids if len(value) <= _ID_DIGITS]
