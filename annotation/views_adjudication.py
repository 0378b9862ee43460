"""Pages of those who decide disagreements; thin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from annotation import services
from annotation.access import get_item_for, get_round_for
from annotation.errors import AnnotationError
from annotation.forms import RulingForm
from annotation.models import Round, RoundItem
from annotation.presentation_adjudication import item_context, queue_context
from annotation.selectors_adjudication import (
    Entry,
    Queue,
    adjudication_entries,
    filtered,
    item_to_decide,
    taken_by_others,
)
from annotation.services.adjudications import Ruling
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record_access


@require_http_methods(["GET", "POST"])
def round_adjudicate(request: HubRequest, pk: int) -> HttpResponse:
    """Decide disagreements, one at a time, the most harmful first."""
    round = get_round_for(request.user, pk, Capability.ADJUDICATE)
    entries = adjudication_entries(request.user, round)
    queue = filtered(entries, show=request.GET.get("show", ""), pair=request.GET.get("pair", ""))
    form, status = None, 200
    if request.method == "POST":
        form = RulingForm(request.POST, round=round)
        status = _decide(request, round, form)
        if status == 200:
            messages.success(request, "Decided.")
            return redirect(_onwards(request, round, queue, form.cleaned_data["item"]))
    wanted = request.POST.get("item") if form else request.GET.get("item")
    chosen, colleague = _choose(request, round, entries, queue, wanted or "", request.GET.get("sample", ""))
    context: dict[str, Any] = {"round": round, **queue_context(queue, chosen.pk if chosen else None)}
    if chosen is not None:
        item = item_to_decide(round, chosen.pk)
        if status == 409 and form is not None:
            form = _retold(form, item, round)
        context.update(item_context(request.user, round, item, form), colleague=colleague, conflict=status == 409)
        record_access(actor=request.user, project=round.project, target=item, record=item.record_id)
    return render(request, "annotation/round_adjudicate.html", {"item": None, **context}, status=status)


@require_POST
def round_adjudicate_seat(request: HubRequest, pk: int) -> HttpResponse:
    """A sign of life of an open page; answers whether a colleague came or decided meanwhile."""
    round = get_round_for(request.user, pk, Capability.ADJUDICATE)
    wanted = _number(request.POST.get("item", ""))
    if not wanted:
        return JsonResponse({"message": "Which sample?"}, status=400)
    item = get_item_for(request.user, round, wanted)
    held = services.adjudication_seat_keep(item=item, person=request.user)
    decision = getattr(item, "adjudication", None)
    return JsonResponse(
        {
            "held": held,
            "colleague": item.pk in taken_by_others(request.user, round),
            "version": decision.version if decision else 0,
        }
    )


def _decide(request: HubRequest, round: Round, form: RulingForm) -> int:
    """Write the ruling; returns the status to answer with, the reason of a refusal being on the form."""
    if not form.is_valid():
        return 400
    data = form.cleaned_data
    item = get_item_for(request.user, round, data["item"])
    ruling = Ruling(
        crisis_type=data["crisis_type"],
        severity=data["severity"],
        reason=data["reason"],
        guideline_section=data["guideline_section"],
        is_edge_case=bool(data["edge_case_kind"]),
        edge_case_kind=data["edge_case_kind"],
    )
    try:
        services.adjudicate(item=item, actor=request.user, ruling=ruling, expected_version=data["version"])
    except AnnotationError as error:
        form.add_error(None, str(error))
        return error.status
    return 200


def _retold(form: RulingForm, item: RoundItem, round: Round) -> RulingForm:
    """The same words on the version that stands now, so that deciding again is done knowingly."""
    decision = getattr(item, "adjudication", None)
    data = {**form.data.dict(), "version": str(decision.version if decision else 0)}  # type: ignore[attr-defined]
    again = RulingForm(data, round=round)
    for message in form.non_field_errors():
        again.add_error(None, message)
    return again


def _choose(
    request: HubRequest, round: Round, entries: list[Entry], queue: Queue, wanted: str, position: str
) -> tuple[Entry | None, bool]:
    """The sample to show and whether a colleague sits at it: the one asked for, else the first that nobody looks at."""
    taken = taken_by_others(request.user, round)
    asked = next((entry for entry in entries if str(entry.pk) == wanted), None)
    asked = asked or next((entry for entry in entries if str(entry.position) == position), None)
    free = [entry for entry in queue.entries if entry.pk not in taken]
    for entry in [asked] if asked else [*free, *queue.entries]:
        if round.state != Round.State.CLOSED:
            return entry, False
        item = get_item_for(request.user, round, entry.pk)
        if services.adjudication_seat_take(item=item, person=request.user) or asked or entry.pk in taken:
            return entry, entry.pk in taken_by_others(request.user, round)
    return None, False


def _onwards(request: HubRequest, round: Round, queue: Queue, decided: int) -> str:
    """The next sample of the same queue, or its beginning where the rest of it is behind us."""
    after = [entry.pk for entry in queue.entries]
    rest = after[after.index(decided) + 1 :] if decided in after else []
    taken = taken_by_others(request.user, round)
    following = next((pk for pk in rest if pk not in taken), None)
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in (("show", queue.show), ("pair", queue.pair)) if value})
    if following is not None:
        query["item"] = str(following)
    return f"{reverse('annotation:round_adjudicate', args=[round.pk])}?{query.urlencode()}"


def _number(text: str) -> int:
    """An id as it came; 0, which no row has, for what can't be one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
