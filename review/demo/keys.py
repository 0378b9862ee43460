"""A key with a month of figures, so that the page of keys shows what it is for. Nobody knows its secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from pixelhub.accounts.keys import api_key_create
from pixelhub.accounts.models import ApiKey, Project
from pixelhub.accounts.usage import Counted, usage_record
from pixelhub.jobs.base import JobContext
from review.demo.people import demo_person

_NAME: Final = "Chat gateway (demo: figures are made up)"
_DAYS: Final = 30


def show_a_key(ctx: JobContext, project: Project) -> None:
    """A key for an imagined chat gateway, and what it would have asked."""
    if ApiKey.objects.filter(project=project, name=_NAME).exists():
        return
    with ctx.step(note="Making a key"):
        key, _ = api_key_create(
            project=project,
            name=_NAME,
            scopes=["score", "batch", "conversations", "model", "read"],
            actor=demo_person("milo"),
            quota_per_day=20_000,
        )
        today = datetime.now(UTC).date()
        usage_record(counts={(key.pk, today - timedelta(days=back)): _day(back) for back in range(1, _DAYS)})


def _day(back: int) -> Counted:
    requests = 60 + back * 37 % 11 * 25
    return Counted(requests, conversations=requests - requests // 20, errors=requests // 20, limited=requests // 60)
