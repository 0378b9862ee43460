"""What races about the programme do; named by tests/review/test_races_programme.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from django.core import mail
from django.test import override_settings

from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Role
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify
from review import services
from review.gates import gate_standing
from review.models import DigestSubscription, GateWaiver
from tests.review.race_acts import said, staged

GATE = "3.f1"
EVENING = datetime(2026, 3, 1, 19, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def prepare() -> dict[str, Any]:
    """Two projects with a failing gate: one with a PM (who wants digests) and a lead, one with somebody who is both."""
    ready, lonely = staged(), staged()
    pm, both = ready.world.user("pm"), lonely.world.user("pm")
    lonely.world.grant(both, Role.CLINICAL_LEAD)
    services.digest_subscribe(project=ready.project, actor=pm, email="pm@example.org", zone="UTC", now=EVENING)
    return {
        "project": ready.project.pk,
        "pm": pm.pk,
        "lead": ready.world.user("clinical_lead").pk,
        "lonely": lonely.project.pk,
        "both": both.pk,
    }


def act(name: str, *arguments: Any) -> Any:
    """One racer of several kinds: waives a gate, or sends the digests as one of many schedulers does."""
    return {"waive": waive, "send": send}[name](*arguments)


def waive(project: int, person: int, seat: str) -> str:
    found, actor = Project.objects.get(pk=project), User.objects.get(pk=person)
    return said(lambda: services.gate_waive(project=found, actor=actor, gate=GATE, seat=seat, reason="Too few to say."))


@override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
def send(project: int, ahead: bool) -> int:
    """How many mails this process handed over that morning."""
    mail.outbox = []
    services.digests_send(now=MORNING, project=Project.objects.get(pk=project), ahead=ahead)
    return len(mail.outbox)


def look(project: int, lonely: int) -> dict[str, Any]:
    """What stands in the database afterwards."""
    row = DigestSubscription.objects.get(project=project)
    return {
        "two": _gate(project),
        "one": _gate(lonely),
        "sent_on": row.sent_on.isoformat() if row.sent_on else "",
        "held": row.held_until is not None,
        "sent": AuditEvent.objects.filter(project_id=project, action="digest.send").count(),
        "audit": list(chain_verify().problems),
    }


def _gate(project: int) -> dict[str, Any]:
    standing = gate_standing(Project.objects.get(pk=project), GATE)
    events = AuditEvent.objects.filter(project_id=project, action="gate.waive")
    return {
        "stands": standing.stands,
        "halves": sorted(GateWaiver.objects.filter(project=project).values_list("seat", "person")),
        "events": sorted(orjson.loads(event.payload_json)["as"] for event in events),
    }
