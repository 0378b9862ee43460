"""Settings of annotation with their defaults."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

HELD_AT_ONCE = 3  # the current sample and two ahead
EDITABLE = 10  # how many of one's last labels stay editable
SEAT = timedelta(minutes=5)  # how long an adjudicator's page may be silent before its sample is handed to another


def lease() -> timedelta:
    """How long a claimed sample is held without a sign of life (ANNOTATION_LEASE_SECONDS, default 600)."""
    return timedelta(seconds=settings.ANNOTATION_LEASE_SECONDS)


def gate() -> float:
    """Kappa must lie above this (ANNOTATION_KAPPA_GATE, default 0.85)."""
    return float(settings.ANNOTATION_KAPPA_GATE)
