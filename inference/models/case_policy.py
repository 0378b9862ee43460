"""What opens a case in a project, and how long people have. Versions follow each other; none is changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

LONGEST_MINUTES = 7 * 24 * 60
#: Levels with deadlines of their own; `unread` is for cases that must be read because the model gave no answer.
TIMED = ("emergency", "urgent", "severe", "unread")


class Deadlines(NamedTuple):
    """How long people have from the alarm on."""

    acknowledge: timedelta
    verify: timedelta


def _minutes(default: int) -> models.PositiveSmallIntegerField:
    bounds = [MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)]
    return models.PositiveSmallIntegerField(default=default, validators=bounds)


class CasePolicy(models.Model):
    """One version; the highest of a project counts, and its defaults where there is none.

    Emergencies always open a case, and `concern` never does: it is counted in the score log.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="case_policies")
    version = models.PositiveIntegerField(default=0)
    opens_urgent = models.BooleanField(default=True)
    opens_severe = models.BooleanField(default=True)
    opens_unread = models.BooleanField(default=True)
    opens_console = models.BooleanField(default=True)
    emergency_acknowledge = _minutes(5)
    emergency_verify = _minutes(15)
    urgent_acknowledge = _minutes(15)
    urgent_verify = _minutes(60)
    severe_acknowledge = _minutes(60)
    severe_verify = _minutes(240)
    unread_acknowledge = _minutes(60)
    unread_verify = _minutes(240)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["project", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "version"], name="inference_case_policy_versions"),
            *[
                models.CheckConstraint(
                    condition=Q(**{f"{level}_acknowledge__gte": 1, f"{level}_acknowledge__lte": F(f"{level}_verify")}),
                    name=f"inference_case_policy_{level}_in_order",
                )
                for level in TIMED
            ],
        ]

    def __str__(self) -> str:
        return f"case policy {self.version} of project {self.project_id}"

    def opens(self, level: str) -> bool:
        """Whether an alert of this level opens a case."""
        return level == "emergency" or bool(level in ("urgent", "severe") and getattr(self, f"opens_{level}"))

    def deadlines(self, level: str) -> Deadlines:
        """Of an alarm of this level; those of `unread` for any level without its own."""
        name = level if level in TIMED else "unread"
        return Deadlines(*(timedelta(minutes=getattr(self, f"{name}_{act}")) for act in Deadlines._fields))

    def step(self, level: str) -> timedelta:
        """How long each further tier has once a deadline has passed."""
        return self.deadlines(level).acknowledge


class CaseWatch(models.Model):
    """One row: when deadlines were last looked at. A board that nobody watches over must say so."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"deadlines were looked at {self.looked_at:%Y-%m-%d %H:%M:%S}"

    def is_late(self, now: datetime) -> bool:
        """Nobody has looked for longer than a worker takes to start again."""
        return now - self.looked_at > timedelta(minutes=2)
