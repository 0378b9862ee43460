"""Who looked whether a number to call is right, when and how. Rows are only added; the newest of a contact counts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ContactCheck(models.Model):
    """One check by a person. `entry` names country, kind, name and number together: another number is unchecked."""

    class Result(models.TextChoices):
        RIGHT = "right", "It is right"
        WRONG = "wrong", "It is wrong: nobody may be told to call it"

    class How(models.TextChoices):
        SOURCE = "source", "Looked up at its source"
        CALL = "call", "Called"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="contact_checks")
    entry = models.CharField(max_length=16)
    country = models.CharField(max_length=2, blank=True)
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    contact = models.CharField(max_length=200)
    result = models.CharField(max_length=8, choices=Result.choices)
    how = models.CharField(max_length=8, choices=How.choices)
    checked_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["project", "recorded_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(result="right") | ~Q(note=""), name="inference_contact_check_says_what_is_wrong"
            ),
            models.CheckConstraint(
                condition=Q(result__in=["right", "wrong"]) & Q(how__in=["source", "call"]),
                name="inference_contact_check_choices",
            ),
        ]

    def __str__(self) -> str:
        return f"check of {self.entry} on {self.checked_on}"
