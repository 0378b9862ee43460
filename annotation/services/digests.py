"""The private digest: read by its owner."""

from __future__ import annotations

from django.utils import timezone

from annotation.models import RoundAnnotator


def digest_read(*, seat: RoundAnnotator) -> None:
    """Remember that a person opened their digest, so that their home need not offer it any more."""
    RoundAnnotator.objects.filter(pk=seat.pk, digest_read_at__isnull=True).update(digest_read_at=timezone.now())
