"""A clock that tests set by hand: nothing waits for real time."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Replaces `django.utils.timezone.now`; starts on a Wednesday at 10:00 in UTC, the tests' time zone."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)
