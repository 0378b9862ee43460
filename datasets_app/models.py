"""Tables of the ground floor: imports, records, label snapshots, releases."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .corpus import taxonomy

_TYPE_CHOICES = [(kind, taxonomy.CRISIS_TYPE_LABELS[kind]) for kind in taxonomy.CRISIS_TYPES]
_EDGE_CHOICES = [(kind, taxonomy.EDGE_CASE_LABELS[kind]) for kind in taxonomy.EDGE_CASE_KINDS]


def _shown_state(state: str, job: Any, *, ended: tuple[str, ...]) -> str:
    """A job that was cancelled, or failed past its attempts, cannot write its subject's row any more."""
    if state not in ended and job is not None and job.state in ("failed", "cancelled"):
        return str(job.state)
    return state


class ImmutableRow(RuntimeError):
    """A published row was about to be changed; published rows never change."""


class ImmutableQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Bulk updates go around `save()`, so they are refused here as well."""

    def update(self, **kwargs: Any) -> int:
        raise ImmutableRow(f"{self.model.__name__} rows are immutable")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise ImmutableRow(f"{self.model.__name__} rows are immutable")


class ImmutableModel(models.Model):
    """A row that is written once."""

    objects = ImmutableQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ImmutableRow(f"{type(self).__name__} {self.pk} is immutable")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise ImmutableRow(f"{type(self).__name__} {self.pk} is immutable")


class ImportBatch(models.Model):
    """One file brought in; the report adds up: read = accepted + duplicates + quarantined."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="import_batches")
    source = models.CharField(max_length=16, choices=[(source, source) for source in taxonomy.SOURCES])
    family = models.CharField(max_length=64, choices=[(family, family) for family in taxonomy.FAMILIES])
    stage = models.PositiveSmallIntegerField(default=1, choices=list(taxonomy.STAGES.items()))
    licence = models.CharField(max_length=200, blank=True)
    consent_basis = models.CharField(max_length=500, blank=True)
    file_name = models.CharField(max_length=255)
    object_key = models.CharField(max_length=500)
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.BigIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    read = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    quarantine_key = models.CharField(max_length=500, blank=True)
    formats = models.JSONField(default=dict, help_text="Accepted rows by detected format.")
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="importbatch_adds_up",
                condition=Q(read=F("accepted") + F("duplicates") + F("quarantined")),
            )
        ]

    def __str__(self) -> str:
        return f"import {self.pk} ({self.file_name})"

    @property
    def shown_state(self) -> str:
        """The state to show: a batch whose job ended early is failed, whatever its own row still says."""
        return _shown_state(self.state, self.job, ended=("done", "failed"))

    @property
    def is_open(self) -> bool:
        """Whether the job may still change something."""
        return self.shown_state in ("queued", "running")


class QuarantinedRow(models.Model):
    """A row that could not be taken in: where it stands in the file and why. Its text stays in the object store."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="quarantined_rows")
    line = models.PositiveIntegerField()
    byte_offset = models.BigIntegerField()
    reason = models.CharField(max_length=64)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["line", "pk"]
        constraints = [models.UniqueConstraint(fields=["batch", "line", "byte_offset"], name="quarantinedrow_unique")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class Record(models.Model):
    """One conversation, once per project."""

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="records")
    content_hash = models.CharField(max_length=71)
    record_hash = models.CharField(max_length=40)
    external_id = models.CharField(max_length=200)
    group_key = models.CharField(max_length=255, help_text="The first of group_keys.")
    group_keys = models.JSONField(default=list, help_text="What must stay in one split: author, conversation, parent.")
    messages = models.JSONField()
    turns = models.PositiveIntegerField()
    source = models.CharField(max_length=16, choices=[(source, source) for source in taxonomy.SOURCES])
    family = models.CharField(max_length=64, choices=[(family, family) for family in taxonomy.FAMILIES])
    stage = models.PositiveSmallIntegerField(default=1, choices=list(taxonomy.STAGES.items()))
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True, choices=_EDGE_CHOICES)
    metadata = models.JSONField(default=dict)
    import_batch = models.ForeignKey(ImportBatch, on_delete=models.RESTRICT, related_name="records")
    line = models.PositiveIntegerField()
    byte_offset = models.BigIntegerField(default=0)
    proposed_type = models.CharField(
        max_length=32, blank=True, choices=_TYPE_CHOICES, help_text="Came with the input; not a human label."
    )
    proposed_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "content_hash"], name="record_content_unique"),
            models.CheckConstraint(
                name="record_proposed_severity_range",
                condition=Q(proposed_severity__isnull=True) | Q(proposed_severity__gte=1, proposed_severity__lte=5),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "source", "proposed_type"], name="record_filter"),
            models.Index(fields=["project", "group_key"], name="record_group"),
        ]

    def __str__(self) -> str:
        return f"record {self.pk}"


class LabelSnapshot(ImmutableModel):
    """The adjudicated labels of one or more rounds, frozen and hashed."""

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="label_snapshots")
    name = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    object_key = models.CharField(max_length=500)
    labels_count = models.PositiveIntegerField()
    origin = models.JSONField(default=dict)
    simulated = models.BooleanField(default=False, help_text="Labels of simulated annotators, not of people.")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="labelsnapshot_number_unique")]

    def __str__(self) -> str:
        return f"snapshot {self.number} ({self.name})"


class SnapshotLabel(ImmutableModel):
    """The label of one record in a snapshot, with the annotations that it was made from."""

    class DecidedBy(models.TextChoices):
        UNANIMOUS = "unanimous", "Unanimous"
        MAJORITY = "majority", "Majority"
        ADJUDICATED = "adjudicated", "Adjudicated"

    snapshot = models.ForeignKey(LabelSnapshot, on_delete=models.CASCADE, related_name="labels")
    record = models.ForeignKey(Record, on_delete=models.RESTRICT, related_name="snapshot_labels")
    crisis_type = models.CharField(max_length=32, choices=_TYPE_CHOICES)
    severity = models.PositiveSmallIntegerField(null=True)
    confidence = models.FloatField()
    is_edge_case = models.BooleanField(default=False)
    edge_case_kind = models.CharField(max_length=32, blank=True, choices=_EDGE_CHOICES)
    decided_by = models.CharField(max_length=16, choices=DecidedBy.choices)
    annotators = models.JSONField(default=list)
    annotations = models.JSONField(default=list)
    label_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "record"], name="snapshotlabel_record_unique"),
            models.CheckConstraint(
                name="snapshotlabel_severity_with_type",
                condition=Q(crisis_type=taxonomy.NONE_TYPE, severity__isnull=True)
                | (~Q(crisis_type=taxonomy.NONE_TYPE) & Q(severity__isnull=False, severity__gte=1, severity__lte=5)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.crisis_type} for record {self.record_id}"


class Release(models.Model):
    """A compiled dataset. Once published, its row and its files never change."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        COMPILING = "compiling", "Compiling"
        PUBLISHED = "published", "Published"
        FAILED = "failed", "Failed"

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="releases")
    version = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    snapshots = models.ManyToManyField(LabelSnapshot, related_name="releases")
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    object_prefix = models.CharField(max_length=300)
    counts = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    gates = models.JSONField(default=list)
    error = models.TextField(blank=True)
    job = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    compiled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="release_version_unique"),
            models.CheckConstraint(
                name="release_published_has_manifest", condition=~Q(state="published") | ~Q(manifest_sha256="")
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and Release.objects.filter(pk=self.pk, state=self.State.PUBLISHED).exists():
            raise ImmutableRow(f"release {self.version} is published and immutable")
        super().save(*args, **kwargs)

    @property
    def shown_state(self) -> str:
        """The state to show: a release whose job ended early is failed or cancelled."""
        return _shown_state(self.state, self.job, ended=("published", "failed"))

    @property
    def is_open(self) -> bool:
        """Whether the job may still change something."""
        return self.shown_state in ("draft", "compiling")
