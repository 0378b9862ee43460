"""Care for the people who read: their exposure, their breaks, what is not handed out to them.

None of this goes into the audit chain: who rested, when and why is between a person and their work. Row locks are
taken in the order seat, slots, work session, breaks; the audit head comes after all of them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from annotation import conf
from annotation.errors import BreakDue
from annotation.exposure import added, is_pause, is_severe, plausible_seconds, seconds_counted
from annotation.models import Annotation, AnnotationPolicy, Break, Round, RoundAnnotator, Slot, WorkSession
from annotation.selectors_care import Standing, pause_of, standing_of
from annotation.selectors_policy import policy_of
from pixelhub.accounts.models import Project, User

SIGN_SECONDS = 60
DUE, OFFERED, CHOSEN = Break.Kind.DUE, Break.Kind.OFFERED, Break.Kind.CHOSEN
REASONS = {"minutes": "You have read for {minutes} minutes.", "severe": "You have read a lot of hard content."}


def exposure_count(*, annotation: Annotation, project: Project) -> None:
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
    session = _session_at_work(annotation.annotator, project, now, policy_of(project), reading=reading)
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


def work_sign(*, project: Project, annotator: User) -> None:
    """Somebody is at work here: opens their session, or keeps it alive. Written once a minute at most."""
    if annotator.is_simulated:
        return
    now = timezone.now()
    with transaction.atomic():
        session = _session_at_work(annotator, project, now, policy_of(project))
        if (now - session.last_seen_at).total_seconds() >= SIGN_SECONDS:
            WorkSession.objects.filter(pk=session.pk).update(last_seen_at=now)


def work_check(*, round: Round, annotator: User, keep: Collection[int] = ()) -> Standing:
    """To be called before samples are handed out. Raises `BreakDue` where a break is due or running.

    When a break begins, what this person holds goes back to the others, but for the slots in `keep` (the conversation
    on the screen, answers on their way); without any, the oldest one of this round stays. So nothing is lost.
    """
    now = timezone.now()
    standing = standing_of(annotator, round.project, now)
    if annotator.is_simulated:
        return standing
    if standing.resting and standing.rest is not None:
        raise _break_due(standing.rest, standing)
    if standing.rest is not None:
        with transaction.atomic():
            _break_close(standing.rest, now)
    if standing.due:
        with transaction.atomic():
            rest = _break_begin(round, annotator, now, keep)
        if rest is not None:
            raise _break_due(rest, standing)
    return standing


def _break_due(rest: Break, standing: Standing) -> BreakDue:
    why = REASONS.get(rest.reason, "").format(minutes=standing.policy.break_after_minutes)
    ends = timezone.localtime(rest.until).strftime("%H:%M")
    message = f"{why} A break is due until {ends}. Nothing is lost: your current conversation waits for you.".strip()
    seconds = int((rest.until - standing.now).total_seconds())
    return BreakDue(rest.until, message, reason=rest.reason, seconds=seconds)


def _break_begin(round: Round, annotator: User, now: datetime, keep: Collection[int]) -> Break | None:
    # Two windows of one person take turns here, as in a claim; the second one looks again.
    RoundAnnotator.objects.select_for_update(no_key=True).filter(round=round, annotator=annotator).first()
    standing = standing_of(annotator, round.project, now)
    if standing.resting or not standing.due:
        return standing.rest if standing.resting else None
    policy = standing.policy
    mine = Break.objects.filter(annotator=annotator, project=round.project, ended_at__isnull=True)
    until = now + timedelta(minutes=policy.break_minutes)
    mine.exclude(kind=DUE).update(ended_at=now)
    made = Break(annotator=annotator, project=round.project, kind=DUE, reason=standing.due, started_at=now, until=until)
    held = Slot.objects.filter(item__round__project=round.project, annotator=annotator, state=Slot.State.LEASED)
    kept = list(held.filter(pk__in=keep).values_list("pk", flat=True))
    if not kept:
        kept = list(held.filter(item__round=round).order_by("rank", "pk").values_list("pk", flat=True)[:1])
    held.filter(pk__in=kept).update(lease_until=until + conf.lease())
    held.exclude(pk__in=kept).update(state=Slot.State.FREE, annotator=None, lease_until=None)
    Break.objects.bulk_create([made], ignore_conflicts=True)
    return mine.get()


def _break_close(rest: Break, now: datetime) -> None:
    """End a break; a due one that was kept ends the stretch of work before it."""
    ended = min(now, rest.until)
    Break.objects.filter(pk=rest.pk, ended_at__isnull=True).update(ended_at=ended)
    if rest.kind == DUE:
        before = WorkSession.objects.filter(annotator=rest.annotator_id, project=rest.project_id, ended_at__isnull=True)
        before.filter(started_at__lt=rest.until).update(ended_at=Greatest("last_seen_at", Value(rest.until)))


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
