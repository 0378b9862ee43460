"""The trail as a file of JSON lines, under the filters of the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice

from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.exporting import Scope, audit_export
from pixelhub.audit.forms import EventFilter

_LINES = 500  # sent at a time: a third of a megabyte


@require_POST
def event_export(request: HttpRequest) -> HttpResponseBase:
    """What the page shows under these filters, all pages of it. Asking is an event, and so is the whole file."""
    project = current_project(request)
    require(request.user, project, Capability.AUDIT_VIEW)  # type: ignore[arg-type]
    sees_hub = can(request.user, project, Capability.PEOPLE_MANAGE)  # type: ignore[arg-type]
    form = EventFilter(request.POST, project=project, sees_hub=sees_hub)
    asked = form.asked()
    if asked is None:
        messages.error(request, "A filter was not understood, so nothing was exported. Choose it again.")
        return redirect("audit:list")
    of_hub = sees_hub and form.of_the_hub
    lines = audit_export(scope=Scope(None if of_hub else project, hub=of_hub), asked=asked, actor=request.user)
    response = StreamingHttpResponse(_pieces(lines), content_type="application/jsonl")
    name = f"audit-{'hub' if of_hub else project.slug}-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    for first in lines:
        yield b"".join(chain([first], islice(lines, _LINES - 1)))
