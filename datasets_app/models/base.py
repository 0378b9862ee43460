"""What the tables of the datasets app share: choices, rows that are written once, the state to show."""

from __future__ import annotations

from typing import Any

from django.db import models

from datasets_app.corpus import taxonomy

TYPE_CHOICES = [(kind, taxonomy.CRISIS_TYPE_LABELS[kind]) for kind in taxonomy.CRISIS_TYPES]
EDGE_CHOICES = [(kind, taxonomy.EDGE_CASE_LABELS[kind]) for kind in taxonomy.EDGE_CASE_KINDS]
SOURCE_CHOICES = [(source, source) for source in taxonomy.SOURCES]
FAMILY_CHOICES = [(family, family) for family in taxonomy.FAMILIES]


def shown_state_of(state: str, job: Any, *, ended: tuple[str, ...]) -> str:
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
