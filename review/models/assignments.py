"""Who is asked to judge which case: one row for each asked-for judgement. States and constraints only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

#: More people than this never read one case, whatever a campaign asks for.
MOST_REVIEWERS = 9


class Assignment(models.Model):
    """A seat at a case. Released ones stay as history; the others never share a number or a person.

    `number` runs from 1 to the campaign's `maximum_reviewers`, so a case never has more readers than that.
    """

    class State(models.TextChoices):
        OPEN = "open", "waiting"
        BEGUN = "begun", "begun"
        DONE = "done", "judged"
        RELEASED = "released", "given on"

    class Reason(models.TextChoices):
        NONE = "", "none"
        AWAY = "away", "the expert is away"
        INACTIVE = "inactive", "the expert no longer judges here"
        LAPSED = "lapsed", "its day passed"
        ENOUGH = "enough", "enough others judged it"
        CLOSED = "closed", "the campaign closed"

    HELD = (State.OPEN, State.BEGUN)
    SEATED = (State.OPEN, State.BEGUN, State.DONE)

    case = models.ForeignKey("review.ReviewCase", on_delete=models.CASCADE, related_name="assignments")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_assignments")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    due_on = models.DateField()
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    assigned_at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_for = models.CharField(max_length=10, choices=Reason, blank=True)

    class Meta:
        ordering = ["case__position", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "number"], condition=~Q(state="released"), name="review_assignment_seat"
            ),
            models.UniqueConstraint(
                fields=["case", "expert"], condition=~Q(state="released"), name="review_assignment_person"
            ),
            models.CheckConstraint(condition=Q(number__range=(1, 9)), name="review_assignment_number"),
            models.CheckConstraint(
                condition=Q(state="released", released_at__isnull=False) & ~Q(released_for="")
                | ~Q(state="released") & Q(released_at__isnull=True, released_for=""),
                name="review_assignment_released_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["expert", "state"], name="review_assignment_load")]

    def __str__(self) -> str:
        return f"seat {self.number} of case {self.case_id}"
