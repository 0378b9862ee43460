"""Tables of annotation: guidelines, rounds with their slots, labels and their history, adjudications.

A round asks for ``overlap`` labels per sample. Each asked-for label is a row, a `Slot`, made when the round opens:
a sample can therefore never get more raters than asked, and a claim is an update of a row that already exists.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Guideline(models.Model):
    """A version of the annotation guideline. Approved text never changes; a change is a new version."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        RETIRED = "retired", "Retired"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="guidelines")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    markdown = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approval_comment = models.TextField(blank=True, max_length=2000)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-version",)
        constraints = (
            models.UniqueConstraint(fields=("project", "version"), name="guideline_version_unique"),
            models.CheckConstraint(
                condition=Q(state="draft") | (Q(approved_by__isnull=False) & Q(approved_at__isnull=False)),
                name="guideline_approved_by_someone",
            ),
        )

    def __str__(self) -> str:
        return f"Guideline v{self.version}"


class Round(models.Model):
    """A set of samples that each get `overlap` blind labels under one guideline version."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        PUBLISHED = "published", "Published"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="rounds")
    overlap = models.PositiveSmallIntegerField(default=2)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    seed = models.PositiveIntegerField(default=0)
    simulated = models.BooleanField(default=False)
    snapshot = models.ForeignKey(
        "datasets_app.LabelSnapshot", null=True, blank=True, on_delete=models.PROTECT, related_name="rounds"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("project", "number"), name="round_number_unique"),
            models.CheckConstraint(condition=Q(overlap__gte=1) & Q(overlap__lte=10), name="round_overlap_1_to_10"),
        )

    def __str__(self) -> str:
        return f"Round {self.number}: {self.name}"


class RoundAnnotator(models.Model):
    """A person invited to a round. Locked while that person claims, so two tabs never race each other."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="round_annotators")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "annotator"), name="round_annotator_unique"),)

    def __str__(self) -> str:
        return f"annotator {self.annotator_id} in round {self.round_id}"


class RoundItem(models.Model):
    """A sample in a round, at its place in the seeded order."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="items")
    record = models.ForeignKey("datasets_app.Record", on_delete=models.PROTECT, related_name="round_items")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("round", "record"), name="round_item_record_unique"),
            models.UniqueConstraint(fields=("round", "position"), name="round_item_position_unique"),
        )

    def __str__(self) -> str:
        return f"sample {self.position} of round {self.round_id}"


class Slot(models.Model):
    """One asked-for label. ``skipped`` slots stay as history; a skip makes a fresh free slot beside it."""

    class State(models.TextChoices):
        FREE = "free", "Free"
        LEASED = "leased", "Leased"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped"

    item = models.ForeignKey(RoundItem, on_delete=models.CASCADE, related_name="slots")
    number = models.PositiveSmallIntegerField()
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.FREE)
    lease_until = models.DateTimeField(null=True, blank=True)
    skip_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("item__position", "number")
        constraints = (
            models.UniqueConstraint(fields=("item", "number"), name="slot_number_unique"),
            models.UniqueConstraint(fields=("item", "annotator"), name="slot_annotator_unique"),
            models.CheckConstraint(
                condition=Q(state="free", annotator__isnull=True) | (~Q(state="free") & Q(annotator__isnull=False)),
                name="slot_free_or_held",
            ),
        )
        indexes = (models.Index(fields=("state", "lease_until"), name="slot_state_lease"),)

    def __str__(self) -> str:
        return f"slot {self.number} of sample {self.item_id}"


class LabelFields(models.Model):
    """What an annotator decides; shared by the current label and its history."""

    crisis_type = models.CharField(max_length=32)
    secondary_types = models.JSONField(default=list)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    confidence = models.FloatField()
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True)
    spans = models.JSONField(default=list)  # [{"message": int, "start": int, "end": int}], code points, end exclusive
    about_someone_else = models.BooleanField(default=False)
    uncertain = models.BooleanField(default=False)
    note = models.TextField(blank=True, max_length=2000)
    seconds_spent = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    payload_sha256 = models.CharField(max_length=64)  # of what the client sent: tells a replay from a conflict
    sha256 = models.CharField(max_length=64)
    prev_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


class Annotation(LabelFields):
    """The current label of one slot."""

    slot = models.OneToOneField(Slot, on_delete=models.PROTECT, related_name="annotation")
    item = models.ForeignKey(RoundItem, on_delete=models.PROTECT, related_name="annotations")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="+")
    client_uuid = models.UUIDField(unique=True)

    class Meta:
        ordering = ("-submitted_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("item", "annotator"), name="annotation_once_per_person"),
            models.CheckConstraint(
                condition=Q(crisis_type="none", severity__isnull=True)
                | (~Q(crisis_type="none") & Q(severity__gte=1) & Q(severity__lte=5)),
                name="annotation_severity_fits_type",
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="annotation_confidence_0_1"
            ),
        )

    def __str__(self) -> str:
        return f"annotation {self.pk}"


class AnnotationRevision(LabelFields):
    """Every state that a label ever had, the first one included. Rows are only added."""

    annotation = models.ForeignKey(Annotation, on_delete=models.PROTECT, related_name="revisions")
    client_uuid = models.UUIDField(unique=True)

    class Meta:
        ordering = ("annotation", "revision")
        constraints = (models.UniqueConstraint(fields=("annotation", "revision"), name="annotation_revision_unique"),)

    def __str__(self) -> str:
        return f"revision {self.revision} of annotation {self.annotation_id}"


class Flag(models.Model):
    """A sample that an annotator wants someone to look at; separate from the label, and from the person's load."""

    class Kind(models.TextChoices):
        CLINICAL = "clinical", "For the clinical lead"
        PII = "pii", "Personal data in the text"

    item = models.ForeignKey(RoundItem, on_delete=models.PROTECT, related_name="flags")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (models.UniqueConstraint(fields=("item", "annotator", "kind"), name="flag_once_per_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} flag on sample {self.item_id}"


class Adjudication(models.Model):
    """The decision on a disagreement. `version` rises with each change, so a second decider is told."""

    item = models.OneToOneField(RoundItem, on_delete=models.PROTECT, related_name="adjudication")
    crisis_type = models.CharField(max_length=32)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True)
    reason = models.TextField(max_length=2000)
    guideline_section = models.CharField(max_length=64)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("item__position",)
        constraints = (
            models.CheckConstraint(
                condition=Q(crisis_type="none", severity__isnull=True)
                | (~Q(crisis_type="none") & Q(severity__gte=1) & Q(severity__lte=5)),
                name="adjudication_severity_fits_type",
            ),
        )

    def __str__(self) -> str:
        return f"adjudication of sample {self.item_id}"


class AgreementResult(models.Model):
    """Agreement figures of a round at one moment (kept at close and at publication)."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="agreement_results")
    computed_at = models.DateTimeField(auto_now_add=True)
    figures = models.JSONField()

    class Meta:
        ordering = ("-computed_at", "-pk")

    def __str__(self) -> str:
        return f"agreement of round {self.round_id}"
