"""The watcher's side of a lease: renew it while the work is alive, learn of a cancel or of its loss."""

from __future__ import annotations

import logging
from enum import Enum
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, connection

from pixelhub.jobs import lease
from pixelhub.jobs.models import Job

logger = logging.getLogger(__name__)


class Verdict(Enum):
    GO_ON = "go on"
    CANCEL = "cancel"
    LOST = "lost"


class LeaseWatch:
    """Call `look` several times a second; it writes a few times per lease and reads twice a second."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._renewed_at = monotonic()
        self._read_at = monotonic()

    def look(self) -> Verdict:
        """A database that is away is no verdict: should the lease lapse meanwhile, the fence decides later."""
        now = monotonic()
        try:
            if now - self._renewed_at >= settings.JOBS_LEASE_SECONDS / 4:
                cancel = lease.extend(self._job.pk, self._job.fence)
                self._renewed_at = self._read_at = now
            elif now - self._read_at >= min(0.5, settings.JOBS_LEASE_SECONDS / 4):
                cancel = lease.held(self._job.pk, self._job.fence).values_list("cancel_requested", flat=True).first()
                self._read_at = now
            else:
                return Verdict.GO_ON
        except DatabaseError as error:
            logger.warning("job %s: no heartbeat, %s", self._job.pk, type(error).__name__)
            connection.close()
            return Verdict.GO_ON
        if cancel is None:
            return Verdict.LOST
        return Verdict.CANCEL if cancel else Verdict.GO_ON
