"""Who wants the daily digest, what they were told last, and when it is due again. States and constraints only."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class DigestSubscription(models.Model):
    """A person asked for the project's daily digest by e-mail."""

    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, related_name="digest_subscriptions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField()
    zone = models.CharField(max_length=64, help_text="IANA name of the time zone whose mornings count.")
    since = models.DateTimeField(auto_now_add=True)
    gates = models.JSONField(default=dict, help_text="Gate -> how it stood when this person was last told.")
    done = models.PositiveSmallIntegerField(default=0, help_text="Lines of the plan that were done then.")
    told_at = models.DateTimeField(help_text="When that was: the last digest, or the subscription.")
    sent_on = models.DateField(null=True, blank=True, help_text="Day of the last digest, in the zone: one a day.")
    next_at = models.DateTimeField(db_index=True, help_text="When it is due: a morning, or a try after a failure.")
    held_until = models.DateTimeField(null=True, blank=True, help_text="Until then one worker is sending it.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Tries since the last that went through.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="review_digest_once")]

    def __str__(self) -> str:
        return f"digest for {self.person_id}"
