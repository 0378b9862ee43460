"""Guideline versions, and what a new version asks to be labelled again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Guideline(models.Model):
    """A version of the annotation guideline. Approved text never changes; a change is a new version.

    A draft may be edited, sent back by the clinical lead, and withdrawn. A project has one draft at a time.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        RETIRED = "retired", "Retired"
        WITHDRAWN = "withdrawn", "Withdrawn"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="guidelines")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    markdown = models.TextField()
    change_note = models.TextField(blank=True, max_length=2000, help_text="What changed since the version before.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approval_comment = models.TextField(blank=True, max_length=2000)
    relabel_types = models.JSONField(
        default=list, help_text="Crisis types whose labels under older versions are proposed to be made again."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-version",)
        constraints = (
            models.UniqueConstraint(fields=("project", "version"), name="guideline_version_unique"),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "withdrawn"))
                | (Q(approved_by__isnull=False) & Q(approved_at__isnull=False)),
                name="guideline_approved_by_someone",
            ),
            models.UniqueConstraint(fields=("project",), condition=Q(state="draft"), name="guideline_one_draft"),
        )

    def __str__(self) -> str:
        return f"Guideline v{self.version}"


class GuidelineReturn(models.Model):
    """A draft sent back by the clinical lead, with what has to change. It stays a draft; rows are only added.

    `text_sha256` says which text was read: once the draft says something else, it waits for the lead again.
    """

    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="returns")
    text_sha256 = models.CharField(max_length=64)
    comment = models.TextField(max_length=2000)
    returned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    returned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-returned_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("guideline", "text_sha256"), name="guideline_returned_once_per_text"),
        )

    def __str__(self) -> str:
        return f"return of guideline {self.guideline_id}"


class RelabelProposal(models.Model):
    """A label made under an older version whose type's section a newer version changed: proposed to be made again."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        ACCEPTED = "accepted", "In a round"
        DISMISSED = "dismissed", "Dismissed"

    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="relabel_proposals")
    annotation = models.ForeignKey("annotation.Annotation", on_delete=models.PROTECT, related_name="relabel_proposals")
    section = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    round = models.ForeignKey(
        "annotation.Round", null=True, blank=True, on_delete=models.SET_NULL, related_name="relabel_proposals"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was dismissed.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("guideline", "annotation"), name="relabel_proposed_once"),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | ~Q(reason=""), name="relabel_dismissed_for_a_reason"
            ),
        )
        indexes = (models.Index(fields=("guideline", "state"), name="relabel_state"),)

    def __str__(self) -> str:
        return f"proposal to label annotation {self.annotation_id} again"
