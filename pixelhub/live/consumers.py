"""One browser's WebSocket: it says which topics it shows, and hears when one has changed."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from time import monotonic
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError

from pixelhub.accounts.connections import may_stay_connected
from pixelhub.live.access import allowed_topics
from pixelhub.live.selectors import age_of, changed_within, revisions_of
from pixelhub.live.topics import group_of

logger = logging.getLogger(__name__)

MAX_TOPICS = 50
MAX_MESSAGE = 16 * 1024

CLOSE_NOT_SIGNED_IN = 4401
CLOSE_TOO_MUCH = 4408
CLOSE_MALFORMED = 4400


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """Messages in: {"subscribe": [topics], "age": seconds}, which replaces the list. Out: subscribed, changed.

    `age` is that of the page; “subscribed” names as `recent` what may have changed since it was made.

    The revision table is the truth and is polled with one query for all topics; with a Redis layer a push
    makes the next poll happen at once, and the poll itself is only a slow safety net.
    """

    async def connect(self) -> None:
        self._seen: dict[str, int] = {}
        self._look = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        if not await self._is_welcome():
            await self.close(code=CLOSE_NOT_SIGNED_IN)
            return
        await self.accept()
        self._watcher = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
        await self._change_groups(set(self._seen), set())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """A message of this form or none at all: whoever sends another is not our page."""
        try:
            if text_data is None or len(text_data) > MAX_MESSAGE:
                raise ValueError("not a text message of a sensible size")
            said = json.loads(text_data)
            wanted, age = said["subscribe"], age_of(said.get("age", 0))
            if not isinstance(wanted, list) or not all(isinstance(topic, str) for topic in wanted):
                raise TypeError("not a list of topics")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            await self.close(code=CLOSE_MALFORMED)
            return
        if len(set(wanted)) > MAX_TOPICS:
            await self.close(code=CLOSE_TOO_MUCH)
            return
        await self._subscribe(wanted, age)

    async def _subscribe(self, wanted: list[str], age: float) -> None:
        allowed = await database_sync_to_async(allowed_topics)(self.scope["user"], wanted)
        await self._change_groups(set(self._seen), allowed)
        now = await database_sync_to_async(revisions_of)(allowed)
        # What was seen before stays as it was: a change since then is still to be told.
        self._seen = {topic: self._seen.get(topic, revision) for topic, revision in now.items()}
        recent = await database_sync_to_async(changed_within)(allowed, age)
        await self.send_json({"type": "subscribed", "topics": self._seen, "recent": recent})
        self._look.set()

    async def live_changed(self, event: dict[str, Any]) -> None:
        """Pushed by `touch` in any process."""
        self._look.set()

    async def _watch(self) -> None:
        checked = monotonic()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), settings.LIVE_POLL_SECONDS)
            self._look.clear()
            try:
                if monotonic() - checked >= settings.LIVE_RECHECK_SECONDS:
                    checked = monotonic()
                    if not await self._still_welcome():
                        return
                await self._tell_changes()
            except DatabaseError as error:
                logger.warning("live: %s while polling", type(error).__name__)

    async def _tell_changes(self) -> None:
        topics = list(self._seen)
        if not topics:
            return
        for topic, revision in (await database_sync_to_async(revisions_of)(topics)).items():
            if topic in self._seen and revision != self._seen[topic]:
                self._seen[topic] = revision
                await self.send_json({"type": "changed", "topic": topic, "revision": revision})

    async def _is_welcome(self) -> bool:
        return await database_sync_to_async(may_stay_connected)(self.scope.get("user"), self.scope.get("session"))

    async def _still_welcome(self) -> bool:
        """Drop topics of projects the user has left; close when they would get no page any more."""
        if not await self._is_welcome():
            await self.close(code=CLOSE_NOT_SIGNED_IN)
            return False
        allowed = await database_sync_to_async(allowed_topics)(self.scope["user"], self._seen)
        await self._change_groups(set(self._seen), allowed)
        self._seen = {topic: revision for topic, revision in self._seen.items() if topic in allowed}
        return True

    async def _change_groups(self, before: set[str], after: set[str]) -> None:
        if self.channel_layer is None:
            return
        for topic in before - after:
            await self.channel_layer.group_discard(group_of(topic), self.channel_name)
        for topic in after - before:
            await self.channel_layer.group_add(group_of(topic), self.channel_name)
