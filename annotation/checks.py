"""System checks: a wrong setting is told at start, with a hint, not on a labelling page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from annotation import conf


@register()
def support_contacts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """SUPPORT_CONTACTS must name at least one contact, each with locale, name and contact."""
    contacts = settings.SUPPORT_CONTACTS
    hint = 'For example SUPPORT_CONTACTS=[{"locale": "US", "name": "Emergency", "contact": "911"}]'
    if not isinstance(contacts, list) or not contacts:
        return [
            Error("SUPPORT_CONTACTS is empty: labelling pages must show whom to call.", hint=hint, id="annotation.E001")
        ]
    for number, entry in enumerate(contacts, start=1):
        if not isinstance(entry, dict) or not all(entry.get(key) for key in ("locale", "name", "contact")):
            return [Error(f"SUPPORT_CONTACTS entry {number} is incomplete.", hint=hint, id="annotation.E002")]
    return []


@register()
def lease_and_gate(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The lease must outlive the browser's heartbeat, and the gate must be a kappa."""
    found: list[CheckMessage] = []
    if conf.lease().total_seconds() < 120:
        found.append(Error("ANNOTATION_LEASE_SECONDS must be 120 or more.", id="annotation.E003"))
    if not 0 < conf.gate() < 1:
        found.append(Error("ANNOTATION_KAPPA_GATE must lie between 0 and 1.", id="annotation.E004"))
    return found
