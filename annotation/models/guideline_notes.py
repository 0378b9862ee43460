"""Notes for the next guideline version: what the text should say more clearly, and what came of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .guidelines import Guideline


class GuidelineNote(models.Model):
    """A wish for the next version. Whoever writes the version takes it up, or leaves it with a reason."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting"
        TAKEN = "taken", "Taken up"
        DISMISSED = "dismissed", "Left"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="guideline_notes")
    section = models.CharField(max_length=64, blank=True, help_text="Code of the section; empty: the whole text.")
    text = models.TextField(max_length=2000)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    taken_in = models.ForeignKey(
        Guideline, null=True, blank=True, on_delete=models.PROTECT, related_name="notes_taken_up"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was left.")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="open", taken_in__isnull=True, reason="", decided_at__isnull=True)
                | Q(state="taken", taken_in__isnull=False, decided_at__isnull=False)
                | (Q(state="dismissed", taken_in__isnull=True, decided_at__isnull=False) & ~Q(reason="")),
                name="guideline_note_decided_whole",
            ),
        )

    def __str__(self) -> str:
        return f"guideline note {self.pk}"
