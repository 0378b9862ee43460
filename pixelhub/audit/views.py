"""The audit trail of a project, for those who may read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.chain import ChainReport
from pixelhub.audit.forms import EventFilter
from pixelhub.audit.models import AuditEvent, AuditHead
from pixelhub.audit.selectors import chain_verify, events_of_project

PAGE_SIZE = 50
# Checking holds the head of the chain, so that a long chain is checked only when somebody asks.
CHECKED_UNASKED = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the page shows it."""

    event: AuditEvent
    at: datetime
    payload: list[tuple[str, Any]]


def _row(event: AuditEvent) -> Row:
    payload = json.loads(event.payload_json)
    return Row(
        event, datetime.fromisoformat(event.at), [(key.replace("_", " "), _words(payload[key])) for key in payload]
    )


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _chain_state(*, asked: bool) -> ChainReport | None:
    """The verdict on the whole chain; None where it is long and nobody asked."""
    length = AuditHead.objects.filter(pk=1).values_list("seq", flat=True).first() or 0
    return chain_verify() if asked or length <= CHECKED_UNASKED else None


@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """Events, newest first, filtered by action, person and object; and whether the chain is intact."""
    project = current_project(request)
    require(request.user, project, Capability.AUDIT_VIEW)  # type: ignore[arg-type]
    form = EventFilter(request.GET, events=events_of_project(project.pk))
    page = Paginator(form.events(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "form": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "page": page,
        "rows": [_row(event) for event in page],
        "chain": _chain_state(asked="verify" in request.GET),
    }
    return render(request, "audit/list.html", context)
