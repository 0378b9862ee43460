"""States and kinds of runs, trials and versions."""

from __future__ import annotations

from django.db import models


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class RunKind(models.TextChoices):
    TRAIN = "train", "Training"
    DISTIL = "distil", "Distillation of a student"
    EXPORT = "export", "Export as INT8"


class TrialState(models.TextChoices):
    RUNNING = "running", "Running"
    COMPLETE = "complete", "Complete"
    PRUNED = "pruned", "Pruned"
    FAILED = "failed", "Failed"


class VersionKind(models.TextChoices):
    TRAINED = "trained", "Trained"
    STUDENT = "student", "Student"
    INT8 = "int8", "INT8 export"


class VersionState(models.TextChoices):
    CANDIDATE = "candidate", "Candidate"
    VALIDATED = "validated", "Validated"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    PRODUCTION = "production", "In production"
    RETIRED = "retired", "Retired"
    REJECTED = "rejected", "Rejected"
