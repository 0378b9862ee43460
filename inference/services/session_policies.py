"""What a project lets its sessions keep: decided by a person, with a reason, for a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from inference.models import ConversationSession, ConversationTurn, SessionPolicy
from inference.models.sessions import LONGEST_IDLE_MINUTES, LONGEST_POLICY_DAYS, LONGEST_TRANSCRIPT_DAYS
from pixelhub.audit.services import record

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User


class PolicyRefused(Exception):
    """The policy as asked for is not one that anybody may decide; the message is for people."""


def session_policy_of(project: Project) -> SessionPolicy:
    """The project's policy; the defaults, unsaved, where nobody has decided anything."""
    return SessionPolicy.objects.filter(project=project).first() or SessionPolicy(project=project)


@transaction.atomic
def session_policy_change(
    *,
    project: Project,
    actor: User,
    window_allowed: bool,
    idle_minutes: int,
    transcripts_until: datetime | None = None,
    transcripts_keep_days: int = 7,
    transcripts_reason: str = "",
) -> SessionPolicy:
    """Decide what sessions may keep. Transcripts need an end and a reason; taking them back deletes what was kept.

    Raises PolicyRefused.
    """
    now = timezone.now()
    reason = transcripts_reason.strip()
    _check(now, idle_minutes, transcripts_until, transcripts_keep_days, reason)
    former = session_policy_of(project)
    policy, _ = SessionPolicy.objects.update_or_create(
        project=project,
        defaults={
            "window_allowed": window_allowed,
            "idle_minutes": idle_minutes,
            "transcripts_until": transcripts_until,
            "transcripts_keep_days": transcripts_keep_days,
            "transcripts_reason": reason if transcripts_until else "",
            "decided_by": actor,
            "decided_at": now,
        },
    )
    withdrawn = former.transcripts_until is not None and transcripts_until is None
    texts = _forget_transcripts(project) if withdrawn else 0
    if not window_allowed:
        texts += _forget_windows(project)
    payload = {
        "window_allowed": window_allowed,
        "idle_minutes": idle_minutes,
        "transcripts_until": transcripts_until.isoformat() if transcripts_until else None,
        "transcripts_keep_days": transcripts_keep_days,
        "reason": policy.transcripts_reason,
        "texts_deleted": texts,
    }
    record(action="session_policy.change", actor=actor, project=project, target=policy, payload=payload)
    return policy


def _check(now: datetime, idle_minutes: int, until: datetime | None, keep_days: int, reason: str) -> None:
    if not 1 <= idle_minutes <= LONGEST_IDLE_MINUTES:
        raise PolicyRefused(f"A session may be silent for 1 to {LONGEST_IDLE_MINUTES} minutes.")
    if not 1 <= keep_days <= LONGEST_TRANSCRIPT_DAYS:
        raise PolicyRefused(f"Transcripts stay for 1 to {LONGEST_TRANSCRIPT_DAYS} days.")
    if until is None:
        return
    if not reason:
        raise PolicyRefused("Say why transcripts are needed.")
    if not now < until <= now + timedelta(days=LONGEST_POLICY_DAYS):
        raise PolicyRefused(f"Transcripts may be allowed until a day within the next {LONGEST_POLICY_DAYS} days.")


def _forget_transcripts(project: Project) -> int:
    """Kept words go now; open sessions go on without any."""
    kept = ConversationSession.objects.filter(project=project, retention=ConversationSession.Retention.TRANSCRIPT)
    return _forget(kept)


def _forget_windows(project: Project) -> int:
    windows = ConversationSession.objects.filter(
        project=project, retention=ConversationSession.Retention.WINDOW, state=ConversationSession.State.OPEN
    )
    return _forget(windows)


def _forget(sessions: object) -> int:
    ids = list(sessions.values_list("pk", flat=True))  # type: ignore[attr-defined]
    texts = ConversationTurn.objects.filter(session_id__in=ids, text__isnull=False).update(text=None)
    ConversationSession.objects.filter(pk__in=ids).update(retention=ConversationSession.Retention.NONE, text_until=None)
    return texts
