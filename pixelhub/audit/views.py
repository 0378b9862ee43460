"""The audit trail of a project, for those who may read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from pixelhub.accounts.access import capabilities, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.acts import act_of, target_url
from pixelhub.audit.browsing import Page, chosen_events, page_of
from pixelhub.audit.forms import EventFilter
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import events_of_hub, events_of_project
from pixelhub.audit.state import audit_verify_start, trail_state
from pixelhub.backups.state import backup_state

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the page shows it."""

    event: AuditEvent
    at: datetime
    says: str
    url: str
    payload: list[tuple[str, Any]]


def _row(event: AuditEvent, granted: frozenset[Capability]) -> Row:
    payload = json.loads(event.payload_json)
    return Row(
        event,
        datetime.fromisoformat(event.at),
        act_of(event.action).sentence(payload),
        target_url(event.target_type, event.target_id, granted),
        [(key.replace("_", " "), _words(payload[key])) for key in payload],
    )


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _place(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """Events, newest first, under filters; whether the chain is intact, and when it was last verified as a whole.

    Events of no project (sign-ins, accounts) are for administrators.
    """
    project = current_project(request)
    require(request.user, project, Capability.AUDIT_VIEW)  # type: ignore[arg-type]
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "audit/_state.html", {"project": project, "trail": trail_state(project)})
    granted = capabilities(request.user, project)  # type: ignore[arg-type]
    sees_hub = Capability.PEOPLE_MANAGE in granted
    form = EventFilter(request.GET, project=project, sees_hub=sees_hub)
    asked = form.asked()
    scope = events_of_hub() if sees_hub and form.of_the_hub else events_of_project(project.pk)
    page = Page([], newer=False, older=False)
    if asked is not None:
        before, after = _place(request, "before"), _place(request, "after")
        page = page_of(chosen_events(scope, asked), asked, before=before, after=after, size=PAGE_SIZE)
    context = {
        "project": project,
        "form": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "page": page,
        "rows": [_row(event, granted) for event in page.events],
        "trail": trail_state(project),
        "backups": backup_state() if sees_hub else None,
        "kept": [(name, value) for name in form.fields if (value := request.GET.get(name))],
    }
    return render(request, "audit/list.html", context)


@require_POST
def verify_start(request: HttpRequest) -> HttpResponse:
    """Queue a check of the whole chain; the page shows how far it is."""
    project = current_project(request)
    require(request.user, project, Capability.AUDIT_VIEW)  # type: ignore[arg-type]
    audit_verify_start(project=project, actor=request.user)  # type: ignore[arg-type]
    return redirect("audit:list")
