"""The plan: ticks of what no data can show, re-planned days, named owners. States and constraints only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from review.models.append_only import AppendOnlyModel


class TaskTick(models.Model):
    """By hand, what no data can show: a subtask of the plan is done, said by whom and when."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="task_ticks")
    task = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "task"], condition=Q(undone_at__isnull=True), name="review_tick_once"
            ),
        ]

    def __str__(self) -> str:
        return f"tick {self.task}"


class PlannedDays(AppendOnlyModel):
    """A subtask was moved: the days it was planned for, the days it is planned for now, and why. The newest counts.

    Days count from the project's start date, which is day 1.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="planned_days")
    subtask = models.CharField(max_length=40)
    former_first_day = models.PositiveSmallIntegerField()
    former_last_day = models.PositiveSmallIntegerField()
    first_day = models.PositiveSmallIntegerField()
    last_day = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500)
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__gte=1) & Q(last_day__gte=F("first_day")), name="review_planned_days_in_order"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="review_planned_days_have_a_reason"),
        ]
        indexes = [models.Index(fields=["project", "subtask"], name="review_planned_days")]

    def __str__(self) -> str:
        return f"{self.subtask}: days {self.first_day} to {self.last_day}"


class TaskOwner(models.Model):
    """A person who answers for a task of the plan, until somebody ends that. Former owners stay on record."""

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="task_owners")
    task = models.CharField(max_length=40)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "task", "person"], condition=Q(ended_at__isnull=True), name="review_owner_once"
            ),
        ]

    def __str__(self) -> str:
        return f"owner of task {self.task}"
