"""What an expert made of a judged case: label it again, tell the guideline's writers, ask for more of its kind."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, EDGE_CASE_LABELS
from review.models.campaigns import ReviewCase


class Feedback(models.Model):
    """One thing that follows from a case, and what came of it. Its words are a person's own, never the case's.

    A case is a test conversation. It goes back to the annotators only with a clinical lead's consent, and is held out
    of training from then on.
    """

    class Kind(models.TextChoices):
        RELABEL = "relabel", "Label it again"
        NOTE = "note", "Note for the guideline"
        SIMILAR = "similar", "More cases of this kind"

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for consent"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="feedback")
    kind = models.CharField(max_length=10, choices=Kind)
    words = models.TextField(blank=True, max_length=2000)
    state = models.CharField(max_length=10, choices=State)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was declined.")
    round = models.ForeignKey(
        "annotation.Round", null=True, blank=True, on_delete=models.PROTECT, related_name="review_feedback"
    )
    note = models.OneToOneField(
        "annotation.GuidelineNote", null=True, blank=True, on_delete=models.PROTECT, related_name="review_feedback"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(kind="relabel") & ~Q(state="declined"),
                name="review_relabel_asked_once",
            ),
            models.CheckConstraint(condition=Q(kind="relabel") | Q(state="accepted"), name="review_consent_to_relabel"),
            models.CheckConstraint(condition=~Q(state="declined") | ~Q(reason=""), name="review_declined_for_a_reason"),
            models.CheckConstraint(
                condition=Q(round__isnull=True) | Q(kind="relabel", state="accepted"), name="review_round_of_a_relabel"
            ),
            models.CheckConstraint(
                condition=Q(kind="note", note__isnull=False) | (~Q(kind="note") & Q(note__isnull=True)),
                name="review_note_has_its_note",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from case {self.case_id}"


class CaseRequest(models.Model):
    """A wish for conversations like a case, for the next release: a description, and not a word of the case."""

    MOST = 500

    feedback = models.OneToOneField(Feedback, on_delete=models.PROTECT, related_name="request")
    crisis_type = models.CharField(max_length=32, choices=list(CRISIS_TYPE_LABELS.items()))
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    edge_case_kind = models.CharField(max_length=32, blank=True, choices=list(EDGE_CASE_LABELS.items()))
    tags = models.JSONField(default=list)
    wanted = models.PositiveSmallIntegerField()
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__isnull=True) | Q(severity__range=(1, 5)), name="review_request_severity"
            ),
            models.CheckConstraint(condition=Q(wanted__range=(1, 500)), name="review_request_wanted"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_reason="")
                | (Q(closed_at__isnull=False) & ~Q(closed_reason="")),
                name="review_request_closed_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk} for {self.wanted} cases"


class RequestImport(models.Model):
    """An import that was made to answer a request."""

    request = models.ForeignKey(CaseRequest, on_delete=models.PROTECT, related_name="imports")
    batch = models.ForeignKey("datasets_app.ImportBatch", on_delete=models.PROTECT, related_name="case_requests")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["request", "batch"], name="review_request_import_once")]

    def __str__(self) -> str:
        return f"import {self.batch_id} for request {self.request_id}"
