"""Which of the dated copies stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

NAME_FORMAT: Final = "%Y-%m-%dT%H%M%SZ"


def made_at(name: str) -> datetime:
    """The moment that a copy's name says. Raises ValueError for what is no such name."""
    return datetime.strptime(name, NAME_FORMAT).replace(tzinfo=UTC)


def kept_by_retention(names: list[str], today: datetime, daily: int, weekly: int, monthly: int = 0) -> set[str]:
    """The last copy of each of the last `daily` days, `weekly` weeks and `monthly` months that have one.

    Counted from `today`: a copy from the future (a clock that was wrong) takes nobody's place.
    """
    by_day: dict[Any, str] = {}
    by_week: dict[Any, str] = {}
    by_month: dict[Any, str] = {}
    for name in sorted(names):
        made = made_at(name)
        if made <= today + timedelta(days=1):
            by_day[made.date()] = name
            by_week[made.isocalendar()[:2]] = name
            by_month[made.year, made.month] = name
    kept: set[str] = set()
    for group, most in ((by_day, daily), (by_week, weekly), (by_month, monthly)):
        kept |= {group[period] for period in sorted(group, reverse=True)[: max(0, most)]}
    return kept
