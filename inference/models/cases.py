"""A case: one conversation that a person has to look at, from the alarm to the closing note. No conversation text."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from datasets_app.corpus.taxonomy import ALERT_LEVELS


class CaseKind(models.TextChoices):
    ALARM = "alarm", "Alarm"
    UNREAD = "unread", "Must be read"


class CaseState(models.TextChoices):
    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    VERIFIED = "verified", "Verified"
    OVERRIDDEN = "overridden", "Overridden"
    CLOSED = "closed", "Closed"


class CaseOutcome(models.TextChoices):
    TRUE_ALARM = "true_alarm", "True alarm"
    FALSE_ALARM = "false_alarm", "False alarm"


class OverrideReason(models.TextChoices):
    """Why an alarm was none; the words beside it are a clinical note."""

    IDIOM = "idiom", "Idiom, joke or exaggeration"
    FICTION = "fiction", "Fiction, lyrics or a quotation"
    THIRD_PERSON = "third_person", "About somebody else, who is safe"
    PAST = "past", "About the past; safe now"
    PROFESSIONAL = "professional", "Clinical or professional talk"
    NO_DANGER = "no_danger", "Read: no danger"
    TEST = "test", "A test"
    OTHER = "other", "Something else"


class EscalationTier(models.IntegerChoices):
    """Who is asked now. It rises with every deadline that passes, and never falls while the case waits."""

    ON_CALL = 0, "On-call responders"
    CLINICAL_LEAD = 1, "Clinical lead"
    ADMINISTRATORS = 2, "Administrators"


#: Begins the key of the one case of an hour in which no model was deployed; no conversation's key begins like this.
STANDING = "no-model:"
#: States in which a deadline runs.
WAITING_STATES = (CaseState.OPEN, CaseState.ACKNOWLEDGED)
DECIDED_STATES = (CaseState.VERIFIED, CaseState.OVERRIDDEN)


class Case(models.Model):
    """What is known and decided about one flagged conversation.

    `key` stands for the conversation: the client's own conversation_id, or the hash of the content where none was
    given; of a standing case the hour in which a project without a model was asked. `alarm_seq` is the event of the
    newest alarm: whoever decides must have seen it. Deadlines are null once the case is decided; `acknowledged_at`,
    `first_decided_at` and `*_in_time` keep how the first round went.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="cases")
    key = models.CharField(max_length=80)
    conversation_id = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=12, choices=CaseKind)
    state = models.CharField(max_length=12, choices=CaseState, default=CaseState.OPEN)
    level = models.CharField(max_length=16)
    rank = models.PositiveSmallIntegerField(help_text="Place of the level in the taxonomy, 0 the most urgent.")
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True)
    locale = models.CharField(max_length=32, blank=True)
    from_console = models.BooleanField(default=False, help_text="Typed by a colleague in the console.")
    scores = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    alarm_seq = models.PositiveIntegerField(default=0)

    opened_at = models.DateTimeField(default=timezone.now)
    last_score_at = models.DateTimeField()
    acknowledge_due = models.DateTimeField(null=True)
    verify_due = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    tier = models.PositiveSmallIntegerField(choices=EscalationTier, default=EscalationTier.ON_CALL)

    holder = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="cases_held")
    held_since = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_in_time = models.BooleanField(null=True)
    outcome = models.CharField(max_length=12, choices=CaseOutcome, blank=True)
    override_reason = models.CharField(max_length=16, choices=OverrideReason, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    first_decided_at = models.DateTimeField(null=True)
    decided_in_time = models.BooleanField(null=True)
    override_note = models.ForeignKey("inference.CaseNote", null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closing_note = models.ForeignKey("inference.CaseNote", null=True, on_delete=models.PROTECT, related_name="+")
    reopened = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["rank", "opened_at"]
        indexes: ClassVar = [
            models.Index(fields=["project", "state", "rank"], name="inference_case_board"),
            models.Index(fields=["project", "opened_at"], name="inference_case_opened"),
            models.Index(
                fields=["escalate_at"], name="inference_case_escalate", condition=Q(escalate_at__isnull=False)
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "key"],
                condition=~Q(state="closed"),
                name="inference_one_open_case_per_conversation",
            ),
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="inference_case_state_known"),
            models.CheckConstraint(condition=Q(kind__in=CaseKind.values), name="inference_case_kind_known"),
            models.CheckConstraint(
                condition=Q(*[Q(level=level, rank=rank) for rank, level in enumerate(ALERT_LEVELS)], _connector=Q.OR),
                name="inference_case_level_has_its_rank",
            ),
            models.CheckConstraint(
                condition=Q(state="open", holder__isnull=True)
                | Q(state="acknowledged", holder__isnull=False)
                | Q(state__in=["verified", "overridden", "closed"]),
                name="inference_case_open_has_no_holder",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "acknowledged"], acknowledge_due__isnull=False, verify_due__isnull=False)
                | Q(
                    state__in=["verified", "overridden", "closed"],
                    acknowledge_due__isnull=True,
                    verify_due__isnull=True,
                    escalate_at__isnull=True,
                ),
                name="inference_case_deadlines_while_waiting",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["verified", "overridden"])
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(outcome="")),
                name="inference_case_decision_has_its_person",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="false_alarm") | (Q(override_note__isnull=False) & ~Q(override_reason="")),
                name="inference_case_override_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="closed",
                    closed_at__isnull=False,
                    closed_by__isnull=False,
                    closing_note__isnull=False,
                )
                & ~Q(outcome="")
                | (~Q(state="closed") & Q(closed_at__isnull=True, closing_note__isnull=True)),
                name="inference_case_closing_has_its_note",
            ),
            models.CheckConstraint(
                condition=Q(alarm_seq__lte=F("last_seq")), name="inference_case_alarm_is_one_of_its_events"
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk} ({self.level}, {self.state})"

    def get_absolute_url(self) -> str:
        return reverse("inference:case_detail", args=[self.pk])

    @property
    def is_standing(self) -> bool:
        """It is about no one conversation, but about all that nobody could judge in an hour without a model."""
        return self.key.startswith(STANDING)

    @property
    def is_waiting(self) -> bool:
        """A deadline runs."""
        return self.state in WAITING_STATES

    @property
    def due(self) -> datetime | None:
        """The deadline that counts now; None once the case is decided."""
        return self.acknowledge_due if self.state == CaseState.OPEN else self.verify_due


class CaseEvent(models.Model):
    """What happened to a case, in order; never changed, never removed, and without anybody's words.

    `payload` holds codes and ids only: the kinds of signals of a score, from and to of a change.
    """

    class Kind(models.TextChoices):
        OPENED = "opened", "Opened"
        SCORE = "score", "Another score"
        RAISED = "raised", "Level raised"
        ALARM_AGAIN = "alarm_again", "A new alarm after the override"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        TAKEN_OVER = "taken_over", "Taken over"
        RELEASED = "released", "Released"
        VERIFIED = "verified", "Verified: a true alarm"
        OVERRIDDEN = "overridden", "Overridden: a false alarm"
        CLOSED = "closed", "Closed"
        REOPENED = "reopened", "Reopened"
        ESCALATED = "escalated", "Escalated"
        NOTED = "noted", "Clinical note"
        HANDED_OVER = "handed_over", "Handed over"
        HANDOVER_UPDATED = "handover_updated", "Hand-over updated"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    score = models.ForeignKey("inference.ScoreLog", null=True, on_delete=models.PROTECT, related_name="case_events")
    level = models.CharField(max_length=16)
    payload = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["case", "seq"]
        indexes: ClassVar = [models.Index(fields=["at"], name="inference_case_event_at")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "seq"], name="inference_case_events_in_order"),
            models.UniqueConstraint(
                fields=["score"],
                condition=Q(kind__in=["opened", "score"]),
                name="inference_a_score_joins_one_case_once",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.case_id} event {self.seq} ({self.kind})"


class CaseNote(models.Model):
    """A responder's own words. Clinical notes: shown to responders, and copied nowhere else (audit, logs, webhooks)."""

    class Kind(models.TextChoices):
        GENERAL = "general", "Note"
        OVERRIDE = "override", "Reason of the override"
        CLOSING = "closing", "Closing note"
        REOPENING = "reopening", "Reason to reopen"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.GENERAL)
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    round = models.PositiveSmallIntegerField(default=0, help_text="How often the case had been reopened.")

    class Meta:
        ordering: ClassVar = ["case", "at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text=""), name="inference_case_note_says_something"),
            models.UniqueConstraint(
                fields=["case", "round"], condition=Q(kind="closing"), name="inference_one_closing_per_round"
            ),
        ]

    def __str__(self) -> str:
        return f"note {self.pk} of case {self.case_id}"
