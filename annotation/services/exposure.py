"""Exposure: what each label adds to a person's work session.

Not in the audit chain: what somebody read and for how long is theirs. Row locks are taken in the order seat, slots,
work session, breaks; the audit head comes after all of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from annotation.exposure import added, is_pause, is_severe, plausible_seconds, seconds_counted
from annotation.models import Annotation, AnnotationPolicy, WorkSession
from annotation.selectors_care import Standing, pause_of
from annotation.selectors_policy import policy_of
from pixelhub.accounts.models import Project, User

SIGN_SECONDS = 60


def exposure_count(*, annotation: Annotation, project: Project, policy: AnnotationPolicy) -> None:
    """Count a label, or an edit, that has just been written; in the caller's transaction, so exactly as often as it.

    The seconds that the browser reports never add up to more than have passed since the person's first claim.
    """
    if annotation.annotator.is_simulated:
        return
    now = timezone.now()
    before: list[int | None] = []
    if annotation.revision > 1:
        earlier = annotation.revisions.filter(revision__lt=annotation.revision)
        before = list(earlier.values_list("severity", flat=True))
    new = added(annotation.severity, before)
    reading = plausible_seconds(annotation.seconds_spent)
    session = _session_at_work(annotation.annotator, project, now, policy, reading=reading)
    since = _reaching_back(session, now, reading)
    seconds = seconds_counted(reading, since=since, now=now, already=session.seconds)
    WorkSession.objects.filter(pk=session.pk).update(
        started_at=since,
        last_seen_at=now,
        items=F("items") + new.items,
        severe_items=F("severe_items") + new.severe_items,
        seconds=F("seconds") + seconds,
        severe_seconds=F("severe_seconds") + (seconds if is_severe(annotation.severity) else 0),
        points=F("points") + new.points,
    )


def work_sign(*, project: Project, annotator: User, standing: Standing | None = None) -> WorkSession | None:
    """Somebody is at work here: opens their session, or keeps it alive. Written once a minute at most.

    Returns the session (none for a simulated annotator). `standing` is the person's of just now, where it is known.
    """
    if annotator.is_simulated:
        return None
    now = timezone.now()
    known = standing.session if standing is not None else None
    if known is not None and not _sign_due(known, now):
        return known
    policy = policy_of(project) if standing is None else standing.policy
    with transaction.atomic():
        session = _session_at_work(annotator, project, now, policy)
        if _sign_due(session, now):
            WorkSession.objects.filter(pk=session.pk).update(last_seen_at=now)
    return session


def _sign_due(session: WorkSession, now: datetime) -> bool:
    return (now - session.last_seen_at).total_seconds() >= SIGN_SECONDS


def _session_at_work(
    annotator: User, project: Project, now: datetime, policy: AnnotationPolicy, *, reading: int = 0
) -> WorkSession:
    """The person's open session, locked; a new one where there is none, or where they were away for a break's length.

    `reading` is how many seconds until now they say that they read: not a time of absence.
    """
    mine = WorkSession.objects.filter(annotator=annotator, project=project)
    open_one = mine.filter(ended_at__isnull=True).select_for_update(no_key=True)
    found = open_one.first()
    starts = now
    if found is not None:
        if not is_pause(found.last_seen_at, now, reading=reading, pause=pause_of(policy)):
            return found
        starts = max(found.last_seen_at, now - timedelta(seconds=reading))
        WorkSession.objects.filter(pk=found.pk).update(ended_at=found.last_seen_at)
    # Two at once: one insert wins, and both go on with it.
    new = WorkSession(annotator=annotator, project=project, started_at=starts, last_seen_at=now)
    WorkSession.objects.bulk_create([new], ignore_conflicts=True)
    return open_one.get()


def _reaching_back(session: WorkSession, now: datetime, reading: int) -> datetime:
    """When the session really began: labels made without a network arrive at once and tell of an earlier start.

    Never before the end of the session before it, so no time counts twice.
    """
    wanted = now - timedelta(seconds=session.seconds + reading)
    if wanted >= session.started_at:
        return session.started_at
    earlier = WorkSession.objects.filter(annotator=session.annotator_id, project=session.project_id)
    end = earlier.filter(ended_at__isnull=False).aggregate(last=Max("ended_at"))["last"]
    return session.started_at if end is None else min(session.started_at, max(end, wanted))
