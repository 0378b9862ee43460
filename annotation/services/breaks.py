"""Breaks: due ones, and those that a person takes. Like exposure, not in the audit chain: rest is nobody's business."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from annotation import conf
from annotation.errors import BreakDue
from annotation.models import Break, Round, RoundAnnotator, Slot, WorkSession
from annotation.selectors_care import Standing, standing_of
from pixelhub.accounts.models import Project, User

DUE = Break.Kind.DUE
REASONS = {"minutes": "You have read for {minutes} minutes.", "severe": "You have read a lot of hard content."}


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
    held = held_by(annotator, round.project)
    kept = list(held.filter(pk__in=keep).values_list("pk", flat=True))
    if not kept:
        kept = list(held.filter(round=round).order_by("claimed_at", "rank", "pk").values_list("pk", flat=True)[:1])
    held.filter(pk__in=kept).update(lease_until=until + conf.lease())
    free_slots(held.exclude(pk__in=kept))
    Break.objects.bulk_create([made], ignore_conflicts=True)
    return mine.get()


def _break_close(rest: Break, now: datetime) -> None:
    """End a break; a due one that was kept ends the stretch of work before it."""
    ended = min(now, rest.until)
    Break.objects.filter(pk=rest.pk, ended_at__isnull=True).update(ended_at=ended)
    if rest.kind == DUE:
        before = WorkSession.objects.filter(annotator=rest.annotator_id, project=rest.project_id, ended_at__isnull=True)
        before.filter(started_at__lt=rest.until).update(ended_at=Greatest("last_seen_at", Value(rest.until)))


def break_take(*, project: Project, annotator: User, offered: bool = False) -> Break:
    """Take a break now, because one was offered or because one wants to; it may be ended early.

    While one is running, that one is given back.
    """
    now = timezone.now()
    standing = standing_of(annotator, project, now)
    with transaction.atomic():
        if standing.rest is not None and standing.rest.until > now:
            return standing.rest
        if standing.rest is not None:
            _break_close(standing.rest, now)
        kind = Break.Kind.OFFERED if offered and standing.offer else Break.Kind.CHOSEN
        until = now + timedelta(minutes=standing.policy.break_minutes)
        made = Break(
            annotator=annotator, project=project, kind=kind, reason=standing.offer, started_at=now, until=until
        )
        Break.objects.bulk_create([made], ignore_conflicts=True)
        return Break.objects.get(annotator=annotator, project=project, ended_at__isnull=True)


def day_end(*, project: Project, annotator: User) -> int:
    """Enough for today: everything that this person holds goes back to the others. Returns how many samples."""
    return free_slots(held_by(annotator, project))


def held_by(annotator: User, project: Project) -> QuerySet[Slot]:
    """The slots that this person holds in a project."""
    return Slot.objects.filter(item__round__project=project, annotator=annotator, state=Slot.State.LEASED)


def free_slots(held: QuerySet[Slot]) -> int:
    """Give held slots back; the next claim of anybody may take them."""
    return held.update(state=Slot.State.FREE, annotator=None, lease_until=None)
