"""The trail as JSON lines: events in order under the browser's filters, and a signed last line that says what they are.

Read page by page, in constant memory. The taking is an event, which the file reaches up to; a second event has the
file's digest once it was sent whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from heapq import merge
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from pixelhub.accounts.models import Project
from pixelhub.audit.browsing import Filter, chosen_events
from pixelhub.audit.exported import FORMAT
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import events_of_hub, events_of_project, iterate_events
from pixelhub.audit.services import record
from pixelhub.canonical import canonical_json
from pixelhub.keys import signing_key

__all__ = ["Scope", "audit_export", "chosen_in_order"]

#: Of each action so many events lie in memory at a time.
_PAGE = 250


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose events: a project's, those of no project (`hub`), or, with neither, all."""

    project: Project | None = None
    hub: bool = False

    def events(self) -> QuerySet[AuditEvent]:
        if self.project is not None:
            return events_of_project(self.project.pk)
        return events_of_hub() if self.hub else AuditEvent.objects.all()

    def said(self) -> dict[str, Any]:
        """As the last line names it."""
        if self.project is not None:
            return {"of": "project", "project": self.project.slug, "project_id": self.project.pk}
        return {"of": "hub"} if self.hub else {"of": "everything"}


def audit_export(*, scope: Scope, asked: Filter, actor: Any) -> Iterator[bytes]:
    """The lines of an export. That it was asked for is recorded at once, before the first line is read."""
    conditions = {name: _plain(value) for name, value in asdict(asked).items() if value}
    with transaction.atomic():
        began = record(
            action="audit.export",
            actor=actor,
            project=scope.project,
            payload={"of": scope.said()["of"], "filter": conditions},
        )
    return _lines(scope, asked, conditions, began, actor)


def _lines(
    scope: Scope, asked: Filter, conditions: dict[str, str], began: AuditEvent, actor: Any
) -> Iterator[bytes]:  # fmt: skip
    digest, count, first, last = hashlib.sha256(), 0, 0, 0
    for event in chosen_in_order(scope, asked, upto=began.seq):
        line = canonical_json(event) + b"\n"
        digest.update(line)
        first, last, count = first or event["seq"], event["seq"], count + 1
        yield line
    actions = asked.actions()
    head = {
        "format": FORMAT,
        "scope": scope.said(),
        "filter": conditions,
        "actions": None if actions is None else sorted(actions),
        "events": count,
        "first": first,
        "last": last,
        "sha256": digest.hexdigest(),
        "chain": {"seq": began.seq, "hash": began.hash},
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with transaction.atomic():
        record(
            action="audit.export_finish",
            actor=actor,
            project=scope.project,
            payload={"events": count, "sha256": head["sha256"], "export": began.seq},
        )
    yield canonical_json({"head": head, "signature": signing_key().sign(head)}) + b"\n"


def chosen_in_order(scope: Scope, asked: Filter, *, upto: int) -> Iterator[dict[str, Any]]:
    """Events in order; several actions are read one by one, each from its index, and merged."""
    events = chosen_events(scope.events(), asked)
    actions = asked.actions()
    if actions is None:
        return iterate_events(events=events, upto=upto)
    parts = [iterate_events(events=events.filter(action=action), upto=upto, page=_PAGE) for action in actions]
    return merge(*parts, key=lambda event: event["seq"])


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())
