"""Conversations that are followed turn by turn. Words are in one column, sealed, and only for as long as is said."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

IDLE_MINUTES = 30
#: However lively, a session ends after so many days: its words must not stay for ever by being added to.
LONGEST_DAYS = 7
LONGEST_IDLE_MINUTES = 24 * 60
LONGEST_TRANSCRIPT_DAYS = 90
LONGEST_POLICY_DAYS = 366


class SessionPolicy(models.Model):
    """What a project lets its sessions keep. Without a row: these defaults, and no transcripts."""

    project = models.OneToOneField("accounts.Project", on_delete=models.CASCADE, related_name="session_policy")
    window_allowed = models.BooleanField(
        default=True, help_text="Keep the last ten messages, sealed, while a session is open."
    )
    idle_minutes = models.PositiveIntegerField(
        default=IDLE_MINUTES, help_text="A session without a turn for this long ends, and its words go."
    )
    transcripts_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then, sessions may be opened that keep all their words."
    )
    transcripts_keep_days = models.PositiveIntegerField(
        default=7, help_text="Days after a session's end for which its words stay."
    )
    transcripts_reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(idle_minutes__gte=1) & Q(idle_minutes__lte=LONGEST_IDLE_MINUTES),
                name="inference_session_policy_idle",
            ),
            models.CheckConstraint(
                condition=Q(transcripts_keep_days__gte=1) & Q(transcripts_keep_days__lte=LONGEST_TRANSCRIPT_DAYS),
                name="inference_session_policy_keep",
            ),
            models.CheckConstraint(
                condition=Q(transcripts_until__isnull=True) | ~Q(transcripts_reason=""),
                name="inference_session_policy_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"session policy of project {self.project_id}"

    def transcripts_allowed(self, at: datetime) -> bool:
        """Whether a session opened then may keep its words."""
        return self.transcripts_until is not None and at < self.transcripts_until


class ConversationSession(models.Model):
    """One conversation of a client's (or of a person who tries the page), while it goes on and after.

    `turns` is the number of the last turn: writers that saw another number have lost the race and look again.
    `alert_level` is the gravest of the turns after `resolved_through`; `peak_level` is the gravest there ever was.
    """

    class Retention(models.TextChoices):
        NONE = "none", "nothing"
        WINDOW = "window", "the last ten messages while open"
        TRANSCRIPT = "transcript", "all messages, by policy"

    class State(models.TextChoices):
        OPEN = "open"
        ENDED = "ended"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="sessions")
    api_key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.PROTECT, related_name="sessions")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="sessions_tried"
    )
    conversation_id = models.CharField(max_length=64, blank=True)
    locale = models.CharField(max_length=40, blank=True)
    retention = models.CharField(max_length=10, choices=Retention.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    end_reason = models.CharField(max_length=20, blank=True)
    turns = models.PositiveIntegerField(default=0)
    alert_level = models.CharField(max_length=16, default="none")
    peak_level = models.CharField(max_length=16, default="none")
    resolved_through = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    last_turn_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    text_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["project", "-started_at"], name="inference_session_started"),
            models.Index(fields=["state", "expires_at"], name="inference_session_expires"),
            models.Index(fields=["text_until"], name="inference_session_text_until"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "conversation_id"],
                condition=Q(state="open", opened_by=None) & ~Q(conversation_id=""),
                name="inference_session_one_open_per_reference",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | Q(state="ended", ended_at__isnull=False),
                name="inference_session_ended_with_time",
            ),
            models.CheckConstraint(
                condition=Q(resolved_through__lte=F("turns")), name="inference_session_resolved_what_was"
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.id}"

    @property
    def reference(self) -> str:
        """What scores and cases of this session carry: the client's own name of it, else ours."""
        return self.conversation_id or f"session.{self.id}"

    @property
    def title(self) -> str:
        """A name for people."""
        return self.conversation_id or f"Conversation {str(self.id)[:8]}"

    def is_over(self, at: datetime) -> bool:
        """Whether it takes no turns any more: ended, or silent for too long, even when nobody noted that yet."""
        return self.state != self.State.OPEN or self.expires_at <= at


class ConversationTurn(models.Model):
    """One message's place and what was seen when it came. `text` is sealed, and empty once its time is over.

    `fingerprint` is a keyed digest of role and content. `analysis` is the answer that the client got, without words;
    it goes with the text, the columns stay.
    """

    session = models.ForeignKey(ConversationSession, on_delete=models.CASCADE, related_name="turn_rows")
    number = models.PositiveIntegerField()
    turn_id = models.UUIDField(null=True)
    role = models.CharField(max_length=10)
    fingerprint = models.CharField(max_length=64)
    text = models.BinaryField(null=True, editable=False)
    evidence_id = models.UUIDField()
    score = models.FloatField(null=True)
    crisis = models.BooleanField(null=True)
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True)
    band = models.CharField(max_length=16)
    alert_level = models.CharField(max_length=16)
    raised_by_trend = models.BooleanField(default=False)
    degraded = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True)
    risk_slope = models.FloatField(null=True)
    risk_direction = models.CharField(max_length=10)
    eq = models.JSONField(null=True)
    eq_direction = models.CharField(max_length=10)
    bias = models.JSONField(default=list)
    safety = models.FloatField(null=True)
    analysis = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["session", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "number"], name="inference_turn_number_once"),
            models.UniqueConstraint(fields=["session", "turn_id"], name="inference_turn_id_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="inference_turn_number_from_one"),
            models.CheckConstraint(condition=Q(role__in=("user", "assistant")), name="inference_turn_role"),
        ]

    def __str__(self) -> str:
        return f"turn {self.number} of session {self.session_id}"
