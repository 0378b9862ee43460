"""What API keys asked: counted in memory by whoever serves, added to one row per key and day, read for pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from pixelhub.accounts.models import ApiKey, ApiKeyUsage

__all__ = ["Counted", "UsageCounter", "usage_by_day", "usage_record", "usage_totals"]

_COLUMNS = ("requests", "conversations", "errors", "limited")


@dataclass
class Counted:
    """Requests of one key on one day that are not in its row yet."""

    requests: int = 0
    conversations: int = 0
    errors: int = 0
    limited: int = 0


class UsageCounter:
    """Counts in memory. One per event loop or thread; `take` empties it for `usage_record`."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, date], Counted] = defaultdict(Counted)

    def add(self, key_id: int, status: int, conversations: int = 0) -> None:
        """One request and what was scored by it."""
        counted = self._counts[key_id, datetime.now(UTC).date()]
        counted.requests += 1
        counted.conversations += conversations
        counted.errors += status >= 400
        counted.limited += status == 429

    def take(self) -> dict[tuple[int, date], Counted]:
        """Everything counted since the last time."""
        counts, self._counts = self._counts, defaultdict(Counted)
        return counts

    def put_back(self, counts: Mapping[tuple[int, date], Counted]) -> None:
        """Count these again: they could not be written."""
        for place, counted in counts.items():
            again = self._counts[place]
            for column in _COLUMNS:
                setattr(again, column, getattr(again, column) + getattr(counted, column))


@transaction.atomic
def usage_record(*, counts: Mapping[tuple[int, date], Counted]) -> None:
    """Add counts to the rows of their keys and days, and note when the keys were last used."""
    now = timezone.now()
    known = set(ApiKey.objects.filter(pk__in={key_id for key_id, _ in counts}).values_list("pk", flat=True))
    for (key_id, day), counted in sorted(counts.items()):
        if key_id not in known:
            continue
        more = {column: F(column) + getattr(counted, column) for column in _COLUMNS}
        if not ApiKeyUsage.objects.filter(key_id=key_id, day=day).update(**more):
            # ON CONFLICT DO NOTHING: whoever lost the race for the row adds to it as well.
            ApiKeyUsage.objects.bulk_create([ApiKeyUsage(key_id=key_id, day=day)], ignore_conflicts=True)
            ApiKeyUsage.objects.filter(key_id=key_id, day=day).update(**more)
    ApiKey.objects.filter(pk__in=known).update(last_used_at=now)


def usage_by_day(key: ApiKey, *, days: int = 30) -> list[ApiKeyUsage]:
    """One row for each of the last days (UTC), today last; days without a request count 0."""
    today = datetime.now(UTC).date()
    rows = {row.day: row for row in ApiKeyUsage.objects.filter(key=key, day__gt=today - timedelta(days=days))}
    wanted = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return [rows.get(day) or ApiKeyUsage(key=key, day=day) for day in wanted]


def usage_totals(key_ids: list[int], *, days: int = 30) -> dict[int, dict[str, int]]:
    """Sums over the last days by key; keys that asked nothing are left out."""
    since = datetime.now(UTC).date() - timedelta(days=days - 1)
    rows = ApiKeyUsage.objects.filter(key_id__in=key_ids, day__gte=since).order_by()
    sums = rows.values("key_id").annotate(*(Sum(column) for column in _COLUMNS))
    summed = sums.values_list("key_id", *(f"{column}__sum" for column in _COLUMNS))
    return {key_id: dict(zip(_COLUMNS, figures, strict=True)) for key_id, *figures in summed}
