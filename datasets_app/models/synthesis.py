"""Batches of made-up conversations, and what people decided about each row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from datasets_app.corpus import taxonomy

from .base import TYPE_CHOICES, shown_state_of


class SynthesisBatch(models.Model):
    """One generation: what was asked for, who writes, how far it is, and the import that its kept rows became."""

    class Backend(models.TextChoices):
        TEMPLATES = "templates", "Templates"
        ENDPOINT = "endpoint", "Language model"
        DESIGNER = "designer", "NeMo Data Designer"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Review(models.TextChoices):
        ALL = "all", "Every conversation"
        SAMPLE = "sample", "A sample, drawn by chance"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="synthesis_batches")
    backend = models.CharField(max_length=16, choices=Backend.choices)
    plan = models.JSONField(help_text="What was asked for (corpus.synthesis.plan.Plan).")
    count = models.PositiveIntegerField()
    review = models.CharField(max_length=8, choices=Review.choices, default=Review.ALL)
    sample_size = models.PositiveIntegerField(default=0, help_text="Rows that people look at, where it is a sample.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    made = models.PositiveIntegerField(default=0)
    broken = models.PositiveIntegerField(default=0, help_text="Answers that were no conversation.")
    remembered = models.TextField(blank=True, help_text="What the backend keeps over a kill.")
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    request_key = models.CharField(max_length=64, help_text="The form that asked for it, known again.")
    import_batch = models.OneToOneField(
        "datasets_app.ImportBatch", null=True, blank=True, on_delete=models.SET_NULL, related_name="synthesis"
    )
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["project", "request_key"], name="synthesisbatch_request_once")]

    def __str__(self) -> str:
        return f"synthesis {self.pk}"

    @property
    def shown_state(self) -> str:
        """The state to show: a batch whose job ended early is failed or cancelled."""
        return shown_state_of(self.state, self.job, ended=("done",))

    @property
    def is_open(self) -> bool:
        """Whether the job may still make rows."""
        return self.shown_state in ("queued", "running")


class SynthesisRow(models.Model):
    """One made-up conversation with its label, or an answer that was none. Never a record before somebody kept it."""

    class State(models.TextChoices):
        WAITING = "waiting", "To read"
        NOT_DRAWN = "not_drawn", "Not drawn"
        KEPT = "kept", "Kept"
        CORRECTED = "corrected", "Kept, other label"
        REJECTED = "rejected", "Rejected"
        BROKEN = "broken", "No conversation"

    class Agree(models.TextChoices):
        SAME = "same", "The rules hear the same"
        OTHER_TYPE = "other_type", "The rules hear another type"
        MISSED = "missed", "The rules hear no crisis"
        RAISED = "raised", "The rules hear a crisis"

    class Reason(models.TextChoices):
        UNREAL = "unreal", "Nobody would say it like this"
        INCOHERENT = "incoherent", "It does not hold together"
        COPY = "copy", "Nearly the same as another one"
        STEREOTYPE = "stereotype", "It demeans a group of people"
        METHOD = "method", "It tells how to do harm"
        OTHER = "other", "Something else"

    batch = models.ForeignKey(SynthesisBatch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices)
    sample = models.JSONField(default=dict, help_text="The annotated sample as it was made; {} for no conversation.")
    raw = models.TextField(blank=True, help_text="What came instead of a conversation.")
    crisis_type = models.CharField(max_length=32, blank=True, choices=TYPE_CHOICES)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    difficulty = models.CharField(max_length=16, blank=True, choices=[(name, name) for name in taxonomy.DIFFICULTIES])
    family = models.CharField(max_length=32, blank=True)
    category = models.CharField(max_length=32, blank=True)
    style = models.CharField(max_length=32, blank=True)
    is_edge_case = models.BooleanField(default=False)
    near_copy = models.BooleanField(default=False)
    rules_type = models.CharField(max_length=32, blank=True)
    rules_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    rules_agree = models.CharField(max_length=16, blank=True, choices=Agree.choices)
    reason = models.CharField(max_length=32, blank=True, help_text="Why it was rejected, or is no conversation.")
    note = models.CharField(max_length=300, blank=True)
    corrected_type = models.CharField(max_length=32, blank=True, choices=TYPE_CHOICES)
    corrected_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["batch_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="synthesisrow_once"),
            models.CheckConstraint(name="synthesisrow_rejected_why", condition=~Q(state="rejected") | ~Q(reason="")),
            models.CheckConstraint(
                name="synthesisrow_corrected_to", condition=~Q(state="corrected") | ~Q(corrected_type="")
            ),
        ]
        indexes = [models.Index(fields=["batch", "state"], name="synthesisrow_queue")]

    def __str__(self) -> str:
        return f"row {self.number} of synthesis {self.batch_id}"

    @property
    def is_decided(self) -> bool:
        """Whether a person has decided."""
        return self.state in (self.State.KEPT, self.State.CORRECTED, self.State.REJECTED)

    @property
    def reason_words(self) -> str:
        """Why it was rejected or is no conversation, in words."""
        return dict(self.Reason.choices).get(self.reason, self.reason.replace("_", " "))

    @property
    def about_words(self) -> str:
        """Circumstances, and the category of an edge case, in words."""
        words = (self.family.replace("_", " and "), self.category.replace("_", " "))
        return ", ".join(name for name in words if name)
