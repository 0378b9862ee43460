"""“We missed one”: a crisis without an alarm, told by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from inference.models import MissedCase, ScoreLog
from inference.refusals import CaseInvalid, CaseRefused
from inference.services.case_record import clean_words
from inference.topics import cases_topic
from pixelhub.accounts.access import require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User


@dataclass(frozen=True)
class MissedReport:
    """What is told: when, how grave, how it came to light; `note` is a clinical note."""

    happened_on: date
    crisis_type: str
    level: str
    found_by: str
    note: str = ""


def missed_case_report(
    *, project: Project, actor: User, report: MissedReport, score: ScoreLog | None = None
) -> MissedCase:
    """Keep a missed case, with its score where there is one. Raises `CaseInvalid`, `CaseRefused` for a second time."""
    require(actor, project, Capability.CASE_RESPOND)
    if report.happened_on > timezone.localdate():
        raise CaseInvalid("happened_on", "That day is still to come.")
    try:
        with transaction.atomic():
            missed = MissedCase.objects.create(
                project=project,
                score=score,
                happened_on=report.happened_on,
                crisis_type=report.crisis_type,
                level=report.level,
                found_by=report.found_by,
                note=clean_words(report.note),
                reported_by=actor,
            )
            facts = {
                "score": str(score.pk) if score else None,
                "crisis_type": report.crisis_type,
                "level": report.level,
                "found_by": report.found_by,
            }
            record(action="case.missed", actor=actor, project=project, target=missed, payload=facts)
            touch(cases_topic(project.pk))
    except IntegrityError:
        raise CaseRefused("known", "This score was reported as missed already.") from None
    return missed
