"""The link to the audit trail: the events concerned one by one, and the chain from its last good check to its head."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.urls import reverse

from inference.models import ScoreLog
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import events_problems
from pixelhub.audit.verification import recent_verify
from review.chain.bundle_audit import events_of_version
from review.chain.link import Link, checked
from review.models import SignOff

__all__ = ["audit_link"]


def audit_link(score: ScoreLog, *, whole: bool) -> Link:
    """What stands in the trail about the score and its model, recomputed; and whether the trail holds."""
    concerned, altered = events_problems(_concerned(score))
    recent = recent_verify(whole=whole)
    facts = [
        ("Events of this score and its model", f"{concerned:,}, each recomputed"),
        ("Events read just now", f"{recent.report.events:,}, from {recent.first:,} to {recent.head_seq:,}"),
        ("Head", recent.report.head),
    ]
    if recent.trusted is not None:
        facts.append(
            (
                "Before that",
                f"events up to {recent.trusted.last_seq:,} were found good at "
                f"{recent.trusted.at.isoformat(timespec='seconds')}",
            )
        )
    return checked(
        "audit",
        "Audit trail",
        dict.fromkeys([*altered, *recent.report.problems]),
        facts,
        url=reverse("audit:list"),
        unchecked=recent.unchecked,
    )


def _concerned(score: ScoreLog) -> QuerySet[AuditEvent]:
    batch = Q(target_type="inference.ScoreBatch", target_id=str(score.batch_id))
    if score.deployment is None:
        return AuditEvent.objects.filter(batch)
    version = score.deployment.model_version
    signoffs = SignOff.objects.filter(model_version=version)
    return AuditEvent.objects.filter(batch) | events_of_version(version, list(signoffs))
