"""A job's log: lines are numbered by the row and only ever added; the oldest fall off past a bound."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from pixelhub.jobs.lease import held
from pixelhub.jobs.models import Job, JobLog

KEPT_LINES = 2000
_TRIM_EVERY = 100
_MAX_LINE = 500


def clean_line(line: str) -> str:
    """One printable line of at most 500 characters: no control characters, no lone surrogates."""
    text = "".join(ch if ch.isprintable() else " " for ch in line.strip())
    return text[:_MAX_LINE]


def append(job_id: int, fence: int, line: str) -> bool:
    """Add a line as the holder of `fence`; False (and nothing written) when the row is not ours any more."""
    with transaction.atomic():
        if not held(job_id, fence).update(log_seq=F("log_seq") + 1):
            return False
        seq = Job.objects.values_list("log_seq", flat=True).get(pk=job_id)
        JobLog.objects.create(job_id=job_id, seq=seq, line=clean_line(line))
        if seq % _TRIM_EVERY == 0:
            JobLog.objects.filter(job_id=job_id, seq__lte=seq - KEPT_LINES).delete()
    return True
