"""What a project asks of its annotators, and what it owes them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class AnnotationPolicy(models.Model):
    """One row per project; made with these defaults when first asked for."""

    project = models.OneToOneField("accounts.Project", on_delete=models.CASCADE, related_name="annotation_policy")
    spans_required = models.BooleanField(default=False, help_text="A crisis label needs a highlighted piece of text.")
    # Qualification (against expert labels) and its watch in real work.
    qualification_required = models.BooleanField(default=False)
    qualification_accuracy = models.FloatField(default=0.85, help_text="Share of expert labels met, at least.")
    qualification_kappa = models.FloatField(default=0.8, help_text="Kappa with the experts, at least.")
    gold_floor = models.FloatField(default=0.75, help_text="Falling below this on hidden expert labels pauses.")
    gold_window = models.PositiveSmallIntegerField(default=20, help_text="How many of the last hidden ones count.")
    # Exposure. Severity weights are in `annotation.exposure`.
    break_after_minutes = models.PositiveSmallIntegerField(default=25)
    break_after_severe = models.PositiveSmallIntegerField(default=20, help_text="Samples of severity 4 or 5.")
    break_minutes = models.PositiveSmallIntegerField(default=5)
    severe_minutes_per_day = models.PositiveSmallIntegerField(default=120, help_text="At severity 4 or 5: hard limit.")
    soft_share = models.FloatField(default=0.8, help_text="From this share of a limit on, a break is offered.")
    severe_in_a_row = models.PositiveSmallIntegerField(default=2, help_text="Calm order: at most so many in a row.")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="policy_shares_0_to_1",
                condition=Q(qualification_accuracy__gte=0)
                & Q(qualification_accuracy__lte=1)
                & Q(qualification_kappa__gte=0)
                & Q(qualification_kappa__lte=1)
                & Q(gold_floor__gte=0)
                & Q(gold_floor__lte=1)
                & Q(soft_share__gt=0)
                & Q(soft_share__lte=1),
            ),
            models.CheckConstraint(
                name="policy_limits_positive",
                condition=Q(gold_window__gte=5)
                & Q(break_after_minutes__gte=1)
                & Q(break_after_severe__gte=1)
                & Q(break_minutes__gte=1)
                & Q(severe_minutes_per_day__gte=1)
                & Q(severe_in_a_row__gte=1),
            ),
        )

    def __str__(self) -> str:
        return f"annotation policy of project {self.project_id}"
