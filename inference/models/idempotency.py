"""Answers that a client may ask for again after a lost one."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class IdempotentAnswer(models.Model):
    """The first answer to one Idempotency-Key of one API key.

    `key_hash` stands for both keys and `fingerprint` for the request, each as a SHA-256 (the latter keyed with the
    client's own key, so that nobody can try texts against it). `body` is the answer as compressed JSON: no text is in
    it.
    """

    key_hash = models.CharField(max_length=64, primary_key=True)
    api_key = models.ForeignKey("accounts.ApiKey", on_delete=models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=64)
    body = models.BinaryField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"answer to {self.key_hash[:12]}"
