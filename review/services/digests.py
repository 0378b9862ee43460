"""The daily digest: asked for by each person, sent each morning, once a day however many workers try."""

from __future__ import annotations

import logging
from datetime import date, datetime, time, timedelta
from email.utils import parseaddr
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from pixelhub.accounts.access import can, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from review.board import Board, board_of
from review.digest import Digest, digest_of, gates_now, local_day
from review.models import DigestSubscription
from review.refusal import Refused

__all__ = ["digest_subscribe", "digest_unsubscribe", "digests_send", "zones"]

logger = logging.getLogger(__name__)

#: Who took a digest and is not heard of again has lost it after this long. Longer than any mail server is waited for.
HELD: Final = timedelta(minutes=15)
#: The wait after a try that failed; doubles with each further one.
WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=2)


@transaction.atomic
def digest_subscribe(*, project: Project, actor: User, email: str, zone: str, now: datetime) -> DigestSubscription:
    """Send this person the digest each morning, or send it elsewhere from now on.

    The first one tells what changed from now. Raises Refused for an address or a time zone that is none.
    """
    require(actor, project, Capability.BOARD_VIEW)
    try:
        validate_email(email)
    except ValidationError:
        raise Refused("This is no e-mail address.") from None
    if zone not in zones():
        raise Refused("This is no time zone. Choose one from the list.")
    row = DigestSubscription.objects.select_for_update(no_key=True).filter(project=project, person=actor).first()
    if row is None:
        row, made = DigestSubscription.objects.get_or_create(
            project=project, person=actor, defaults=_beginning(project, email, zone, now)
        )
        if made:
            record(action="digest.subscribe", actor=actor, project=project, target=row, payload={"zone": zone})
            return row
    row.email, row.zone = email, zone
    # What a failing server holds up is tried at once: the address may have been the reason.
    row.next_at = now if row.failures else _next_morning(now, zone)
    row.save(update_fields=["email", "zone", "next_at"])
    return row


@transaction.atomic
def digest_unsubscribe(*, project: Project, actor: User) -> None:
    """Send this person no more digests; nothing happens where they get none."""
    row = DigestSubscription.objects.select_for_update(no_key=True).filter(project=project, person=actor).first()
    if row is None:
        return
    record(action="digest.unsubscribe", actor=actor, project=project, target=row)
    row.delete()


def digests_send(*, now: datetime, project: Project | None = None, ahead: bool = False) -> dict[str, int]:
    """Send every digest that is due; `ahead`: also today's that are not due yet. Counts `sent`, `failed`, `skipped`.

    Skipped are people who may no longer see the board. What another worker is at is not counted at all.
    """
    rows = DigestSubscription.objects.filter(next_at__lte=now) if not ahead else DigestSubscription.objects.all()
    rows = rows.filter(project=project) if project else rows
    found = {"sent": 0, "failed": 0, "skipped": 0}
    boards: dict[tuple[int, date], Board] = {}
    for pk, zone in rows.order_by("project", "pk").values_list("pk", "zone"):
        today = local_day(now, zone)
        row = _claim(pk, now, today, ahead=ahead)
        if row is not None:
            found[_send(row, now, today, boards)] += 1
    return found


@cache
def zones() -> tuple[str, ...]:
    """The names of time zones that people choose from: places, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def _beginning(project: Project, email: str, zone: str, now: datetime) -> dict[str, Any]:
    """The row of somebody who knows how the board stands now."""
    board = board_of(project, today=local_day(now, zone))
    return {
        "email": email,
        "zone": zone,
        "told_at": now,
        "gates": gates_now(board),
        "done": sum(line.done for line in board.subtasks),
        "next_at": _next_morning(now, zone),
    }


def _claim(pk: int, now: datetime, today: date, *, ahead: bool) -> DigestSubscription | None:
    """Take today's digest of a subscription: one conditional update, so that one of many workers gets it."""
    fresh = Q(sent_on=None) | Q(sent_on__lt=today)
    free = Q(held_until=None) | Q(held_until__lte=now)
    due = Q() if ahead else Q(next_at__lte=now)
    held_until = now + HELD
    if not DigestSubscription.objects.filter(fresh & free & due, pk=pk).update(held_until=held_until):
        return None
    held = DigestSubscription.objects.filter(pk=pk, held_until=held_until)
    return held.select_related("person", "project").first()


def _send(row: DigestSubscription, now: datetime, today: date, boards: dict[tuple[int, date], Board]) -> str:
    mine = DigestSubscription.objects.filter(pk=row.pk, held_until=row.held_until)
    if not can(row.person, row.project, Capability.BOARD_VIEW):
        mine.update(held_until=None, next_at=_next_morning(now, row.zone))
        return "skipped"
    key = (row.project_id, today)
    if key not in boards:
        boards[key] = board_of(row.project, today=today)
    digest = digest_of(row.project, row.person, now=now, told=row, board=boards[key])
    try:
        _message(row, digest, today).send()
    except Exception as error:  # mail backends raise what they like; the address and the text stay out of the log
        logger.warning("digest %s was not sent: %s", row.pk, type(error).__name__)
        wait = min(LONGEST_WAIT, WAIT * 2 ** min(row.failures, 10))
        mine.update(held_until=None, next_at=now + wait, failures=row.failures + 1)
        return "failed"
    _settle(row, digest, today, now)
    return "sent"


def _message(row: DigestSubscription, digest: Digest, today: date) -> EmailMessage:
    """One day's mail always has the same Message-ID: should one be handed over twice, mail programs show it once."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<digest-{row.project.slug}-{row.pk}-{today:%Y%m%d}@{domain}>",
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(digest.subject, digest.body, to=[row.email], headers=headers)


@transaction.atomic
def _settle(row: DigestSubscription, digest: Digest, today: date, now: datetime) -> None:
    """Keep that it went out and what it told; nothing is left to keep where the subscription ended meanwhile."""
    told = {"sent_on": today, "told_at": now, "gates": digest.gates, "done": digest.done}
    next_at = _next_morning(now, row.zone)
    if DigestSubscription.objects.filter(pk=row.pk).update(**told, next_at=next_at, held_until=None, failures=0):
        record(action="digest.send", actor=None, project=row.project, target=row, payload={"on": today.isoformat()})


def _next_morning(now: datetime, zone: str) -> datetime:
    """The next DIGEST_HOUR in the zone that is after now."""
    today, hour = local_day(now, zone), time(settings.DIGEST_HOUR, tzinfo=ZoneInfo(zone))
    mornings = (datetime.combine(today + timedelta(days=days), hour) for days in (0, 1))
    return next(morning for morning in mornings if morning > now)
