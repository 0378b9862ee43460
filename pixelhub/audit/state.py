"""What is known of the trail now: the last good check, a check that found something, one that is running."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from pixelhub.accounts.models import Project, User
from pixelhub.audit.chain import ChainReport
from pixelhub.audit.models import AuditCheck
from pixelhub.audit.selectors import chain_head, chain_verify
from pixelhub.jobs.models import FINAL_STATES, Job
from pixelhub.jobs.services import job_enqueue

__all__ = ["CHECKED_UNASKED", "VERIFY", "TrailState", "audit_verify_start", "trail_state"]

VERIFY = "audit.verify"
# A long chain takes seconds, so a page reads it only when it is short; a job does it each night and when asked.
CHECKED_UNASKED = 2_000


@dataclass(frozen=True, slots=True)
class TrailState:
    """`report` is of a check made for this page, None for a long chain. `good` is the newest whole check that found
    nothing, `broken` the newest check that found something, unless a whole one has found nothing since."""

    length: int
    report: ChainReport | None
    good: AuditCheck | None
    broken: AuditCheck | None
    job: Job | None

    @property
    def is_broken(self) -> bool:
        return self.broken is not None or (self.report is not None and not self.report.ok)

    @property
    def problems(self) -> list[str]:
        """What does not hold, in words; what was seen just now goes first."""
        seen = list(self.report.problems) if self.report is not None else []
        return list(dict.fromkeys([*seen, *(self.broken.problems if self.broken else [])]))

    @property
    def broken_at(self) -> int | None:
        """The first event that does not hold."""
        if self.report is not None and self.report.broken_at is not None:
            return self.report.broken_at
        return self.broken.broken_at if self.broken else None

    @property
    def since(self) -> int:
        """How many events nobody has verified as part of the whole."""
        return max(0, self.length - (self.good.last_seq if self.good else 0))

    @property
    def is_checking(self) -> bool:
        return self.job is not None and not self.job.is_final


def trail_state(project: Project) -> TrailState:
    """The state as a page of this project shows it."""
    length = chain_head()[0]
    good = AuditCheck.objects.filter(whole=True, problems=[]).select_related("asked_by").first()
    found = AuditCheck.objects.exclude(problems=[]).filter(pk__gt=good.pk if good else 0)
    return TrailState(
        length=length,
        report=chain_verify() if length <= CHECKED_UNASKED else None,
        good=good,
        broken=found.select_related("asked_by").first(),
        job=Job.objects.filter(kind=VERIFY, project=project).order_by("-pk").first(),
    )


def audit_verify_start(*, project: Project, actor: User) -> Job:
    """Queue a check of the whole chain; one that this project waits for already is not queued twice."""
    with transaction.atomic():
        # The project's row is the lock: of two people who ask at once, the second gets the job of the first.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        waiting = Job.objects.filter(kind=VERIFY, project=project).exclude(state__in=FINAL_STATES).first()
        return waiting or job_enqueue(kind=VERIFY, params={"whole": True}, project=project, owner=actor)
