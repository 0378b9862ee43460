"""What an import's page says about identifiers and about how long its original stays."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from datasets_app.models import ImportBatch, Record
from datasets_app.selectors_pii import batch_identifiers, earlier_purged, finding_rows, open_job
from datasets_app.services.retention import purge_at
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability

register = template.Library()


@register.inclusion_tag("datasets/_import_identifiers.html")
def import_identifiers(batch: ImportBatch, user: User) -> dict[str, Any]:
    """`{% load identifiers %}{% import_identifiers batch request.user %}` on a page about one import."""
    may_review = can(user, batch.project, Capability.PII_REVIEW)
    return {
        "batch": batch,
        "counts": batch_identifiers(batch),
        "may_review": may_review,
        "screen_job": open_job(batch.project, "dataset.screen"),
        "purge_at": None if batch.original_purged_at else purge_at(batch),
        "keep_days": settings.ORIGINALS_KEEP_DAYS,
        "earlier": earlier_purged(batch),
    }


@register.inclusion_tag("datasets/_record_findings.html")
def record_findings(record: Record, user: User) -> dict[str, Any]:
    """`{% record_findings record request.user %}`: what screening found, without words."""
    return {
        "record": record,
        "rows": finding_rows(record),
        "may_review": can(user, record.project, Capability.PII_REVIEW),
    }
